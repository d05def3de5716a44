package io.holdfast.repository.index;

import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A decrypted index segment as a file of the local cache: the segment, then 8 bytes with its CRC-32C. Disks and interrupted copies
 * damage caches, too; a damaged copy is noticed when it is opened, and fetched again.
 */
final class SegmentFile {
    private static final int TRAILER_BYTES = 8;
    private static final int SLICE_BYTES = 1 << 20;
    /**
     * Larger files are not read from start to end when they are opened. What is wrong in them shows when a chunk is not where they say,
     * and then they are fetched again as well.
     */
    private static final long CHECKED_UP_TO_BYTES = 64L << 20;

    private SegmentFile() {}

    /** Writes a segment; durable when this returns, so that a torn file never answers for the index. */
    static void write(Path file, MemorySegment plain) throws IOException {
        try (Writer writer = new Writer(file)) {
            for (long at = 0; at < plain.byteSize(); at += SLICE_BYTES) {
                writer.append(slice(plain, at, plain.byteSize()));
            }
            writer.finish();
        }
    }

    /** Writes a segment piece by piece. Not thread-safe. */
    static final class Writer implements AutoCloseable {
        private final FileChannel out;
        private final CRC32C sum = new CRC32C();

        Writer(Path file) throws IOException {
            this.out = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
        }

        void append(ByteBuffer piece) throws IOException {
            sum.update(piece.duplicate());
            writeAll(out, piece);
        }

        /** Adds the trailer and waits until all is durable. */
        void finish() throws IOException {
            ByteBuffer trailer = ByteBuffer.allocate(TRAILER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            writeAll(out, trailer.putLong(0, sum.getValue()));
            out.force(true);
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }

    /**
     * Maps a file that {@link #write} made.
     *
     * @throws HoldfastException {@code DAMAGED} where it is another
     */
    static IndexSegment map(String name, Path file) throws IOException {
        MemorySegment mapped;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
        }
        long size = mapped.byteSize() - TRAILER_BYTES;
        if (size < 0) {
            throw HoldfastException.damaged(file + ": is too short for a segment");
        }
        if (size <= CHECKED_UP_TO_BYTES) {
            CRC32C sum = new CRC32C();
            for (long at = 0; at < size; at += SLICE_BYTES) {
                sum.update(slice(mapped, at, size));
            }
            ByteBuffer trailer =
                    mapped.asSlice(size, TRAILER_BYTES).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
            if (trailer.getLong(0) != sum.getValue()) {
                throw HoldfastException.damaged(file + ": its checksum is wrong");
            }
        }
        return IndexSegment.of(name, mapped.asSlice(0, size));
    }

    private static ByteBuffer slice(MemorySegment plain, long at, long end) {
        return plain.asSlice(at, Math.min(SLICE_BYTES, end - at)).asByteBuffer();
    }

    private static void writeAll(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }
}
