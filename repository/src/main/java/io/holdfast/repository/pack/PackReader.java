package io.holdfast.repository.pack;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.crypto.Envelope;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.SegmentCipher;
import io.holdfast.storage.ObjectStore;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads frames and whole packs from a store. Not thread-safe (it holds a cipher and scratch arrays); make one per thread and
 * close it.
 */
public final class PackReader implements AutoCloseable {
    private static final int FIRST_BYTES = 64 << 10;

    private final ObjectStore store;
    private final Keyring keyring;
    private final BaseSource bases;
    private final FrameCodec codec = new FrameCodec();
    /** These grow: a small repository is read by many readers. */
    private byte[] stored = new byte[FIRST_BYTES];

    private byte[] frame = new byte[FIRST_BYTES];
    private @Nullable Bytes cipherSalt;
    private @Nullable SegmentCipher cipher;

    /** @param bases asked for what deltas are built on */
    public PackReader(ObjectStore store, Keyring keyring, BaseSource bases) {
        this.store = store;
        this.keyring = keyring;
        this.bases = bases;
    }

    /**
     * Where a frame lies.
     *
     * @param salt of the pack
     * @param epoch of the pack
     */
    public record FramePlace(PackId pack, Bytes salt, int epoch, int offset, int storedBytes) {}

    /**
     * Reads and decodes one frame.
     *
     * @param reuse an array to decode into where it is large enough
     * @return empty where the pack is gone
     * @throws HoldfastException {@code DAMAGED} where the bytes are not what was written
     */
    public Optional<FrameCodec.Decoded> readFrame(FramePlace place, byte[] reuse) {
        return fetch(place) ? Optional.of(decode(place, stored, 0, reuse)) : Optional.empty();
    }

    /** Decodes a frame whose stored bytes start at {@code at} of {@code bytes}. */
    public FrameCodec.Decoded decode(FramePlace place, byte[] bytes, int at, byte[] reuse) {
        int length = decrypt(place, bytes, at);
        return codec.decode(frame, length, reuse, place.pack() + " at " + place.offset(), bases);
    }

    /**
     * The plaintext of a frame as it was encoded, in an array of its own; empty where the pack is gone. For whoever stores a frame anew without looking
     * into it.
     *
     * @throws HoldfastException {@code DAMAGED} where the bytes are not what was written
     */
    public Optional<byte[]> readEncoded(FramePlace place) {
        if (!fetch(place)) {
            return Optional.empty();
        }
        int length = decrypt(place, stored, 0);
        return Optional.of(Arrays.copyOf(frame, length));
    }

    /**
     * A frame both ways.
     *
     * @param encoded as of {@link #readEncoded}
     */
    public record Frame(byte[] encoded, FrameCodec.Decoded decoded) {}

    /** As {@link #readFrame} and {@link #readEncoded} with one request, for whoever stores a frame anew and looks into it. */
    public Optional<Frame> readBoth(FramePlace place, byte[] reuse) {
        if (!fetch(place)) {
            return Optional.empty();
        }
        FrameCodec.Decoded decoded = decode(place, stored, 0, reuse);
        return Optional.of(
                new Frame(Arrays.copyOf(frame, (int) SegmentCipher.plainLength(place.storedBytes())), decoded));
    }

    private boolean fetch(FramePlace place) {
        if (stored.length < place.storedBytes()) {
            stored = new byte[Math.max(place.storedBytes(), FrameCodec.GROUP_BYTES)];
        }
        ByteBuffer target = ByteBuffer.wrap(stored, 0, place.storedBytes());
        return store.getRange(place.pack().name(), place.offset(), target);
    }

    /** Decrypts into {@link #frame}. */
    private int decrypt(FramePlace place, byte[] bytes, int at) {
        long plain = SegmentCipher.plainLength(place.storedBytes());
        if (plain < 0 || plain > FrameCodec.MAX_ENCODED_BYTES) {
            throw damaged(place);
        }
        if (frame.length < plain) {
            frame = new byte[(int) Math.max(plain, FrameCodec.GROUP_BYTES)];
        }
        int length = cipherFor(place).decrypt(place.offset(), bytes, at, place.storedBytes(), frame, 0);
        if (length < 0) {
            throw damaged(place);
        }
        return length;
    }

    /**
     * Envelope and table of contents of a pack of {@code sizeBytes}, by ranged reads; empty where it is gone.
     *
     * @throws HoldfastException {@code DAMAGED} where they are not intact
     */
    public Optional<PackScan.Outline> readOutline(PackId id, long sizeBytes) {
        byte[] header = new byte[Envelope.BYTES];
        byte[] end = new byte[PackFooter.BYTES];
        if (sizeBytes < header.length + end.length) {
            throw HoldfastException.damaged(id + ": only " + sizeBytes + " bytes long");
        }
        if (!store.getRange(id.name(), 0, ByteBuffer.wrap(header))
                || !store.getRange(id.name(), sizeBytes - end.length, ByteBuffer.wrap(end))) {
            return Optional.empty();
        }
        Envelope envelope = Envelope.decode(header, header.length, id.kind().objectKind(), id.toString());
        PackFooter footer = PackFooter.decode(end, 0, sizeBytes, id.toString());
        byte[] table = new byte[footer.tocStoredBytes()];
        if (!store.getRange(id.name(), footer.tocOffset(), ByteBuffer.wrap(table))) {
            return Optional.empty();
        }
        return Optional.of(new PackScan.Outline(id, envelope, openToc(id, envelope, footer, table, 0), sizeBytes));
    }

    /** @throws HoldfastException {@code DAMAGED} where this chunk, on which deltas are built, cannot be read */
    void requireBase(ChunkId base) {
        bases.read(base);
    }

    @Override
    public void close() {
        codec.close();
    }

    private PackToc openToc(PackId id, Envelope envelope, PackFooter footer, byte[] bytes, int at) {
        int plain = (int) SegmentCipher.plainLength(footer.tocStoredBytes());
        byte[] table = new byte[Math.max(plain, 0)];
        SegmentCipher tocCipher = new SegmentCipher(keyring.encryptionKey(envelope, id.toString()));
        if (plain < 0 || tocCipher.decrypt(footer.tocOffset(), bytes, at, footer.tocStoredBytes(), table, 0) < 0) {
            throw HoldfastException.damaged(id + ": its table of contents cannot be decrypted");
        }
        return PackToc.decode(footer, table, id.kind(), id.toString());
    }

    private SegmentCipher cipherFor(FramePlace place) {
        SegmentCipher current = cipher;
        if (current == null || cipherSalt == null || !cipherSalt.equals(place.salt())) {
            Envelope envelope = new Envelope(
                    place.pack().kind().objectKind(),
                    place.epoch(),
                    place.salt().toByteArray());
            current = new SegmentCipher(
                    keyring.encryptionKey(envelope, place.pack().toString()));
            cipher = current;
            cipherSalt = place.salt();
        }
        return current;
    }

    private static HoldfastException damaged(FramePlace place) {
        return HoldfastException.damaged(
                place.pack() + ": the frame at " + place.offset() + " cannot be decrypted, it is not what was written");
    }
}
