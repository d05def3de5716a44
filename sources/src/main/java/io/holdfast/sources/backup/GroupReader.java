package io.holdfast.sources.backup;

import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.chunk.Chunker;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.OpenFile;
import java.nio.ByteBuffer;

/** Reads the small files of a group, cuts and hashes them. One per thread. */
final class GroupReader {
    private static final int ATTEMPTS = 3;
    /** What a small file may grow to before it is read: what a large one takes in memory. */
    private static final int MAX_GROWN_BYTES = GroupQueue.LARGE_BUFFER_BYTES;

    private final Chunker chunker;
    private final ChunkHasher hasher;

    GroupReader(Chunker chunker, ChunkHasher hasher) {
        this.chunker = chunker;
        this.hasher = hasher;
    }

    void read(ReadGroup group) {
        for (HashedChunk part : group.parts) {
            part.id = hasher.id(part.buffer, part.offset, part.length);
        }
        int at = 0;
        for (FileToRead file : group.files) {
            int room = (int) Math.min(group.buffer.length - at, file.status.sizeBytes());
            try {
                at += readWithRetry(file, group.buffer, at, room);
            } catch (HostFileException e) {
                file.vanished = e.isVanished();
                file.problem = e.getMessage();
            } finally {
                file.directory.close();
            }
        }
    }

    /** Bytes used in the buffer. */
    private int readWithRetry(FileToRead file, byte[] buffer, int at, int room) throws HostFileException {
        for (int attempt = 1; ; attempt++) {
            try (OpenFile open = open(file, attempt)) {
                FileStatus before = open.statusAtOpen();
                if (before.sizeBytes() > MAX_GROWN_BYTES) {
                    file.problem = "became a file of " + before.sizeBytes() + " bytes while it was being saved";
                    return 0;
                }
                // Larger than when its room was set aside: another file has taken its name, or it grew.
                boolean grown = before.sizeBytes() > room;
                byte[] target = grown ? new byte[(int) before.sizeBytes()] : buffer;
                int start = grown ? 0 : at;
                int length = open.read(ByteBuffer.wrap(target, start, grown ? target.length : room), 0);
                FileStatus after = open.status();
                boolean stable = after.isUnchangedSince(before) && length == before.sizeBytes();
                if (!stable && attempt < ATTEMPTS) {
                    continue;
                }
                TreeEntry.Builder entry = Entries.of(file.name, EntryType.FILE, after, open.attributes(), open.flags());
                file.entry = entry.sizeBytes(length).changedWhileRead(!stable);
                cutAndHash(file, target, start, length);
                return grown ? 0 : length;
            }
        }
    }

    /** The first time what the walker saw will do: if it is not that any more, it shows after reading. */
    private static OpenFile open(FileToRead file, int attempt) throws HostFileException {
        return attempt == 1 ? file.directory.openFile(file.name, file.status) : file.directory.openFile(file.name);
    }

    private void cutAndHash(FileToRead file, byte[] buffer, int at, int length) {
        for (int done = 0; done < length; ) {
            int cut = chunker.cut(buffer, at + done, length - done);
            HashedChunk chunk = new HashedChunk(buffer, at + done, cut);
            chunk.id = hasher.id(buffer, at + done, cut);
            file.chunks.add(chunk);
            done += cut;
        }
    }
}
