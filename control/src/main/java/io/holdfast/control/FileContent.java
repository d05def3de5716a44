package io.holdfast.control;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.ContentReader.Chunk;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.repository.tree.TreeEntry.Hole;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** Writes what is in one file, with zeros where its holes are. For one thread, once. */
final class FileContent {
    private static final byte[] ZEROS = new byte[64 << 10];

    private final OutputStream out;
    private final TreeEntry entry;
    private final Iterator<Hole> holes;
    private @Nullable Hole next;
    private long position;

    private FileContent(TreeEntry entry, OutputStream out) {
        this.entry = entry;
        this.out = out;
        this.holes = entry.holes().iterator();
        this.next = holes.hasNext() ? holes.next() : null;
    }

    /**
     * Writes all of it, as many bytes as the entry says.
     *
     * @throws HoldfastException {@code DAMAGED} where some of it is lost, or it has another length
     */
    static void write(ChunkSource chunks, TreeEntry entry, OutputStream out) throws IOException {
        new FileContent(entry, out).write(chunks);
    }

    private void write(ChunkSource chunks) throws IOException {
        for (Iterator<Chunk> each = new ContentReader(chunks).iterator(entry.content()); each.hasNext(); ) {
            byte[] chunk = chunks.read(each.next().id());
            int done = 0;
            while (done < chunk.length) {
                writeHoles();
                long room = next == null ? Long.MAX_VALUE : next.offset() - position;
                int count = (int) Math.min(chunk.length - done, Math.min(room, entry.sizeBytes() - position));
                if (count <= 0) {
                    throw wrongLength();
                }
                out.write(chunk, done, count);
                position += count;
                done += count;
            }
        }
        writeHoles();
        if (position != entry.sizeBytes()) {
            throw wrongLength();
        }
    }

    private HoldfastException wrongLength() {
        return HoldfastException.damaged(
                "a file of " + entry.sizeBytes() + " bytes has another length in the repository");
    }

    private void writeHoles() throws IOException {
        while (next != null && next.offset() == position) {
            for (long left = next.length(); left > 0; ) {
                int count = (int) Math.min(ZEROS.length, left);
                out.write(ZEROS, 0, count);
                left -= count;
            }
            position += next.length();
            next = holes.hasNext() ? holes.next() : null;
        }
    }
}
