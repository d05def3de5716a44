package io.holdfast.media;

import io.holdfast.core.Bytes;
import io.holdfast.repository.snapshot.SnapshotId;
import java.util.Set;

/**
 * What a host may do for a job, as the control server says.
 *
 * @param repositoryId where
 * @param hostName under which its snapshots are made
 * @param sources what it may save
 * @param restores snapshots of others that it may read
 */
public record JobTerms(Bytes repositoryId, String hostName, AllowedSources sources, Set<SnapshotId> restores) {
    public JobTerms {
        restores = Set.copyOf(restores);
    }
}
