package io.holdfast.repository.index;

import io.holdfast.core.Bytes;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * An index segment of made-up chunks, laid out as a real one, for measuring at sizes that nobody wants to back up first. Its ids
 * are spread evenly, as hashes are, and can be worked out from their number.
 *
 * @param entryCount number of chunks, at least 1
 */
public record SyntheticSegment(int entryCount) {
    private static final int CHUNKS_A_FRAME = 32;
    private static final int FRAMES_A_PACK = 64;
    private static final int FRAME_BYTES = 256 << 10;
    private static final int HASH_BYTES = 32;

    public SyntheticSegment {
        if (entryCount < 1) {
            throw new IllegalArgumentException("a segment of " + entryCount + " chunks");
        }
    }

    /** The id of chunk {@code number}, from 0; ascending with it. */
    public ChunkId id(int number) {
        long spacing = Long.divideUnsigned(-1L, entryCount);
        long a = number * spacing + Long.remainderUnsigned(mix(number), spacing);
        return new ChunkId(a, mix(a), 0, 0);
    }

    /** Writes the segment to a new file, which {@link IndexSegment#map} opens. */
    public void writeTo(Path file) throws IOException {
        int frames = (entryCount + CHUNKS_A_FRAME - 1) / CHUNKS_A_FRAME;
        int packs = (frames + FRAMES_A_PACK - 1) / FRAMES_A_PACK;
        SegmentLayout layout = SegmentLayout.of(entryCount, frames, packs);
        try (FileChannel channel = FileChannel.open(
                        file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
                Arena arena = Arena.ofConfined()) {
            MemorySegment target = channel.map(FileChannel.MapMode.READ_WRITE, 0, layout.sizeBytes(), arena);
            layout.writeHeader(target);
            for (int pack = 0; pack < packs; pack++) {
                SegmentBuilder.writePack(target, layout, pack, pack(pack), pack * FRAMES_A_PACK);
            }
            for (int frame = 0; frame < frames; frame++) {
                target.set(SegmentLayout.INT, layout.framesAt() + 4L * frame, frame % FRAMES_A_PACK * FRAME_BYTES);
            }
            EntryWriter writer = new EntryWriter(target, layout);
            for (int number = 0; number < entryCount; number++) {
                ChunkId id = id(number);
                int place = (int) Long.remainderUnsigned(id.b(), frames);
                writer.write(id.a(), id.b(), place, number % CHUNKS_A_FRAME);
            }
            writer.finish();
            target.force();
        }
    }

    private static IndexedPack pack(int number) {
        byte[] hash = new byte[HASH_BYTES];
        new ChunkId(mix(number), number, 0, 0).write(hash, 0);
        int framesEnd = FRAMES_A_PACK * FRAME_BYTES;
        PackId id = new PackId(PackKind.DATA, Bytes.wrap(hash));
        return new IndexedPack(id, Bytes.wrap(hash), 0, framesEnd, FRAME_BYTES, framesEnd + FRAME_BYTES, false);
    }

    /** The finaliser of SplitMix64: spreads any number over all 64 bits. */
    private static long mix(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
