package io.holdfast.mount;

import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.repository.tree.TreeEntry;
import java.util.SequencedMap;

/** What a path in a mounted repository is. */
sealed interface Node {
    /**
     * A directory that is in no snapshot.
     *
     * @param children by name, in the order in which they are listed
     */
    record Listing(SequencedMap<String, Node> children, Timestamp modified) implements Node {}

    /** A symbolic link that is in no snapshot. */
    record Link(String target, Timestamp modified) implements Node {}

    /** The top directory of a snapshot, which is not read before it is looked at. */
    record Tree(Snapshot snapshot) implements Node {}

    /** Something in a snapshot. */
    record Entry(TreeEntry entry) implements Node {}
}
