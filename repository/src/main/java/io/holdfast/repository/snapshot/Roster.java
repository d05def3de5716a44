package io.holdfast.repository.snapshot;

import io.holdfast.core.Bytes;
import java.util.Optional;
import java.util.Set;

/**
 * Which snapshots of older generations were live when the newest verdict was put.
 *
 * @param generation of the verdict; 0 where there is none
 * @param live ids of generations below {@code generation}
 * @param hash SHA-256 of the verdict object
 */
public record Roster(int generation, Set<SnapshotId> live, Optional<Bytes> hash) {
    public static final Roster NONE = new Roster(0, Set.of(), Optional.empty());

    /** Whether the roster lets this id be live; forgetting is another matter. */
    public boolean admits(SnapshotId id) {
        return id.generation() >= generation || live.contains(id);
    }
}
