package io.holdfast.repository.tree;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.LittleEndian;
import io.holdfast.repository.pack.ChunkKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Collects the chunks of one file: in its entry while they are few, in pages where they are many. Pages are cut where a chunk's id
 * says so, so that a change in a file of a million chunks gives a few new pages. Memory: one page per level. Not thread-safe.
 */
public final class ContentWriter {
    private static final byte LEAF = 0;
    private static final byte NODE = 1;
    private static final int LEAF_ITEM_BYTES = Content.REF_BYTES;
    private static final int NODE_ITEM_BYTES = Content.REF_BYTES + 8;
    private static final int CUT_BITS = 9;
    /** Most files are one chunk. */
    private static final int FIRST_ITEMS = 2;

    private static final int MAX_ITEMS = 4_096;

    private final ChunkSink sink;
    private final List<Level> levels = new ArrayList<>();
    private long chunkCount;

    public ContentWriter(ChunkSink sink) {
        this.sink = sink;
        levels.add(new Level(LEAF, LEAF_ITEM_BYTES));
    }

    private static final class Level {
        private byte[] page;
        private int length = 1;
        private final int itemBytes;
        private long chunks;
        private int pagesCut;
        private PageRef lastCut = new PageRef(new ChunkId(0, 0, 0, 0), 0);

        Level(byte kind, int itemBytes) {
            this.page = new byte[1 + FIRST_ITEMS * itemBytes];
            this.page[0] = kind;
            this.itemBytes = itemBytes;
        }

        int items() {
            return (length - 1) / itemBytes;
        }

        int append() {
            if (length + itemBytes > page.length) {
                page = Arrays.copyOf(page, 2 * page.length);
            }
            int at = length;
            length += itemBytes;
            return at;
        }
    }

    public void add(ChunkId id, int lengthBytes) {
        chunkCount++;
        Level leaf = levels.getFirst();
        put(leaf, id, lengthBytes);
        leaf.chunks++;
        cutWhereDue(0, id);
    }

    /** What belongs into the file's entry. */
    public Content finish() {
        Level leaf = levels.getFirst();
        if (chunkCount <= Content.MAX_INLINE && leaf.pagesCut == 0) {
            return new Content.Inline(Arrays.copyOfRange(leaf.page, 1, leaf.length));
        }
        for (int height = 0; ; height++) {
            Level level = levels.get(height);
            boolean top = height == levels.size() - 1;
            if (top && level.pagesCut == 0) {
                return new Content.Paged(store(level), chunkCount);
            }
            if (level.items() > 0) {
                cut(height);
            }
            Level above = levels.get(height + 1);
            if (height + 2 == levels.size() && above.pagesCut == 0 && above.items() == 1) {
                return new Content.Paged(level.lastCut, chunkCount);
            }
        }
    }

    private void cutWhereDue(int height, ChunkId id) {
        Level level = levels.get(height);
        boolean few = height == 0 && chunkCount <= Content.MAX_INLINE;
        boolean atBoundary = ((id.a() >>> 48) & ((1 << CUT_BITS) - 1)) == 0;
        if (!few && (atBoundary || level.items() >= MAX_ITEMS)) {
            cut(height);
        }
    }

    private void cut(int height) {
        Level level = levels.get(height);
        PageRef page = store(level);
        if (height + 1 == levels.size()) {
            levels.add(new Level(NODE, NODE_ITEM_BYTES));
        }
        Level above = levels.get(height + 1);
        int at = put(above, page.id(), page.lengthBytes());
        LittleEndian.putLong(above.page, at + Content.REF_BYTES, level.chunks);
        above.chunks += level.chunks;
        level.lastCut = page;
        level.pagesCut++;
        level.length = 1;
        level.chunks = 0;
        cutWhereDue(height + 1, page.id());
    }

    private static int put(Level level, ChunkId id, int lengthBytes) {
        int at = level.append();
        id.write(level.page, at);
        LittleEndian.putInt(level.page, at + ChunkId.BYTES, lengthBytes);
        return at;
    }

    private PageRef store(Level level) {
        return new PageRef(sink.store(ChunkKind.CHUNK_LIST, level.page, 0, level.length), level.length);
    }
}
