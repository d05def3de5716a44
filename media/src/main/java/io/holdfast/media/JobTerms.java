package io.holdfast.media;

import io.holdfast.core.Bytes;
import io.holdfast.repository.snapshot.SnapshotId;
import java.util.List;
import java.util.Set;

/**
 * What a host may do for a job, as the control server says.
 *
 * @param repositoryId where
 * @param hostName under which its snapshots are made
 * @param sources what it may save; of each the paths, ascending, or the name of a stream
 * @param restores snapshots of others that it may read
 */
public record JobTerms(Bytes repositoryId, String hostName, Set<List<Bytes>> sources, Set<SnapshotId> restores) {
    public JobTerms {
        sources = Set.copyOf(sources);
        restores = Set.copyOf(restores);
    }
}
