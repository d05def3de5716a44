package io.holdfast.control;

import io.holdfast.core.Bytes;
import io.holdfast.core.NameText;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.TreeEntry;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.Deflater;
import org.apache.commons.compress.archivers.zip.UnixStat;
import org.apache.commons.compress.archivers.zip.Zip64Mode;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/**
 * Zip with names in UTF-8 (as the library has it unless it is told otherwise), ZIP64 where something is large, modes and symbolic links as Info-ZIP has them. Names that are no UTF-8 are written escaped. Devices and pipes have no place in it and
 * are left out.
 */
final class ZipWriter implements ArchiveWriter {
    private final ChunkSource chunks;
    private final ZipArchiveOutputStream zip;

    ZipWriter(ChunkSource chunks, OutputStream out) {
        this.chunks = chunks;
        this.zip = new ZipArchiveOutputStream(out);
        zip.setUseZip64(Zip64Mode.AsNeeded);
        zip.setLevel(Deflater.BEST_SPEED);
    }

    @Override
    public void add(Bytes path, TreeEntry entry) throws IOException {
        String name = NameText.of(path);
        switch (entry.type()) {
            case FILE -> {
                begin(name, entry, UnixStat.FILE_FLAG, entry.sizeBytes());
                FileContent.write(chunks, entry, zip);
                zip.closeArchiveEntry();
            }
            case DIRECTORY -> {
                begin(name + "/", entry, UnixStat.DIR_FLAG, 0);
                zip.closeArchiveEntry();
            }
            case SYMLINK -> {
                begin(name, entry, UnixStat.LINK_FLAG, entry.linkTarget().length());
                zip.write(entry.linkTarget().unsafeArray());
                zip.closeArchiveEntry();
            }
            case FIFO, CHARACTER_DEVICE, BLOCK_DEVICE -> {}
        }
    }

    private void begin(String name, TreeEntry entry, int flag, long size) throws IOException {
        ZipArchiveEntry header = new ZipArchiveEntry(name);
        header.setUnixMode(flag | entry.mode());
        header.setSize(size);
        header.setTime(entry.modified().seconds() * 1_000);
        zip.putArchiveEntry(header);
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
