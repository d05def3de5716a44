package io.holdfast.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the bulk of large objects past the page cache (O_DIRECT of open(2)). What a backup stores is not read again soon, and
 * must not push out what the machine works with; besides, copying into fresh pages costs more than all the rest of a write.
 *
 * <p>It takes the leading buffers that the kernel can take as they are: direct, and address and length whole blocks. Objects that
 * are small, lie in the heap or go to a file system of which this is not known to work well (network, memory, FUSE) are not
 * for it. Thread-safe.
 */
final class CacheBypass {
    /** What buffers must be aligned to; no block of the file systems below is larger. */
    static final int ALIGNMENT_BYTES = 4096;

    private static final long FROM_BYTES = 4 << 20;
    private static final Set<String> FILE_SYSTEMS = Set.of("ext4", "xfs", "btrfs");

    private final @Nullable OpenOption direct;

    private CacheBypass(@Nullable OpenOption direct) {
        this.direct = direct;
    }

    static CacheBypass of(Path directory) throws IOException {
        return new CacheBypass(
                FILE_SYSTEMS.contains(Files.getFileStore(directory).type()) ? direct() : null);
    }

    /** By name, because the compiler warns of this public part of the JDK without a way to say that it is meant. */
    private static @Nullable OpenOption direct() {
        try {
            return Arrays.stream(
                            Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants())
                    .filter(option -> option.toString().equals("DIRECT"))
                    .map(OpenOption.class::cast)
                    .findFirst()
                    .orElse(null);
        } catch (ClassNotFoundException e) {
            return null;
        }
    }

    /**
     * Writes as many of the first buffers as it can to the beginning of {@code file}, which is there and empty.
     *
     * @return how many buffers were written; the caller writes the others behind them
     */
    int write(Path file, List<ByteBuffer> content) throws IOException {
        ByteBuffer[] leading = content.stream()
                .takeWhile(CacheBypass::isAligned)
                .map(ByteBuffer::duplicate)
                .toArray(ByteBuffer[]::new);
        if (direct == null || ContentWriter.totalBytes(List.of(leading)) < FROM_BYTES) {
            return 0;
        }
        try (FileChannel channel = open(file, direct)) {
            if (channel == null) {
                return 0;
            }
            for (int first = 0; first < leading.length; ) {
                // Whole buffers or none of this call's: what was cut short by a full disk fails in the next call.
                long ignored = channel.write(leading, first, leading.length - first);
                while (first < leading.length && !leading[first].hasRemaining()) {
                    first++;
                }
            }
            return leading.length;
        }
    }

    /** Null where this kernel or this device does not do it. */
    private static @Nullable FileChannel open(Path file, OpenOption direct) throws IOException {
        try {
            return FileChannel.open(file, StandardOpenOption.WRITE, direct);
        } catch (UnsupportedOperationException e) {
            return null;
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).contains("Invalid argument")) {
                return null;
            }
            throw e;
        }
    }

    private static boolean isAligned(ByteBuffer buffer) {
        return buffer.isDirect()
                && buffer.remaining() % ALIGNMENT_BYTES == 0
                && buffer.alignmentOffset(buffer.position(), ALIGNMENT_BYTES) == 0;
    }
}
