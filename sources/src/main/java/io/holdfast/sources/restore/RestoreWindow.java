package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackReader.FramePlace;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.WritableFile;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * The chunks that some thousands of files need, grouped by the frames they lie in: each frame is read and decoded once, in the order
 * of packs, by several workers, and its chunks are written wherever they belong. Filled by one thread, started, and finished; while the
 * workers are at it, that thread fills the next one.
 */
final class RestoreWindow {
    private static final int MAX_FILES = 8 * 1024;
    private static final int MAX_CHUNKS = 64 * 1024;
    /** Open directories are file descriptors; a window is full before they are too many. */
    private static final int MAX_DIRECTORIES = 128;

    private static final int FRAMES_A_TASK = 16;
    /** Neighbours are fetched together up to this length, and what lies between them up to that. */
    private static final int MAX_RUN_BYTES = 8 << 20;

    private static final int MAX_GAP_BYTES = 128 << 10;
    private static final byte[] NOTHING = new byte[0];

    private final FrameReaders readers;
    private final ChunkSource anyCopy;
    private final Outcome outcome;
    private final RestoreListener listener;
    private final Map<FrameKey, Frame> frames = new HashMap<>();
    private final List<PlannedFile> files = new ArrayList<>();
    private final Deque<LeftDirectory> directories = new ArrayDeque<>();
    private final List<Future<?>> running = new ArrayList<>();
    private int chunks;

    private record FrameKey(Bytes pack, int offset) {}

    private record Frame(FramePlace place, List<Need> needs) {}

    private record LeftDirectory(Bytes path, TreeEntry entry, Directory handle) {}

    /** A chunk wanted somewhere. */
    private record Need(PlannedFile file, ChunkId id, int ordinal, int lengthBytes, long streamOffset) {}

    /** What the window tells while it runs; safe for many threads. */
    interface Outcome {
        /** Content of the file was written, or found to be there. */
        void advanced(PlannedFile file, long bytes, boolean written);

        /** All chunks of the file are there. */
        void complete(PlannedFile file);

        void failed(PlannedFile file, String reason, boolean damaged);
    }

    /** @param anyCopy finds other copies of a chunk whose first one is damaged */
    RestoreWindow(FrameReaders readers, ChunkSource anyCopy, Outcome outcome, RestoreListener listener) {
        this.readers = readers;
        this.anyCopy = anyCopy;
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
    void need(Repository repository, Index index, PlannedFile file, ChunkId id, int lengthBytes, long streamOffset) {
        chunks++;
        file.chunksLeft.incrementAndGet();
        Optional<ChunkPlace> place = index.find(id);
        if (place.isEmpty()) {
            place = repository.index().find(id); // An earlier chunk may have made it load anew.
        }
        if (place.isEmpty()) {
            place = repository.reloadIndex().find(id);
        }
        if (place.isEmpty()) {
            place = repository.refetchIndex().find(id);
        }
        if (place.isEmpty()) {
            fail(file, "chunk " + id + " is in no pack of the index", true);
            return;
        }
        FramePlace frame = place.get().frame();
        frames.computeIfAbsent(
                        new FrameKey(frame.pack().hash(), frame.offset()), key -> new Frame(frame, new ArrayList<>(4)))
                .needs
                .add(new Need(file, id, place.get().ordinal(), lengthBytes, streamOffset));
    }

    /** Sets the workers to it. Nothing can be added from here on. */
    void start(ExecutorService workers) {
        List<Frame> ordered = new ArrayList<>(frames.values());
        ordered.sort(Comparator.comparing((Frame f) -> f.place().pack())
                .thenComparing(f -> f.place().offset(), Integer::compareUnsigned));
        for (int from = 0; from < ordered.size(); from += FRAMES_A_TASK) {
            List<Frame> part = ordered.subList(from, Math.min(ordered.size(), from + FRAMES_A_TASK));
            running.add(workers.submit(() -> restore(part)));
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

    private void restore(List<Frame> part) {
        try (FrameReaders.Lease reader = readers.lease()) {
            for (int next = 0; next < part.size(); ) {
                int end = endOfRun(part, next);
                if (end - next > 1) {
                    reader.fetch(part.get(next).place(), part.get(end - 1).place());
                }
                for (Frame frame : part.subList(next, end)) {
                    restore(frame, reader);
                }
                next = end;
            }
        }
    }

    private void restore(Frame frame, FrameReaders.Lease reader) {
        Optional<FrameCodec.Decoded> decoded = decode(reader, frame.place());
        for (Need need : frame.needs()) {
            int start = decoded.isPresent() ? intact(decoded.get(), need, reader.hasher()) : -1;
            write(need, start < 0 ? NOTHING : decoded.get().plain(), start);
        }
    }

    /** How far frames from {@code first} on lie one behind the other in one pack. */
    private static int endOfRun(List<Frame> part, int first) {
        FramePlace start = part.get(first).place();
        FramePlace last = start;
        int end = first + 1;
        while (end < part.size()) {
            FramePlace next = part.get(end).place();
            long gap = next.offset() - (long) last.offset() - last.storedBytes();
            long length = next.offset() + (long) next.storedBytes() - start.offset();
            if (!next.pack().equals(start.pack()) || gap > MAX_GAP_BYTES || length > MAX_RUN_BYTES) {
                break;
            }
            last = next;
            end++;
        }
        return end;
    }

    private static Optional<FrameCodec.Decoded> decode(FrameReaders.Lease reader, FramePlace place) {
        try {
            return reader.read(place);
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.REFUSED) {
                throw e;
            }
            return Optional.empty(); // Damaged or archived: another copy is tried for each chunk.
        }
    }

    /** Where the chunk starts in the decoded frame, or −1 where it is not what it should be. */
    private static int intact(FrameCodec.Decoded decoded, Need need, ChunkHasher hasher) {
        if (need.ordinal() >= decoded.chunkCount()) {
            return -1;
        }
        int start = decoded.starts()[need.ordinal()];
        int length = decoded.length(need.ordinal());
        return length == need.lengthBytes() && hasher.names(need.id(), decoded.plain(), start, length) ? start : -1;
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
