package io.holdfast.sources.backup;

import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import java.util.Optional;

/**
 * How a backup ended.
 *
 * @param snapshot empty after a dry run
 * @param parent the snapshot it built on
 */
public record BackupResult(Optional<SnapshotId> snapshot, Optional<SnapshotId> parent, SnapshotStatistics statistics) {}
