package io.holdfast.control;

import com.github.luben.zstd.ZstdOutputStream;
import io.holdfast.core.Bytes;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * GNU tar: names are bytes in it, as they are in snapshots, and neither they nor sizes have an end. Each byte is a character of Latin-1 to the library, which makes it that byte again. A file that has
 * several names is written once, and its other names are links to it.
 */
final class TarWriter implements ArchiveWriter {
    private static final int MAX_LINKED = 1_000_000;

    private final SortedMap<Long, String> users;
    private final SortedMap<Long, String> groups;
    private final ChunkSource chunks;
    private final TarArchiveOutputStream tar;
    private final Map<Inode, String> linked = new HashMap<>();

    private record Inode(long device, long number) {}

    TarWriter(Manifest manifest, ChunkSource chunks, OutputStream out) {
        this.users = manifest.users();
        this.groups = manifest.groups();
        this.chunks = chunks;
        this.tar = new TarArchiveOutputStream(out, StandardCharsets.ISO_8859_1.name());
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
    }

    static TarWriter compressed(Manifest manifest, ChunkSource chunks, OutputStream out) throws IOException {
        return new TarWriter(manifest, chunks, new ZstdOutputStream(out));
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static String latin(String text) {
        return latin(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void add(Bytes path, TreeEntry entry) throws IOException {
        String name = latin(path.unsafeArray());
        Inode inode = new Inode(entry.device(), entry.inode());
        String first = entry.links() > 1 && entry.type() != EntryType.DIRECTORY ? linked.get(inode) : null;
        TarArchiveEntry header = first == null ? header(name, entry) : link(name, first);
        header.setMode(entry.mode());
        header.setIds(entry.uid(), entry.gid());
        header.setUserId(Integer.toUnsignedLong(entry.uid()));
        header.setGroupId(Integer.toUnsignedLong(entry.gid()));
        BrowsedTree.name(users, entry.uid()).ifPresent(user -> header.setUserName(latin(user)));
        BrowsedTree.name(groups, entry.gid()).ifPresent(group -> header.setGroupName(latin(group)));
        header.setModTime(entry.modified().seconds() * 1_000);
        tar.putArchiveEntry(header);
        if (header.isFile() && first == null && entry.type() == EntryType.FILE) {
            FileContent.write(chunks, entry, tar);
        }
        tar.closeArchiveEntry();
        if (first == null && entry.links() > 1 && linked.size() < MAX_LINKED) {
            linked.put(inode, name);
        }
    }

    private static TarArchiveEntry link(String name, String first) {
        TarArchiveEntry header = new TarArchiveEntry(name, TarConstants.LF_LINK, true);
        header.setLinkName(first);
        return header;
    }

    private static TarArchiveEntry header(String name, TreeEntry entry) {
        TarArchiveEntry header =
                new TarArchiveEntry(entry.type() == EntryType.DIRECTORY ? name + "/" : name, type(entry), true);
        switch (entry.type()) {
            case FILE -> header.setSize(entry.sizeBytes());
            case SYMLINK -> header.setLinkName(latin(entry.linkTarget().unsafeArray()));
            case CHARACTER_DEVICE, BLOCK_DEVICE -> {
                header.setDevMajor(entry.major());
                header.setDevMinor(entry.minor());
            }
            case DIRECTORY, FIFO -> {}
        }
        return header;
    }

    private static byte type(TreeEntry entry) {
        return switch (entry.type()) {
            case FILE -> TarConstants.LF_NORMAL;
            case DIRECTORY -> TarConstants.LF_DIR;
            case SYMLINK -> TarConstants.LF_SYMLINK;
            case FIFO -> TarConstants.LF_FIFO;
            case CHARACTER_DEVICE -> TarConstants.LF_CHR;
            case BLOCK_DEVICE -> TarConstants.LF_BLK;
        };
    }

    @Override
    public void close() throws IOException {
        tar.close();
    }
}
