package io.holdfast.sources.backup;

import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.chunk.Chunker;
import io.holdfast.repository.pack.BufferPool;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Groups on their way from the walker through the readers to the assembler, in order. Bounded: at most {@value #SMALL_BUFFERS} small
 * and {@value #LARGE_BUFFERS} large buffers are in flight, and {@value #GROUPS} groups.
 */
final class GroupQueue implements AutoCloseable {
    /** A group of small files; its buffer takes the last file that fits, too. */
    static final int SMALL_BUFFER_BYTES = 2 << 20;
    /** Two chunks of the largest size, so that a cut can always be found while the rest is read. */
    static final int LARGE_BUFFER_BYTES = 8 << 20;

    private static final int SMALL_BUFFERS = 6;
    private static final int LARGE_BUFFERS = 3;
    private static final int GROUPS = 16;

    private final BlockingQueue<ReadGroup> groups = new ArrayBlockingQueue<>(GROUPS);
    private final BufferPool small = new BufferPool(SMALL_BUFFER_BYTES, SMALL_BUFFERS);
    private final BufferPool large = new BufferPool(LARGE_BUFFER_BYTES, LARGE_BUFFERS);
    private final Semaphore smallPermits = new Semaphore(SMALL_BUFFERS);
    private final Semaphore largePermits = new Semaphore(LARGE_BUFFERS);
    private final ExecutorService readers;
    private final ThreadLocal<GroupReader> reader;

    GroupQueue(int threads, Chunker chunker, Supplier<ChunkHasher> hashers) {
        this.readers = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("holdfast-read-", 0).factory());
        this.reader = ThreadLocal.withInitial(() -> new GroupReader(chunker, hashers.get()));
    }

    byte[] leaseSmall() throws InterruptedException {
        smallPermits.acquire();
        return small.lease();
    }

    byte[] leaseLarge() throws InterruptedException {
        largePermits.acquire();
        return large.lease();
    }

    /** Starts reading the group and queues it; blocks while the queue is full. */
    void put(ReadGroup group) throws InterruptedException {
        if (!group.files.isEmpty() || !group.parts.isEmpty()) {
            group.read = readers.submit(() -> reader.get().read(group));
        }
        groups.put(group);
    }

    /** The next group in order; its reading may still be under way. */
    ReadGroup take() throws InterruptedException {
        return groups.take();
    }

    /** Gives back the buffer of a group that is done. */
    void release(ReadGroup group) {
        group.closeHandles();
        byte[] buffer = group.buffer;
        group.buffer = ReadGroup.NO_BUFFER;
        if (buffer.length == SMALL_BUFFER_BYTES) {
            small.giveBack(buffer);
            smallPermits.release();
        } else if (buffer.length == LARGE_BUFFER_BYTES) {
            large.giveBack(buffer);
            largePermits.release();
        }
    }

    /**
     * Lets the readers finish what was queued: each closes the handles of its files, and nobody else may while it uses them. To be
     * called when the walker has ended.
     */
    @Override
    public void close() {
        readers.shutdown();
        boolean interrupted = Thread.interrupted();
        while (!readers.isTerminated()) {
            try {
                boolean ignored = readers.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        groups.forEach(ReadGroup::closeHandles);
        groups.clear();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
