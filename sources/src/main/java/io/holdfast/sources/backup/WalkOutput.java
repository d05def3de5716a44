package io.holdfast.sources.backup;

import java.util.List;

/** Gathers what the walker finds into groups. Used by the walker's thread alone. */
final class WalkOutput implements LargeFileOutput {
    /** Groups end here; a frame holds about as much. */
    private static final int GROUP_BYTES = 1 << 20;

    private static final int GROUP_FILES = 512;
    private static final int GROUP_EVENTS = 2_048;
    /** Each directory of a file that waits to be read is an open descriptor. */
    private static final int GROUP_DIRECTORIES = 64;

    private final GroupQueue queue;
    private ReadGroup group = new ReadGroup();
    /** Directories that were entered since the group began. */
    private int directories;

    WalkOutput(GroupQueue queue) {
        this.queue = queue;
    }

    @Override
    public void event(WalkEvent event) throws InterruptedException {
        group.events.add(event);
        if (event instanceof WalkEvent.Enter) {
            directories++;
        }
        if (group.events.size() >= GROUP_EVENTS || directories >= GROUP_DIRECTORIES) {
            flush();
        }
    }

    /** Queues a file of at most {@link GroupQueue#SMALL_BUFFER_BYTES} less {@value #GROUP_BYTES}. */
    void small(FileToRead file) throws InterruptedException {
        group.files.add(file);
        if (group.buffer.length == 0) {
            group.buffer = queue.leaseSmall();
        }
        group.promisedBytes += (int) file.status.sizeBytes();
        group.events.add(new WalkEvent.Read(file));
        if (group.promisedBytes >= GROUP_BYTES || group.files.size() >= GROUP_FILES) {
            flush();
        }
    }

    /** Queues a file of at most {@link GroupQueue#LARGE_BUFFER_BYTES}, which is a group of its own. */
    void medium(FileToRead file) throws InterruptedException {
        byte[] buffer;
        try {
            buffer = leaseLarge();
        } catch (InterruptedException e) {
            file.directory.close();
            throw e;
        }
        group.buffer = buffer;
        group.files.add(file);
        group.events.add(new WalkEvent.Read(file));
        flush();
    }

    @Override
    public void part(byte[] buffer, List<HashedChunk> chunks) throws InterruptedException {
        flush();
        group.buffer = buffer;
        group.parts.addAll(chunks);
        group.events.add(new WalkEvent.Part(chunks));
        flush();
    }

    @Override
    public byte[] leaseLarge() throws InterruptedException {
        flush();
        return queue.leaseLarge();
    }

    /** Closes the handles of a group that was never queued, because the walk was cut off. */
    void abandon() {
        group.files.forEach(file -> file.directory.close());
        group.closeHandles();
        group = new ReadGroup();
    }

    void flush() throws InterruptedException {
        if (!group.events.isEmpty()) {
            ReadGroup full = group;
            group = new ReadGroup();
            directories = 0;
            queue.put(full);
        }
    }
}
