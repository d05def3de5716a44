package io.holdfast.control;

import io.holdfast.core.Bytes;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.TreeEntry;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;

/** Entries of a snapshot into an archive, one after the other, without knowing how many will come. For one thread. */
interface ArchiveWriter extends Closeable {
    /** @param path in the archive, without a slash at its start */
    void add(Bytes path, TreeEntry entry) throws IOException;

    /** Writes what ends the archive, and closes what it was given. */
    @Override
    void close() throws IOException;

    /** @param out closed with the archive */
    static ArchiveWriter of(ArchiveFormat format, BrowsedTree tree, OutputStream out) throws IOException {
        ChunkSource chunks = tree.chunks();
        return switch (format) {
            case TAR -> new TarWriter(tree.manifest(), chunks, out);
            case TAR_ZST -> TarWriter.compressed(tree.manifest(), chunks, out);
            case ZIP -> new ZipWriter(chunks, out);
        };
    }
}
