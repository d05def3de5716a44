package io.holdfast.repository.pack;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.SmallRepository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.crypto.Envelope;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.pack.PackReader.FramePlace;
import io.holdfast.repository.pack.PackScan.Outline;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.testkit.Buffers;
import io.holdfast.testkit.SeededRandom;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PackReaderTest {

    private final SeededRandom random = new SeededRandom(1);
    private final MemoryStore store = new MemoryStore();
    private final Keyring keyring = SmallRepository.keyring();
    private final Sealer sealer = new Sealer(keyring, new SecureRandom());
    private final ChunkHasher hasher = new ChunkHasher(keyring.idKey());
    private final FrameCodec codec = new FrameCodec();
    private final DirectPool pool = new DirectPool(1 << 10);
    private final List<byte[]> chunks = new ArrayList<>();
    private final PackReader reader = new PackReader(store, keyring, BaseSource.NONE);
    private final PackScan scan = new PackScan(store, new PackReader(store, keyring, BaseSource.NONE), hasher);

    @AfterEach
    void close() {
        scan.close();
        reader.close();
        codec.close();
    }

    @Test
    void readsWhatTheBuilderWrote() {
        Envelope envelope = sealer.newEnvelope(PackKind.DATA.objectKind());
        PackId id = put(PackKind.DATA, envelope, 3, 5);
        Outline outline = PackScan.outline(reader, store, id).orElseThrow();
        assertThat(outline.envelope().salt()).isEqualTo(envelope.salt());
        PackToc toc = outline.toc();
        assertThat(toc.chunks()).hasSize(15);
        assertThat(scan.scan(id, outline.sizeBytes()))
                .isEqualTo(new PackScan.Findings(outline.sizeBytes(), List.of(), List.of(), List.of()));
        for (TocEntry entry : toc.chunks()) {
            FramePlace place = place(id, envelope, toc, entry.frame());
            FrameCodec.Decoded frame = reader.readFrame(place, new byte[0]).orElseThrow();
            int start = frame.starts()[entry.ordinal()];
            byte[] expected = chunks.get(entry.frame() * 5 + entry.ordinal());
            assertThat(Arrays.copyOfRange(frame.plain(), start, start + frame.length(entry.ordinal())))
                    .isEqualTo(expected);
            assertThat(entry.lengthBytes()).isEqualTo(expected.length);
            assertThat(entry.id()).isEqualTo(hasher.id(expected, 0, expected.length));
        }
    }

    @Test
    void knowsThatAPackIsGone() {
        PackId none = new PackId(PackKind.DATA, Bytes.wrap(new byte[32]));
        assertThat(PackScan.outline(reader, store, none)).isEmpty();
        assertThat(reader.readOutline(none, 1_000)).isEmpty();
        assertThat(reader.readFrame(new FramePlace(none, Bytes.wrap(new byte[32]), 1, 48, 100), new byte[0]))
                .isEmpty();
    }

    @Test
    void noticesEveryFlippedByteOfAWholePack() {
        Envelope envelope = sealer.newEnvelope(PackKind.META.objectKind());
        PackId id = put(PackKind.META, envelope, 2, 3);
        byte[] bytes = bytes(id);
        for (int at = 0; at < bytes.length; at++) {
            replace(id, flipped(bytes, at));
            assertThat(scan.scan(id, bytes.length).damages()).isNotEmpty();
        }
    }

    /** By ranged reads nobody computes the hash of the pack: each part must notice for itself. */
    @Test
    void noticesEveryFlippedByteOfTheFrameOrTheTableThatIsRead() {
        Envelope envelope = sealer.newEnvelope(PackKind.DATA.objectKind());
        PackId id = put(PackKind.DATA, envelope, 2, 3);
        byte[] bytes = bytes(id);
        PackToc toc = reader.readOutline(id, bytes.length).orElseThrow().toc();
        for (int at = 0; at < bytes.length; at++) {
            replace(id, flipped(bytes, at));
            boolean inTable = at < Envelope.BYTES || at >= toc.tocOffset();
            assertThat(outcome(() -> reader.readOutline(id, bytes.length).isPresent()))
                    .as("table, byte %s", at)
                    .isEqualTo(inTable ? Optional.of(ErrorCode.DAMAGED) : Optional.empty());
            for (int frame = 0; frame < toc.frameCount(); frame++) {
                FramePlace place = place(id, envelope, toc, frame);
                boolean inFrame = at >= place.offset() && at < place.offset() + place.storedBytes();
                assertThat(outcome(() -> reader.readFrame(place, new byte[0]).isPresent()))
                        .as("frame %s, byte %s", frame, at)
                        .isEqualTo(inFrame ? Optional.of(ErrorCode.DAMAGED) : Optional.empty());
            }
        }
    }

    @Test
    void refusesEveryCut() {
        Envelope envelope = sealer.newEnvelope(PackKind.DATA.objectKind());
        PackId id = put(PackKind.DATA, envelope, 1, 2);
        byte[] bytes = bytes(id);
        PackToc toc = reader.readOutline(id, bytes.length).orElseThrow().toc();
        for (int length = 0; length < bytes.length; length++) {
            replace(id, Arrays.copyOf(bytes, length));
            assertThat(scan.scan(id, length).damages()).isNotEmpty();
            assertThat(scan.scan(id, bytes.length).damages()).isNotEmpty();
            int shorter = length;
            assertThat(codeOf(() -> reader.readOutline(id, shorter))).isEqualTo(ErrorCode.DAMAGED);
            if (length < toc.tocOffset()) {
                assertThat(codeOf(() -> reader.readFrame(place(id, envelope, toc, 0), new byte[0])))
                        .isEqualTo(ErrorCode.DAMAGED);
            }
        }
    }

    @Test
    void refusesAFrameAtAnotherPlaceOrWithAnotherSalt() {
        Envelope envelope = sealer.newEnvelope(PackKind.DATA.objectKind());
        PackId id = put(PackKind.DATA, envelope, 2, 3);
        PackToc toc = reader.readOutline(id, bytes(id).length).orElseThrow().toc();
        FramePlace first = place(id, envelope, toc, 0);
        FramePlace longer = new FramePlace(id, first.salt(), 1, first.offset(), first.storedBytes() + 1);
        assertThat(codeOf(() -> reader.readFrame(longer, new byte[0]))).isEqualTo(ErrorCode.DAMAGED);
        FramePlace moved = new FramePlace(id, first.salt(), 1, first.offset() + 1, first.storedBytes());
        assertThat(codeOf(() -> reader.readFrame(moved, new byte[0]))).isEqualTo(ErrorCode.DAMAGED);
        FramePlace salted = new FramePlace(id, Bytes.wrap(new byte[32]), 1, first.offset(), first.storedBytes());
        assertThat(codeOf(() -> reader.readFrame(salted, new byte[0]))).isEqualTo(ErrorCode.DAMAGED);
        FramePlace epoch = new FramePlace(id, first.salt(), 2, first.offset(), first.storedBytes());
        PackReader fresh = new PackReader(store, keyring, BaseSource.NONE);
        assertThat(codeOf(() -> fresh.readFrame(epoch, new byte[0]))).isEqualTo(ErrorCode.DAMAGED);
        fresh.close();
    }

    /** A frame moved to where another one of the same length lay gives the wrong chunks, were its place not in the nonce. */
    @Test
    void refusesFramesThatWereSwapped() {
        Envelope envelope = sealer.newEnvelope(PackKind.DATA.objectKind());
        PackBuilder builder = new PackBuilder(PackKind.DATA, envelope, keyring, pool, new PackBuilder.Scratch());
        for (int frame = 0; frame < 2; frame++) {
            append(builder, ChunkKind.CONTENT, List.of(random.bytes(100)));
        }
        PackId id = put(builder.finish());
        byte[] bytes = bytes(id);
        PackToc toc = reader.readOutline(id, bytes.length).orElseThrow().toc();
        int length = toc.frameStoredBytes(0);
        assertThat(toc.frameStoredBytes(1)).isEqualTo(length);
        byte[] swapped = bytes.clone();
        System.arraycopy(bytes, toc.frameOffsets()[0], swapped, toc.frameOffsets()[1], length);
        System.arraycopy(bytes, toc.frameOffsets()[1], swapped, toc.frameOffsets()[0], length);
        replace(id, swapped);
        for (int frame = 0; frame < 2; frame++) {
            FramePlace place = place(id, envelope, toc, frame);
            assertThat(codeOf(() -> reader.readFrame(place, new byte[0]))).isEqualTo(ErrorCode.DAMAGED);
        }
    }

    /** All uploads may fail at once, when a server is started anew: there is no room for all of them twice. */
    @Test
    void aPackThatIsBuiltAnewTakesHardlyMoreMemory() {
        PackBuilder first = new PackBuilder(
                PackKind.DATA,
                sealer.newEnvelope(PackKind.DATA.objectKind()),
                keyring,
                pool,
                new PackBuilder.Scratch());
        List<List<byte[]>> frames = new ArrayList<>();
        for (int frame = 0; frame < 30; frame++) {
            frames.add(List.of(random.bytes(500), random.bytes(900)));
            append(first, ChunkKind.CONTENT, frames.getLast());
        }
        BuiltPack old = first.finish();
        int before = pool.allocated();
        assertThat(before).isGreaterThan(40);
        Envelope envelope = sealer.newEnvelope(PackKind.DATA.objectKind());
        PackBuilder second = new PackBuilder(PackKind.DATA, envelope, keyring, pool, new PackBuilder.Scratch());

        second.takeFramesOf(old, keyring);
        BuiltPack anew = second.finish();
        old.release();

        assertThat(pool.allocated()).isLessThanOrEqualTo(before + 4);
        PackToc toc = anew.toc();
        PackId id = put(anew);
        for (int frame = 0; frame < frames.size(); frame++) {
            FrameCodec.Decoded decoded = reader.readFrame(place(id, envelope, toc, frame), new byte[0])
                    .orElseThrow();
            assertThat(Arrays.copyOfRange(
                            decoded.plain(), decoded.starts()[1], decoded.starts()[1] + decoded.length(1)))
                    .isEqualTo(frames.get(frame).get(1));
        }
        // Each piece was given back once: who leases all of them gets none twice.
        Set<ByteBuffer> leased = Collections.newSetFromMap(new IdentityHashMap<>());
        int all = pool.allocated();
        for (int i = 0; i < all; i++) {
            leased.add(pool.lease());
        }
        assertThat(pool.allocated()).isEqualTo(all);
        assertThat(leased).hasSize(all);
    }

    private static Optional<ErrorCode> outcome(BooleanSupplier isThere) {
        try {
            assertThat(isThere.getAsBoolean()).isTrue();
            return Optional.empty();
        } catch (HoldfastException e) {
            return Optional.of(e.code());
        }
    }

    private PackId put(PackKind kind, Envelope envelope, int frames, int chunksEach) {
        PackBuilder builder = new PackBuilder(kind, envelope, keyring, pool, new PackBuilder.Scratch());
        ChunkKind chunkKind = kind == PackKind.DATA ? ChunkKind.CONTENT : ChunkKind.TREE_PAGE;
        for (int frame = 0; frame < frames; frame++) {
            List<byte[]> content = new ArrayList<>();
            for (int i = 0; i < chunksEach; i++) {
                content.add(random.bytes(1 + random.nextInt(60)));
            }
            append(builder, chunkKind, content);
        }
        return put(builder.finish());
    }

    private PackId put(BuiltPack pack) {
        assertThat(store.put(pack.id().name(), pack.content())).isEqualTo(PutOutcome.STORED);
        pack.release();
        return pack.id();
    }

    private void append(PackBuilder builder, ChunkKind kind, List<byte[]> content) {
        int count = content.size();
        ChunkId[] ids = new ChunkId[count];
        ChunkKind[] kinds = new ChunkKind[count];
        int[] lengths = new int[count];
        ByteBuffer plain = ByteBuffer.allocate(100_000);
        for (int i = 0; i < count; i++) {
            byte[] chunk = content.get(i);
            ids[i] = hasher.id(chunk, 0, chunk.length);
            kinds[i] = kind;
            lengths[i] = chunk.length;
            plain.put(chunk);
            chunks.add(chunk);
        }
        byte[] frame = new byte[FrameCodec.MAX_ENCODED_BYTES];
        int length = codec.encode(plain.array(), lengths, count, frame);
        builder.append(new EncodedFrame(frame, length, ids, kinds, lengths, count, List.of()));
    }

    private static FramePlace place(PackId id, Envelope envelope, PackToc toc, int frame) {
        return new FramePlace(
                id,
                Bytes.copyOf(envelope.salt()),
                envelope.epoch(),
                toc.frameOffsets()[frame],
                toc.frameStoredBytes(frame));
    }

    private byte[] bytes(PackId id) {
        return Buffers.toArray(store.get(id.name()).orElseThrow());
    }

    private byte[] flipped(byte[] bytes, int at) {
        byte[] flipped = bytes.clone();
        flipped[at] ^= (byte) (1 << random.nextInt(8));
        return flipped;
    }

    private void replace(PackId id, byte[] bytes) {
        assertThat(store.delete(id.name())).isTrue();
        assertThat(store.put(id.name(), ByteBuffer.wrap(bytes))).isEqualTo(PutOutcome.STORED);
    }
}
