package io.holdfast.repository.tree;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.LittleEndian;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** Reads the chunk lists of files. Immutable; as safe for many threads as its source. */
public final class ContentReader {
    private static final int MAX_DEPTH = 16;
    private static final int NODE_ITEM_BYTES = Content.REF_BYTES + 8;
    private static final int MAX_CHUNK_BYTES = 4 << 20;

    private final ChunkSource source;

    public ContentReader(ChunkSource source) {
        this.source = source;
    }

    /** Receives the chunks of a file in order. */
    @FunctionalInterface
    public interface ChunkVisitor {
        /** @return false to stop */
        boolean visit(ChunkId id, int lengthBytes);
    }

    /** Receives the pages of chunk lists. */
    @FunctionalInterface
    public interface PageVisitor {
        /** @return false to leave out the page and what is below it */
        boolean visit(PageRef page);
    }

    /** Visits all chunks; false where the visitor stopped it. */
    public boolean chunks(Content content, ChunkVisitor visitor) {
        return walk(content, page -> true, visitor);
    }

    /** Visits pages and chunks; false where the chunk visitor stopped it. */
    public boolean walk(Content content, PageVisitor pages, ChunkVisitor chunks) {
        return switch (content) {
            case Content.Inline inline -> {
                for (int i = 0; i < inline.count(); i++) {
                    if (!chunks.visit(inline.id(i), checked(inline.lengthBytes(i)))) {
                        yield false;
                    }
                }
                yield true;
            }
            case Content.Paged paged -> page(paged.root(), pages, chunks, 0);
        };
    }

    /** A chunk of a file. */
    public record Chunk(ChunkId id, int lengthBytes) {}

    /** The chunks in order; pages are read as they are reached. */
    public Iterator<Chunk> iterator(Content content) {
        return new ChunkIterator(content);
    }

    private final class ChunkIterator implements Iterator<Chunk> {
        private final Deque<Iterator<Chunk>> levels = new ArrayDeque<>();
        /** For each level, whether it holds chunks; else pages. */
        private final Deque<Boolean> leaves = new ArrayDeque<>();

        ChunkIterator(Content content) {
            switch (content) {
                case Content.Inline inline -> {
                    List<Chunk> chunks = new ArrayList<>(inline.count());
                    for (int i = 0; i < inline.count(); i++) {
                        chunks.add(new Chunk(inline.id(i), checked(inline.lengthBytes(i))));
                    }
                    push(chunks, true);
                }
                case Content.Paged paged -> open(paged.root());
            }
        }

        @Override
        public boolean hasNext() {
            while (!levels.isEmpty()) {
                if (!levels.element().hasNext()) {
                    levels.pop();
                    leaves.pop();
                } else if (leaves.element()) {
                    return true;
                } else {
                    Chunk page = levels.element().next();
                    open(new PageRef(page.id(), page.lengthBytes()));
                }
            }
            return false;
        }

        @Override
        public Chunk next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return levels.element().next();
        }

        private void open(PageRef ref) {
            if (levels.size() > MAX_DEPTH) {
                throw HoldfastException.damaged("a chunk list with more than " + MAX_DEPTH + " levels");
            }
            byte[] page = read(ref);
            boolean leaf = page[0] == 0;
            int item = leaf ? Content.REF_BYTES : NODE_ITEM_BYTES;
            List<Chunk> items = new ArrayList<>(page.length / item);
            for (int at = 1; at < page.length; at += item) {
                items.add(new Chunk(ChunkId.read(page, at), checked(LittleEndian.getInt(page, at + ChunkId.BYTES))));
            }
            push(items, leaf);
        }

        private void push(List<Chunk> items, boolean leaf) {
            levels.push(items.iterator());
            leaves.push(leaf);
        }
    }

    /** A page of a chunk list, of the form that it should have. */
    private byte[] read(PageRef ref) {
        byte[] page = source.read(ref.id());
        int item = page[0] == 0 ? Content.REF_BYTES : NODE_ITEM_BYTES;
        if (page.length != ref.lengthBytes()
                || page[0] < 0
                || page[0] > 1
                || page.length == 1
                || (page.length - 1) % item != 0) {
            throw HoldfastException.damaged("chunk list page " + ref.id() + ": is none");
        }
        return page;
    }

    private boolean page(PageRef ref, PageVisitor pages, ChunkVisitor chunks, int depth) {
        if (depth > MAX_DEPTH) {
            throw HoldfastException.damaged("a chunk list with more than " + MAX_DEPTH + " levels");
        }
        if (!pages.visit(ref)) {
            return true;
        }
        byte[] page = read(ref);
        boolean leaf = page[0] == 0;
        int item = leaf ? Content.REF_BYTES : NODE_ITEM_BYTES;
        for (int at = 1; at < page.length; at += item) {
            ChunkId id = ChunkId.read(page, at);
            int length = checked(LittleEndian.getInt(page, at + ChunkId.BYTES));
            boolean goOn = leaf ? chunks.visit(id, length) : page(new PageRef(id, length), pages, chunks, depth + 1);
            if (!goOn) {
                return false;
            }
        }
        return true;
    }

    private static int checked(int lengthBytes) {
        if (lengthBytes < 1 || lengthBytes > MAX_CHUNK_BYTES) {
            throw HoldfastException.damaged("a chunk list with a chunk of " + lengthBytes + " bytes");
        }
        return lengthBytes;
    }
}
