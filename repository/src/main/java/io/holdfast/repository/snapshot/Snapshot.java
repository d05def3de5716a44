package io.holdfast.repository.snapshot;

import io.holdfast.core.Bytes;

/**
 * A live snapshot.
 *
 * @param hash SHA-256 of the object, by which later manifests refer to it
 */
public record Snapshot(SnapshotId id, Manifest manifest, Bytes hash) {

    /** Whether everything that was asked for could be read. */
    public boolean isComplete() {
        return manifest.statistics().unreadable() == 0;
    }
}
