package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.util.Collections;
import java.util.Iterator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The entries of the parent snapshot's directory, walked beside the real one: names are asked for in ascending order. Where the parent is
 * damaged, it has no more entries: then files are read that would not have to be.
 */
final class ParentDirectory {
    private final Iterator<TreeEntry> entries;
    private @Nullable TreeEntry next;

    ParentDirectory(DirectoryReader reader, Optional<PageRef> root) {
        this.entries = entries(reader, root);
        advance();
    }

    Optional<TreeEntry> find(Bytes name) {
        while (next != null && next.name().compareTo(name) < 0) {
            advance();
        }
        return next != null && next.name().equals(name) ? Optional.of(next) : Optional.empty();
    }

    private static Iterator<TreeEntry> entries(DirectoryReader reader, Optional<PageRef> root) {
        try {
            return reader.entries(root);
        } catch (HoldfastException e) {
            ParentChunks.rethrowUnlessDamage(e);
            return Collections.emptyIterator();
        }
    }

    private void advance() {
        try {
            next = entries.hasNext() ? entries.next() : null;
        } catch (HoldfastException e) {
            ParentChunks.rethrowUnlessDamage(e);
            next = null;
        }
    }
}
