package io.holdfast.repository.snapshot;

import io.holdfast.core.HoldfastException;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is live at one moment.
 *
 * @param live snapshots whose manifests could be read, oldest first
 * @param damaged live names with a manifest that could not, in the order of their ids
 */
public record SnapshotListing(List<Snapshot> live, List<Damaged> damaged) {
    /**
     * A snapshot whose manifest is there and cannot be read.
     *
     * @param problem {@code DAMAGED}, or {@code UNSUPPORTED_VERSION} where a newer program wrote it
     */
    public record Damaged(SnapshotId id, HoldfastException problem) {}

    public SnapshotListing {
        live = List.copyOf(live);
        damaged = List.copyOf(damaged);
    }

    /** The same with more that cannot be read. */
    public SnapshotListing withDamaged(List<Damaged> more) {
        return new SnapshotListing(
                live, Stream.concat(damaged.stream(), more.stream()).toList());
    }
}
