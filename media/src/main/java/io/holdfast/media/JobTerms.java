package io.holdfast.media;

import io.holdfast.core.Bytes;
import io.holdfast.protocol.machine.JobOrder.BackupOrder;
import io.holdfast.protocol.machine.JobOrder.RestoreOrder;
import io.holdfast.protocol.machine.JobOrder.Source;
import io.holdfast.protocol.machine.JobOrder.Storing;
import io.holdfast.protocol.machine.MediaChannel.Terms;
import io.holdfast.repository.collect.RetentionSpan;
import io.holdfast.repository.snapshot.SnapshotId;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

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

    /** As the control server says them of a job of this host. */
    public static JobTerms of(String host, Terms terms) {
        AllowedSources sources = terms.backup()
                .map(backup -> new AllowedSources(
                        backup.sources().stream().map(Source::names).collect(Collectors.toSet()),
                        backup.sources().stream()
                                .flatMap(source -> source.prefix().stream())
                                .collect(Collectors.toSet())))
                .orElse(AllowedSources.NONE);
        Set<SnapshotId> restores = terms.restore()
                .map(restore -> Set.of(SnapshotId.parse(restore.snapshot())))
                .orElse(Set.of());
        Optional<Storing> storing = terms.backup().flatMap(BackupOrder::storing);
        JobTerms answer = new JobTerms(
                Bytes.ofHex(terms.repositoryId()),
                terms.hostName(),
                sources,
                restores,
                storing.flatMap(Storing::lockFor)
                        .map(span -> RetentionSpan.parseForLock(span).from(terms.now(), ZoneOffset.UTC)),
                storing.flatMap(Storing::dataClass),
                Optional.empty());
        Optional<String> vault = terms.backup().filter(BackupOrder::isForVault).isPresent()
                ? Optional.of(host)
                : terms.restore().flatMap(RestoreOrder::vault);
        return vault.map(answer::inVaultOf).orElse(answer);
    }
}
