package io.holdfast.sources.backup;

import io.holdfast.repository.pack.PackPipeline;
import io.holdfast.repository.session.BackupSession;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import java.util.Optional;

/**
 * How a backup ended.
 *
 * @param snapshot empty after a dry run
 * @param parent the snapshot it built on
 */
public record BackupResult(
        Optional<SnapshotId> snapshot, Optional<SnapshotId> parent, SnapshotStatistics statistics, Deltas deltas) {
    /**
     * What was stored as what differs from older versions.
     *
     * @param bytes what these chunks hold
     * @param storedBytes what they take
     * @param baseBytesRead what was read from the store for it
     */
    public record Deltas(long chunks, long bytes, long storedBytes, long baseBytesRead) {
        static final Deltas NONE = new Deltas(0, 0, 0, 0);

        static Deltas of(BackupSession session) {
            PackPipeline.DeltaCount count = session.deltas();
            return new Deltas(count.chunks(), count.plainBytes(), count.storedBytes(), session.baseBytesRead());
        }
    }
}
