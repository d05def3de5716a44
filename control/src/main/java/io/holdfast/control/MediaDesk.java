package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobId;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.Jobs;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.catalog.SnapshotEntry;
import io.holdfast.catalog.SnapshotFacts;
import io.holdfast.catalog.Snapshots;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Json;
import io.holdfast.protocol.machine.JobOrder.BackupOrder;
import io.holdfast.protocol.machine.JobOrder.RestoreOrder;
import io.holdfast.protocol.machine.JobOrder.Storing;
import io.holdfast.protocol.machine.MediaChannel.Terms;
import io.holdfast.repository.snapshot.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** What media servers ask the control server about jobs (rules J3 and J4 of docs/jobs.md, D5 of docs/server.md). Thread-safe. */
public final class MediaDesk {
    private static final Duration CLOCK_TOLERANCE = Duration.ofDays(1);

    private final Catalog catalog;
    private final InstantSource clock;

    public MediaDesk(Catalog catalog, InstantSource clock) {
        this.catalog = catalog;
        this.clock = clock;
    }

    /**
     * Renews the lease of a job, and says what it is about.
     *
     * @throws HoldfastException {@code FENCED} where the job is not this host's with this fence, or somebody wants it cancelled
     */
    public Terms confirm(String host, String job, long fence) {
        Job found = job(host, job);
        HostId id = new HostId(host);
        Host known = catalog.hosts().of(id).orElseThrow(() -> fenced("host " + host + " was removed"));
        if (catalog.jobs().renew(found.id(), fence, MachineApi.LEASE) != Jobs.Lease.HELD) {
            throw fenced("job " + job + " is another's by now, or was cancelled");
        }
        Optional<BackupOrder> backup = found.kind() == JobKind.BACKUP
                ? Optional.of(Json.parse(found.spec(), BackupOrder.class))
                : Optional.empty();
        if (backup.flatMap(BackupOrder::storing).flatMap(Storing::lockFor).isPresent()) {
            requireSoundClock();
        }
        RepositoryEntry repository = catalog.repositories()
                .named(found.repository())
                .orElseThrow(() -> new HoldfastException(
                        ErrorCode.NO_REPOSITORY,
                        "there is no repository '" + found.repository() + "' any more",
                        "Change the plan, or add the repository again."));
        return new Terms(
                repository.name(),
                repository.repositoryId(),
                known.name(),
                backup,
                found.kind() == JobKind.RESTORE
                        ? Optional.of(Json.parse(found.spec(), RestoreOrder.class))
                        : Optional.empty(),
                clock.instant());
    }

    /** The ends of locks come from the server's clock: one that is behind its own commits would make locks too short. */
    private void requireSoundClock() {
        Instant now = clock.instant();
        catalog.snapshots().page(Snapshots.Filter.ALL, Long.MAX_VALUE, 1).stream()
                .map(SnapshotEntry::noted)
                .filter(noted -> noted.isAfter(now.plus(CLOCK_TOLERANCE)))
                .findFirst()
                .ifPresent(noted -> {
                    throw new HoldfastException(
                            ErrorCode.REFUSED,
                            "the server's clock says " + now + ", and it noted a snapshot at " + noted,
                            "Set the server's clock.");
                });
    }

    private Job job(String host, String job) {
        try {
            return catalog.jobs()
                    .job(new JobId(job))
                    .filter(found -> new HostId(host).equals(found.host()))
                    .orElseThrow(() -> fenced("host " + host + " has no job " + job));
        } catch (IllegalArgumentException e) {
            throw fenced("host " + host + " has no job " + job);
        }
    }

    private static HoldfastException fenced(String why) {
        return new HoldfastException(ErrorCode.FENCED, why);
    }

    /**
     * Where what a job makes lies.
     *
     * @param plan by whose wish; empty for none
     * @param hostName under which the host is known
     */
    public record Place(String repository, String plan, String hostName) {}

    /** @throws HoldfastException {@code FENCED} where there is no such job */
    public Place placeOf(String host, String job) {
        Job found = job(host, job);
        String name = catalog.hosts().of(new HostId(host)).map(Host::name).orElse(host);
        return new Place(found.repository(), found.plan(), name);
    }

    /**
     * The repository that a host's job is about.
     *
     * @throws HoldfastException {@code FENCED} where there is no such job
     */
    String repositoryOf(String host, String job) {
        return job(host, job).repository();
    }

    /**
     * Notes a snapshot that was committed for a job.
     *
     * @param addedBytes what of it nobody had sent before
     * @param storedBytes by which the repository grew
     * @throws HoldfastException {@code FENCED} where there is no such job, or it is about another host
     */
    public void made(String host, String job, Snapshot snapshot, long addedBytes, long storedBytes) {
        Job found = job(host, job);
        HostId id = new HostId(host);
        if (!catalog.hosts()
                .of(id)
                .map(Host::name)
                .equals(Optional.of(snapshot.manifest().host()))) {
            throw fenced("the snapshot is of " + snapshot.manifest().host() + ", and not of the job's host");
        }
        var ignored = catalog.snapshots()
                .put(
                        found.repository(),
                        ManifestFacts.of(snapshot, id, found.plan(), found.id(), addedBytes, storedBytes));
    }

    /** Notes a snapshot of which only these facts are known. */
    public void made(String repository, SnapshotFacts facts) {
        var ignored = catalog.snapshots().put(repository, facts);
    }
}
