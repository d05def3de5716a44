package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.util.Iterator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The entries of the parent snapshot's directory, walked beside the real one: names are asked for in ascending order. */
final class ParentDirectory {
    private final Iterator<TreeEntry> entries;
    private @Nullable TreeEntry next;

    ParentDirectory(DirectoryReader reader, Optional<PageRef> root) {
        this.entries = reader.entries(root);
        advance();
    }

    Optional<TreeEntry> find(Bytes name) {
        while (next != null && next.name().compareTo(name) < 0) {
            advance();
        }
        return next != null && next.name().equals(name) ? Optional.of(next) : Optional.empty();
    }

    private void advance() {
        next = entries.hasNext() ? entries.next() : null;
    }
}
