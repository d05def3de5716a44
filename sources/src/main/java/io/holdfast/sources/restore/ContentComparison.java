package io.holdfast.sources.restore;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.repository.tree.TreeEntry.Hole;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.OpenFile;
import io.holdfast.sources.files.WritableFile;
import java.nio.ByteBuffer;

/** Compares files on the host with what a snapshot has, by the ids of their chunks. For one thread. */
final class ContentComparison {
    private static final int BUFFER_BYTES = 4 << 20;

    private final ContentReader contents;
    private final ChunkHasher hasher;
    private byte[] buffer = new byte[0];

    ContentComparison(ContentReader contents, ChunkHasher hasher) {
        this.contents = contents;
        this.hasher = hasher;
    }

    /** Whether a file, which must have the right size, has the content of this entry, and zeros where its holes are. */
    boolean isWhole(OpenFile file, TreeEntry entry) throws HostFileException {
        Extents extents = new Extents(entry.sizeBytes(), entry.holes());
        long[] stream = {0};
        return contents.chunks(entry.content(), (id, length) -> {
                    boolean there = hasChunk(file, extents, id, length, stream[0]);
                    stream[0] += length;
                    return there;
                })
                && Zeros.fill(file, entry.holes(), buffer());
    }

    /** Whether this chunk is in the file where it belongs; false where it cannot be read. */
    boolean hasChunk(OpenFile file, Extents extents, ChunkId id, int length, long stream) {
        byte[] compared = buffer();
        int[] read = {0};
        try {
            extents.<HostFileException>map(
                    stream,
                    length,
                    (at, offset, count) -> read[0] += file.read(ByteBuffer.wrap(compared, offset, count), at));
        } catch (HostFileException e) {
            return false;
        }
        return read[0] == length && hasher.names(id, compared, 0, length);
    }

    /** Makes a hole of what may hold old content; zeros where the file system cannot. */
    void clear(WritableFile file, Hole hole) throws HostFileException {
        if (file.punchHole(hole.offset(), hole.length())) {
            return;
        }
        long end = hole.offset() + hole.length();
        for (long at = hole.offset(); at < end; ) {
            int count = (int) Math.min(BUFFER_BYTES, end - at);
            int read = file.read(ByteBuffer.wrap(buffer(), 0, count), at);
            if (Zeros.firstOther(buffer, read) < read) {
                file.write(ByteBuffer.allocate(read), at);
            }
            at += count;
        }
    }

    private byte[] buffer() {
        if (buffer.length == 0) {
            buffer = new byte[BUFFER_BYTES];
        }
        return buffer;
    }
}
