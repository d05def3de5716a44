package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.repository.chunk.Chunker;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.repository.tree.TreeEntry.Hole;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.OpenFile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads files that do not fit into a group: cuts them into chunks as they stream by, and skips their holes. Hashing is done elsewhere. */
final class LargeFileReader {
    private static final int ATTEMPTS = 2;
    /** They stand in the file's entry, 16 bytes each; further holes are saved as the zeros that they read as. */
    private static final int MAX_HOLES = 1 << 16;

    private final Chunker chunker;
    private final LargeFileOutput output;
    private final BackupListener listener;
    /** How far the file that is being read has come, as the listener knows it. */
    private long told;

    LargeFileReader(Chunker chunker, LargeFileOutput output, BackupListener listener) {
        this.chunker = chunker;
        this.output = output;
        this.listener = listener;
    }

    /**
     * Sends the file's chunks and its entry; a file that changed meanwhile is read once more.
     *
     * @param older what the parent snapshot has under its name
     */
    void read(
            Directory directory, Bytes name, Bytes path, BackupListener.FileOutcome outcome, Optional<TreeEntry> older)
            throws HostFileException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            output.event(new WalkEvent.LargeBegin(older));
            told = 0;
            try (OpenFile file = directory.openFile(name)) {
                FileStatus before = file.statusAtOpen();
                file.adviseSequential();
                List<Hole> holes = new ArrayList<>();
                long size = new Stream(file).send(before, holes);
                FileStatus after = file.status();
                boolean stable = after.isUnchangedSince(before) && size == before.sizeBytes();
                if (!stable && attempt < ATTEMPTS) {
                    tell(-told);
                    output.event(new WalkEvent.LargeFailed());
                    continue;
                }
                TreeEntry.Builder entry = Entries.of(name, EntryType.FILE, after, file.attributes(), file.flags())
                        .sizeBytes(size)
                        .holes(holes)
                        .changedWhileRead(!stable);
                output.event(new WalkEvent.LargeEnd(path, entry, outcome));
                return;
            } catch (HostFileException e) {
                tell(-told);
                output.event(new WalkEvent.LargeFailed());
                throw e;
            }
        }
    }

    private void tell(long bytes) {
        told += bytes;
        listener.advanced(bytes);
    }

    /** The bytes of one file without its holes, cut into chunks. */
    private final class Stream {
        private final OpenFile file;
        private byte[] buffer = ReadGroup.NO_BUFFER;
        private int filled;

        Stream(OpenFile file) {
            this.file = file;
        }

        /** Returns the size that was seen: less than that of the status where the file shrank. */
        long send(FileStatus status, List<Hole> holes) throws HostFileException, InterruptedException {
            long size = status.sizeBytes();
            long at = 0;
            while (at < size) {
                boolean seeksHoles = status.mayHaveHoles() && holes.size() < MAX_HOLES;
                long dataStart = seeksHoles ? file.nextData(at) : at;
                if (dataStart < 0 || dataStart >= size) {
                    addHole(holes, at, size);
                    at = size;
                    break;
                }
                addHole(holes, at, dataStart);
                long hole = seeksHoles ? file.nextHole(dataStart) : size;
                long dataEnd = hole < 0 ? size : Math.min(hole, size);
                long sent = sendData(dataStart, dataEnd);
                at = dataStart + sent;
                if (at < dataEnd) {
                    break;
                }
            }
            cut(true);
            return at;
        }

        private void addHole(List<Hole> holes, long start, long end) {
            if (end > start) {
                holes.add(new Hole(start, end - start));
                tell(end - start);
            }
        }

        private long sendData(long start, long end) throws HostFileException, InterruptedException {
            long at = start;
            while (at < end) {
                if (buffer.length == 0) {
                    buffer = output.leaseLarge();
                }
                int room = (int) Math.min(buffer.length - filled, end - at);
                int count = file.read(ByteBuffer.wrap(buffer, filled, room), at);
                filled += count;
                at += count;
                tell(count);
                if (count < room) {
                    break;
                }
                if (filled == buffer.length) {
                    cut(false);
                }
            }
            return at - start;
        }

        /** Sends the chunks that are certain, and carries the rest over; at the end, all. */
        private void cut(boolean atEnd) throws InterruptedException {
            if (filled == 0) {
                return;
            }
            List<HashedChunk> chunks = new ArrayList<>();
            int max = chunker.parameters().maxBytes();
            int at = 0;
            while (filled - at >= max || (atEnd && at < filled)) {
                int length = chunker.cut(buffer, at, filled - at);
                chunks.add(new HashedChunk(buffer, at, length));
                at += length;
            }
            byte[] full = buffer;
            int rest = filled - at;
            buffer = ReadGroup.NO_BUFFER;
            filled = 0;
            if (rest > 0) {
                byte[] next = output.leaseLarge();
                System.arraycopy(full, at, next, 0, rest);
                buffer = next;
                filled = rest;
            }
            output.part(full, chunks);
        }
    }
}
