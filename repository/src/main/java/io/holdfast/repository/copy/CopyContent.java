package io.holdfast.repository.copy;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The content that a {@link SnapshotCopier} will read, found from metadata alone. Not thread-safe. */
public final class CopyContent {
    private final DirectoryReader tree;
    private final ContentReader contents;

    public CopyContent(Repository from) {
        ChunkReader chunks = from.newChunkReader();
        this.tree = new DirectoryReader(chunks);
        this.contents = new ContentReader(chunks);
    }

    /**
     * Visits the chunks, some more than once.
     *
     * @param previous an older snapshot of the same source that has a copy by then
     */
    public void chunks(Snapshot original, Optional<Snapshot> previous, Consumer<ChunkId> visitor) {
        directory(top(original), previous.flatMap(this::top), visitor);
    }

    private Optional<PageRef> top(Snapshot snapshot) {
        return snapshot.manifest().root().map(tree::root).flatMap(TreeEntry::directory);
    }

    private void directory(Optional<PageRef> root, Optional<PageRef> known, Consumer<ChunkId> visitor) {
        if (root.equals(known)) {
            return;
        }
        Iterator<TreeEntry> older = tree.entries(known);
        TreeEntry at = null;
        for (Iterator<TreeEntry> entries = tree.entries(root); entries.hasNext(); ) {
            TreeEntry entry = entries.next();
            while ((at == null || at.name().compareTo(entry.name()) < 0) && older.hasNext()) {
                at = older.next();
            }
            @Nullable TreeEntry same = at != null && at.name().equals(entry.name()) ? at : null;
            if (entry.type() == EntryType.DIRECTORY) {
                directory(entry.directory(), Optional.ofNullable(same).flatMap(TreeEntry::directory), visitor);
            } else if (entry.type() == EntryType.FILE) {
                file(entry, same, visitor);
            }
        }
    }

    private void file(TreeEntry entry, @Nullable TreeEntry older, Consumer<ChunkId> visitor) {
        Set<ChunkId> known = new HashSet<>();
        if (older != null && older.type() == EntryType.FILE) {
            contents.chunks(older.content(), (id, length) -> {
                known.add(id);
                return true;
            });
        }
        contents.chunks(entry.content(), (id, length) -> {
            if (!known.contains(id)) {
                visitor.accept(id);
            }
            return true;
        });
    }
}
