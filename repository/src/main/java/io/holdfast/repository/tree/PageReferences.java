package io.holdfast.repository.tree;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.ChunkKind;
import java.util.ArrayList;
import java.util.List;

/** What a page of a tree or of a chunk list refers to. Every page that is one decodes to the end, so that nothing in it goes unseen. */
public final class PageReferences {
    private PageReferences() {}

    /** A chunk that a page refers to, as what it must be, and how long the page says it is. */
    public record Reference(ChunkKind kind, ChunkId id, int lengthBytes) {
        static Reference of(ChunkKind kind, PageRef page) {
            return new Reference(kind, page.id(), page.lengthBytes());
        }
    }

    /**
     * Reads a page.
     *
     * @param kind of the page; {@link ChunkKind#CONTENT} refers to nothing
     * @throws HoldfastException {@code DAMAGED} where it is no such page
     */
    public static List<Reference> of(ChunkKind kind, ChunkId id, byte[] page) {
        PageRef ref = new PageRef(id, page.length);
        return switch (kind) {
            case CONTENT -> List.of();
            case TREE_PAGE -> ofTree(ref, page);
            case CHUNK_LIST -> new ContentReader(wanted -> page).references(ref);
        };
    }

    private static List<Reference> ofTree(PageRef ref, byte[] page) {
        DirectoryReader reader = new DirectoryReader(wanted -> page);
        List<Reference> found = new ArrayList<>();
        try {
            reader.page(ref, entry -> add(entry, found), below -> found.add(Reference.of(ChunkKind.TREE_PAGE, below)));
            return found;
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            // A manifest points to a page of another form: one entry without a name.
            found.clear();
            add(reader.root(ref), found);
            return found;
        }
    }

    private static void add(TreeEntry entry, List<Reference> found) {
        entry.directory().ifPresent(page -> found.add(Reference.of(ChunkKind.TREE_PAGE, page)));
        switch (entry.content()) {
            case Content.Inline inline -> {
                for (int i = 0; i < inline.count(); i++) {
                    found.add(new Reference(ChunkKind.CONTENT, inline.id(i), inline.lengthBytes(i)));
                }
            }
            case Content.Paged paged -> found.add(Reference.of(ChunkKind.CHUNK_LIST, paged.root()));
        }
    }
}
