package io.holdfast.media;

import io.holdfast.core.Bytes;
import io.holdfast.repository.snapshot.SnapshotId;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * What a host may do for a job, as the control server says.
 *
 * @param repositoryId where
 * @param hostName under which its snapshots are made
 * @param sources what it may save
 * @param restores snapshots of others that it may read
 * @param lockFor how long its snapshots are locked; absent for what the repository is set to
 * @param dataClass the storage class of their data; absent for what the repository remembers
 * @param vault the host in whose vault the job is at work; absent for the repository itself
 */
public record JobTerms(
        Bytes repositoryId,
        String hostName,
        AllowedSources sources,
        Set<SnapshotId> restores,
        Optional<Duration> lockFor,
        Optional<String> dataClass,
        Optional<String> vault) {
    public JobTerms {
        restores = Set.copyOf(restores);
    }

    /** One that stores as the repository is set to. */
    public JobTerms(Bytes repositoryId, String hostName, AllowedSources sources, Set<SnapshotId> restores) {
        this(repositoryId, hostName, sources, restores, Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** The same in the vault of a host. */
    public JobTerms inVaultOf(String host) {
        return new JobTerms(repositoryId, hostName, sources, restores, lockFor, dataClass, Optional.of(host));
    }
}
