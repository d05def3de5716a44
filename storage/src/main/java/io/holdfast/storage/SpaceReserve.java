package io.holdfast.storage;

import io.holdfast.core.ByteSize;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Space kept back so that a full disk can be emptied: forgetting and collecting write small markers before they free anything,
 * and would otherwise be stuck. A file of this size lies beside the objects; it is given up when such work finds no space.
 *
 * <p>The rule has two halves, and both hold across processes because they only look at the file:
 *
 * <ul>
 *   <li>A put through {@link ObjectStore#reserved} that finds no space removes the file and tries once more.
 *   <li>Any other put goes ahead only while the file is whole. Where it is missing, it is made again first, which needs free
 *       space for both; else the put fails with {@code NO_SPACE}. So no backup eats what prune gave up.
 * </ul>
 *
 * The file holds pseudo-random bytes: file systems that compress would store zeros in no space at all. Thread-safe.
 */
final class SpaceReserve {
    static final ByteSize DEFAULT_SIZE = ByteSize.ofMiB(16);
    private static final int BLOCK_BYTES = 1 << 20;

    private final Path file;
    private final long sizeBytes;

    /** @param size zero for no reserve */
    SpaceReserve(Path file, ByteSize size) {
        this.file = file;
        this.sizeBytes = size.bytes();
    }

    /** Returns where the reserve is whole, or could be made whole and leaves room for {@code wantedBytes} more. */
    void requireWhole(TemporaryFiles temporaries, long wantedBytes) throws IOException {
        if (sizeBytes == 0 || isWhole()) {
            return;
        }
        synchronized (this) {
            if (isWhole()) {
                return;
            }
            if (DurableDirectories.parentOf(file).toFile().getUsableSpace() < sizeBytes + wantedBytes) {
                throw new HoldfastException(
                        ErrorCode.NO_SPACE,
                        "what is free in " + DurableDirectories.parentOf(file) + " is kept for 'holdfast prune'",
                        "Free space on the disk, or run 'holdfast forget' and 'holdfast prune'.");
            }
            make(temporaries.next());
        }
    }

    /** Gives the space back to the file system, durably. */
    static void release(Path file) throws IOException {
        if (Files.deleteIfExists(file)) {
            DurableDirectories.sync(DurableDirectories.parentOf(file));
        }
    }

    private boolean isWhole() throws IOException {
        try {
            return Files.size(file) == sizeBytes;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private void make(Path temporary) throws IOException {
        Files.deleteIfExists(file); // one of another size
        try {
            fill(temporary);
            Files.createLink(file, temporary);
            DurableDirectories.sync(DurableDirectories.parentOf(file));
        } catch (FileAlreadyExistsException e) {
            // Another process made it at the same time, which serves as well.
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private void fill(Path temporary) throws IOException {
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES).order(ByteOrder.nativeOrder());
        SplittableRandom random = new SplittableRandom(sizeBytes);
        try (FileChannel channel = FileChannel.open(
                temporary, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), DiskStore.PRIVATE_FILE)) {
            for (long left = sizeBytes; left > 0; left -= block.limit()) {
                block.clear();
                while (block.hasRemaining()) {
                    block.putLong(random.nextLong());
                }
                block.flip().limit((int) Math.min(left, BLOCK_BYTES));
                ContentWriter.write(channel, List.of(block));
            }
            channel.force(true);
        }
    }
}
