package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.WritableFile;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * The chunks that some thousands of files need: each is read once, by several workers, and written wherever it belongs. Filled by one thread, started, and finished; while the
 * workers are at it, that thread fills the next one.
 */
final class RestoreWindow {
    private static final int MAX_FILES = 8 * 1024;
    private static final int MAX_CHUNKS = 64 * 1024;
    /** Open directories are file descriptors; a window is full before they are too many. */
    private static final int MAX_DIRECTORIES = 128;

    private final ContentPlan<Need> plan;
    private final ChunkSource anyCopy;
    private final Outcome outcome;
    private final RestoreListener listener;
    private final List<PlannedFile> files = new ArrayList<>();
    private final Deque<LeftDirectory> directories = new ArrayDeque<>();
    private final List<Future<?>> running = new ArrayList<>();
    private int chunks;

    private record LeftDirectory(Bytes path, TreeEntry entry, Directory handle) {}

    /** A chunk wanted somewhere. */
    private record Need(PlannedFile file, ChunkId id, int lengthBytes, long streamOffset) {}

    /** What the window tells while it runs; safe for many threads. */
    interface Outcome {
        /** Content of the file was written, or found to be there. */
        void advanced(PlannedFile file, long bytes, boolean written);

        /** All chunks of the file are there. */
        void complete(PlannedFile file);

        void failed(PlannedFile file, String reason, boolean damaged);
    }

    RestoreWindow(RestoreSource source, Outcome outcome, RestoreListener listener) {
        this.plan = source.newPlan();
        this.anyCopy = source.chunks();
        this.outcome = outcome;
        this.listener = listener;
    }

    boolean isFull() {
        return files.size() >= MAX_FILES || chunks >= MAX_CHUNKS || directories.size() >= MAX_DIRECTORIES;
    }

    /**
     * A directory in which all is planned: what has to be set last (times, rights) is set when this window is done, as then all its files
     * are. Directories come deepest first.
     *
     * @param handle of its own, closed by the window
     */
    void leave(Bytes path, TreeEntry entry, Directory handle) {
        directories.addLast(new LeftDirectory(path, entry, handle));
    }

    void add(PlannedFile file) {
        files.add(file);
    }

    /** A chunk of a file that was added; {@code streamOffset} counts content without holes. */
    void need(PlannedFile file, ChunkId id, int lengthBytes, long streamOffset) {
        chunks++;
        file.chunksLeft.incrementAndGet();
        if (!plan.add(id, lengthBytes, new Need(file, id, lengthBytes, streamOffset))) {
            fail(file, "chunk " + id + " is in no pack of the index", true);
        }
    }

    /** Sets the workers to it. Nothing can be added from here on. */
    void start(ExecutorService workers) {
        for (Runnable task : plan.tasks(this::write)) {
            running.add(workers.submit(task));
        }
    }

    /** Waits until all content is written, and sets what is set last. After a failure only {@link #release} may be called. */
    void finish() throws InterruptedException, HostFileException {
        try {
            for (Future<?> task : running) {
                task.get();
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HoldfastException known) {
                throw known;
            }
            throw new HoldfastException(ErrorCode.FAILED, "restoring failed: " + e.getCause(), null, e);
        }
        closeFiles();
        while (!directories.isEmpty()) {
            LeftDirectory left = directories.removeFirst();
            try (Directory handle = left.handle()) {
                Metadata.report(left.path(), handle.applyMetadata(Metadata.of(left.entry())), listener);
            }
        }
    }

    /** Closes all handles. Only while no worker is at it. */
    void release() {
        closeFiles();
        directories.forEach(left -> left.handle().close());
        directories.clear();
    }

    private void closeFiles() {
        files.forEach(this::close);
        files.clear();
    }

    /** A new file that could not be had whole is removed: zeros where content belongs look like a good file. */
    private void close(PlannedFile file) {
        try (Directory directory = file.directory) {
            if (file.failed && !file.update && directory.find(file.entry.name()).isPresent()) {
                directory.remove(file.entry.name());
            }
        } catch (HostFileException e) {
            listener.note(file.path, "is incomplete and could not be removed: " + e.getMessage());
        }
    }

    private void write(Need need, byte[] decoded, int decodedStart) {
        PlannedFile file = need.file();
        if (file.failed) {
            return;
        }
        byte[] content = decoded;
        int start = decodedStart;
        try {
            if (start < 0) {
                content = anyCopy.read(need.id());
                start = 0;
                if (content.length != need.lengthBytes()) {
                    throw HoldfastException.damaged("chunk " + need.id() + " has another length than the file says");
                }
            }
            if (file.inOneGo) {
                try (WritableFile made = file.directory.createFile(file.entry.name())) {
                    made.applyFlagsBeforeContent((int) file.entry.inodeFlags());
                    writeChunk(made, file, need, content, start);
                    if (file.entry.links() <= 1) {
                        Metadata.report(file.path, made.applyMetadata(Metadata.of(file.entry)), listener);
                    }
                }
            } else {
                try (WritableFile there = file.directory.openForUpdate(file.entry.name())) {
                    writeChunk(there, file, need, content, start);
                }
            }
            outcome.advanced(file, need.lengthBytes(), true);
        } catch (HostFileException e) {
            fail(file, String.valueOf(e.getMessage()), false);
            if (e.endsWriting()) {
                throw FileRestore.targetFailure(e);
            }
            return;
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            fail(file, String.valueOf(e.getMessage()), true);
            return;
        }
        if (file.chunksLeft.decrementAndGet() == 0) {
            outcome.complete(file);
        }
    }

    /** The file cannot be had whole. */
    void fail(PlannedFile file, String reason, boolean damaged) {
        if (file.fail()) {
            outcome.failed(file, reason, damaged);
        }
    }

    private static void writeChunk(WritableFile file, PlannedFile planned, Need need, byte[] content, int start)
            throws HostFileException {
        planned.extents.<HostFileException>map(
                need.streamOffset(),
                need.lengthBytes(),
                (at, offset, count) -> file.write(ByteBuffer.wrap(content, start + offset, count), at));
        if (planned.inOneGo && !planned.entry.holes().isEmpty()) {
            file.truncate(planned.entry.sizeBytes());
        }
    }
}
