package io.holdfast.repository.tree;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.LittleEndian;

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

    private boolean page(PageRef ref, PageVisitor pages, ChunkVisitor chunks, int depth) {
        if (depth > MAX_DEPTH) {
            throw HoldfastException.damaged("a chunk list with more than " + MAX_DEPTH + " levels");
        }
        if (!pages.visit(ref)) {
            return true;
        }
        byte[] page = source.read(ref.id());
        boolean leaf = page[0] == 0;
        int item = leaf ? Content.REF_BYTES : NODE_ITEM_BYTES;
        if (page.length != ref.lengthBytes()
                || page[0] < 0
                || page[0] > 1
                || page.length == 1
                || (page.length - 1) % item != 0) {
            throw HoldfastException.damaged("chunk list page " + ref.id() + ": is none");
        }
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
