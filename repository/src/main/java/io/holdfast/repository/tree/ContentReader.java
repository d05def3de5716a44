package io.holdfast.repository.tree;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.LittleEndian;
import io.holdfast.repository.pack.ChunkKind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

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

    /**
     * Where a part of a chunk list is.
     *
     * @param content the whole list, where it has no pages
     */
    record LeafRef(Optional<PageRef> page, Content content) {}

    /** Chunks that stand in a list one after the other. */
    record Leaf(LeafRef ref, List<Chunk> chunks) {
        long lengthBytes() {
            return chunks.stream().mapToLong(Chunk::lengthBytes).sum();
        }
    }

    /** The chunks in order; pages are read as they are reached. */
    public Iterator<Chunk> iterator(Content content) {
        Iterator<Leaf> leaves = leaves(content);
        return new Iterator<>() {
            private Iterator<Chunk> chunks = Collections.emptyIterator();

            @Override
            public boolean hasNext() {
                while (!chunks.hasNext() && leaves.hasNext()) {
                    chunks = leaves.next().chunks().iterator();
                }
                return chunks.hasNext();
            }

            @Override
            public Chunk next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return chunks.next();
            }
        };
    }

    /** The parts of the list in order; pages are read as they are reached. */
    Iterator<Leaf> leaves(Content content) {
        return switch (content) {
            case Content.Inline inline -> {
                LeafRef ref = new LeafRef(Optional.empty(), inline);
                yield inline.count() == 0
                        ? Collections.emptyIterator()
                        : List.of(leaf(ref)).iterator();
            }
            case Content.Paged paged -> new LeafIterator(paged);
        };
    }

    /** Reads a part of a list again. */
    Leaf leaf(LeafRef ref) {
        return ref.page()
                .map(page -> new Leaf(ref, items(read(page))))
                .orElseGet(() -> new Leaf(ref, chunks((Content.Inline) ref.content())));
    }

    private static List<Chunk> chunks(Content.Inline inline) {
        List<Chunk> chunks = new ArrayList<>(inline.count());
        for (int i = 0; i < inline.count(); i++) {
            chunks.add(new Chunk(inline.id(i), checked(inline.lengthBytes(i))));
        }
        return chunks;
    }

    /** The chunks of a leaf, or the pages below a node. */
    private static List<Chunk> items(byte[] page) {
        int item = page[0] == 0 ? Content.REF_BYTES : NODE_ITEM_BYTES;
        List<Chunk> items = new ArrayList<>(page.length / item);
        for (int at = 1; at < page.length; at += item) {
            items.add(new Chunk(ChunkId.read(page, at), checked(LittleEndian.getInt(page, at + ChunkId.BYTES))));
        }
        return items;
    }

    private final class LeafIterator implements Iterator<Leaf> {
        private final Content content;
        /** What is left at each level, the lowest on top. */
        private final Deque<Iterator<Chunk>> levels = new ArrayDeque<>();

        LeafIterator(Content.Paged paged) {
            this.content = paged;
            PageRef root = paged.root();
            levels.push(List.of(new Chunk(root.id(), root.lengthBytes())).iterator());
        }

        @Override
        public boolean hasNext() {
            while (!levels.isEmpty() && !levels.element().hasNext()) {
                levels.pop();
            }
            return !levels.isEmpty();
        }

        @Override
        public Leaf next() {
            while (hasNext()) {
                Chunk item = levels.element().next();
                PageRef ref = new PageRef(item.id(), item.lengthBytes());
                byte[] page = read(ref);
                if (page[0] == 0) {
                    return new Leaf(new LeafRef(Optional.of(ref), content), items(page));
                }
                if (levels.size() > MAX_DEPTH) {
                    throw HoldfastException.damaged("a chunk list with more than " + MAX_DEPTH + " levels");
                }
                levels.push(items(page).iterator());
            }
            throw new NoSuchElementException();
        }
    }

    /** What a page of a list refers to. */
    List<PageReferences.Reference> references(PageRef ref) {
        byte[] page = read(ref);
        ChunkKind below = page[0] == 0 ? ChunkKind.CONTENT : ChunkKind.CHUNK_LIST;
        return items(page).stream()
                .map(item -> new PageReferences.Reference(below, item.id(), item.lengthBytes()))
                .toList();
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
