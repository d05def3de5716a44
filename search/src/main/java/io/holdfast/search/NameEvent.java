package io.holdfast.search;

import io.holdfast.repository.tree.EntryType;
import java.util.Optional;

/**
 * What became of a path with a snapshot.
 *
 * @param ordinal number of the snapshot in the list of its segment, from 0
 * @param type empty where it is gone
 * @param sizeBytes 0 where it is gone
 * @param modifiedSeconds since 1970; 0 where it is gone
 */
record NameEvent(int ordinal, Optional<EntryType> type, long sizeBytes, long modifiedSeconds) {
    static NameEvent gone(int ordinal) {
        return new NameEvent(ordinal, Optional.empty(), 0, 0);
    }

    boolean isGone() {
        return type.isEmpty();
    }

    NameEvent at(int other) {
        return other == ordinal ? this : new NameEvent(other, type, sizeBytes, modifiedSeconds);
    }

    /** Whether nothing changes from one to the other. */
    boolean isSameState(NameEvent other) {
        return type.equals(other.type) && sizeBytes == other.sizeBytes && modifiedSeconds == other.modifiedSeconds;
    }
}
