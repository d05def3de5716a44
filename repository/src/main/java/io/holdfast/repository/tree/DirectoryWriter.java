package io.holdfast.repository.tree;

import io.holdfast.core.Bytes;
import io.holdfast.repository.BigEndian;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.crypto.Sha256;
import io.holdfast.repository.pack.ChunkKind;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes the pages of one directory. Where a page ends depends on the names alone, so that adding, removing or touching one of
 * 100,000 entries gives new pages only on the way from it to the root. Entries are added in ascending order of their names. Memory: one page
 * per level. Not thread-safe.
 */
public final class DirectoryWriter {
    private static final int CUT_DIVISOR = 128;
    private static final int MAX_ENTRIES = 1_024;
    private static final int MAX_PAGE_BYTES = 256 << 10;
    private static final int LEAF = 0;
    private static final int NODE = 1;

    private final ChunkSink sink;
    private final MessageDigest digest = Sha256.digest();
    private final Level leaf = new Level();
    private final List<Level> nodes = new ArrayList<>();
    private Bytes previous = Bytes.wrap(new byte[0]);
    /** The page cut last; a level with one page below needs no page of its own. */
    private PageRef lastCut = new PageRef(new ChunkId(0, 0, 0, 0), 0);

    public DirectoryWriter(ChunkSink sink) {
        this.sink = sink;
    }

    /** A page in the making. */
    private static final class Level {
        private final CborWriter items = new CborWriter();
        private int count;
        /** Entries of the directory below this page. */
        private long entries;

        private Bytes last = Bytes.wrap(new byte[0]);
        private long pagesCut;
    }

    /** Stores the page that a manifest points to: one entry with an empty name, the directory {@code /} itself. */
    public static PageRef storeRoot(ChunkSink sink, TreeEntry root) {
        if (root.name().length() != 0 || root.type() != EntryType.DIRECTORY) {
            throw new IllegalArgumentException("the root is a directory without a name, not " + root);
        }
        CborWriter page = new CborWriter();
        page.array(2).unsigned(LEAF);
        EntryCodec.write(page, root);
        return new PageRef(sink.store(ChunkKind.TREE_PAGE, page.unsafeArray(), 0, page.length()), page.length());
    }

    public void add(TreeEntry entry) {
        if (entry.name().compareTo(previous) <= 0) {
            throw new IllegalArgumentException("entry " + entry + " is not above the one before it");
        }
        previous = entry.name();
        EntryCodec.write(leaf.items, entry);
        leaf.count++;
        leaf.entries++;
        leaf.last = entry.name();
        if (isFull(leaf) || isCut(entry.name(), LEAF)) {
            cut(0);
        }
    }

    /** Writes what is left; the root page, or empty where nothing was added. */
    public Optional<PageRef> finish() {
        for (int height = 0; ; height++) {
            Level level = level(height);
            boolean top = height == nodes.size() && level.pagesCut == 0;
            if (top && level.count == 0) {
                return Optional.empty();
            }
            if (top) {
                return Optional.of(store(level, height == 0 ? LEAF : NODE));
            }
            if (level.count > 0) {
                cut(height);
            }
            Level above = level(height + 1);
            if (height + 1 == nodes.size() && above.pagesCut == 0 && above.count == 1) {
                return Optional.of(lastCut);
            }
        }
    }

    private Level level(int height) {
        if (height == 0) {
            return leaf;
        }
        while (nodes.size() < height) {
            nodes.add(new Level());
        }
        return nodes.get(height - 1);
    }

    /** Stores the page at this height and enters it one level above. */
    private void cut(int height) {
        Level level = level(height);
        PageRef page = store(level, height == 0 ? LEAF : NODE);
        lastCut = page;
        Level above = level(height + 1);
        above.items.array(4).bytes(level.last.unsafeArray());
        EntryCodec.page(above.items, page);
        above.items.unsigned(level.entries);
        above.count++;
        above.entries += level.entries;
        above.last = level.last;
        level.pagesCut++;
        level.items.reset();
        level.count = 0;
        level.entries = 0;
        if (isFull(above) || isCut(above.last, height + 1)) {
            cut(height + 1);
        }
    }

    private PageRef store(Level level, int kind) {
        CborWriter page = new CborWriter();
        page.array(level.count + 1).unsigned(kind).encoded(level.items.unsafeArray(), 0, level.items.length());
        byte[] bytes = page.unsafeArray();
        return new PageRef(sink.store(ChunkKind.TREE_PAGE, bytes, 0, page.length()), page.length());
    }

    private static boolean isFull(Level level) {
        return level.count >= MAX_ENTRIES || level.items.length() >= MAX_PAGE_BYTES;
    }

    /** Another prefix for each level, else a cut below would always be one above. */
    private boolean isCut(Bytes name, int height) {
        for (int i = 0; i < height; i++) {
            digest.update((byte) 1);
        }
        byte[] hash = digest.digest(name.unsafeArray());
        return Long.remainderUnsigned(BigEndian.getLong(hash, 0) >>> 32, CUT_DIVISOR) == 0;
    }
}
