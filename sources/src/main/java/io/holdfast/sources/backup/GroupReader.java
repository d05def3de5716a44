package io.holdfast.sources.backup;

import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.chunk.Chunker;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.HostFileException.Reason;
import io.holdfast.sources.files.OpenFile;
import java.nio.ByteBuffer;

/** Reads the small files of a group, cuts and hashes them. One per thread. */
final class GroupReader {
    private static final int ATTEMPTS = 3;
    /** What files of a group may need beyond its buffer, because they have grown: there may be many such groups, and hundreds of files in each. */
    private static final int MAX_GROWN_BYTES = 1 << 20;

    private final Chunker chunker;
    private final ChunkHasher hasher;
    /** Bytes beyond the buffer of the group that is being read. */
    private int grownBytes;

    GroupReader(Chunker chunker, ChunkHasher hasher) {
        this.chunker = chunker;
        this.hasher = hasher;
    }

    void read(ReadGroup group) {
        for (HashedChunk part : group.parts) {
            part.id = hasher.id(part.buffer, part.offset, part.length);
        }
        int at = 0;
        grownBytes = 0;
        for (FileToRead file : group.files) {
            int room = (int) Math.min(group.buffer.length - at, file.status.sizeBytes());
            try {
                at += readWithRetry(file, group.buffer, at, room);
            } catch (HostFileException e) {
                file.vanished = e.isVanished();
                file.problem = e.reason() == Reason.OTHER_TYPE
                        ? "is no regular file any more: it changed while it was being saved"
                        : e.getMessage();
            } finally {
                if (!file.late) {
                    file.directory.close();
                }
            }
        }
    }

    /** Bytes used in the buffer. */
    private int readWithRetry(FileToRead file, byte[] buffer, int at, int room) throws HostFileException {
        for (int attempt = 1; ; attempt++) {
            try (OpenFile open = open(file, attempt)) {
                FileStatus before = open.statusAtOpen();
                // Larger than when its room was set aside: another file has taken its name, or it grew.
                boolean grown = before.sizeBytes() > room;
                if (grown && before.sizeBytes() > MAX_GROWN_BYTES - grownBytes) {
                    file.late = true;
                    return 0;
                }
                grownBytes += grown ? (int) before.sizeBytes() : 0;
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
            } catch (HostFileException e) {
                // Opened as what it was seen to be, it may be anything: the second time its type is looked at first.
                if (attempt > 1 || e.isVanished()) {
                    throw e;
                }
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
