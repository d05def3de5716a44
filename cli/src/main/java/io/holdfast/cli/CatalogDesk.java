package io.holdfast.cli;

import io.holdfast.catalog.HostId;
import io.holdfast.catalog.JobId;
import io.holdfast.catalog.SnapshotFacts;
import io.holdfast.control.MediaDesk;
import io.holdfast.core.Bytes;
import io.holdfast.core.RawText;
import io.holdfast.media.AllowedSources;
import io.holdfast.media.JobDesk;
import io.holdfast.media.JobTerms;
import io.holdfast.protocol.machine.JobOrder.BackupOrder;
import io.holdfast.protocol.machine.JobOrder.RestoreOrder;
import io.holdfast.protocol.machine.JobOrder.Source;
import io.holdfast.protocol.machine.JobOrder.Storing;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.RetentionSpan;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Snapshots;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The desk of a media server that is in the control server's process: it looks into the catalog itself. */
final class CatalogDesk implements JobDesk {
    private final MediaDesk desk;
    private final Function<Bytes, Optional<Repository>> repositories;
    private final Runnable onCommit;
    private final InstantSource clock;

    /**
     * @param repositories those that are open here, by id
     * @param onCommit told of each new snapshot; returns at once
     */
    CatalogDesk(
            MediaDesk desk,
            Function<Bytes, Optional<Repository>> repositories,
            InstantSource clock,
            Runnable onCommit) {
        this.clock = clock;
        this.onCommit = onCommit;
        this.desk = desk;
        this.repositories = repositories;
    }

    @Override
    public JobTerms confirm(String host, String job, long fence) {
        MediaDesk.Terms terms = desk.confirm(host, job, fence);
        AllowedSources sources =
                terms.backup().map(backup -> allowed(backup.sources())).orElse(AllowedSources.NONE);
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
                        .map(span -> RetentionSpan.parseForLock(span).from(clock.instant(), ZoneOffset.UTC)),
                storing.flatMap(Storing::dataClass),
                Optional.empty());
        Optional<String> vault = terms.backup().filter(BackupOrder::isForVault).isPresent()
                ? Optional.of(host)
                : terms.restore().flatMap(RestoreOrder::vault);
        return vault.map(answer::inVaultOf).orElse(answer);
    }

    private static AllowedSources allowed(List<Source> sources) {
        return new AllowedSources(
                sources.stream().map(Source::names).collect(Collectors.toSet()),
                sources.stream().flatMap(source -> source.prefix().stream()).collect(Collectors.toSet()));
    }

    @Override
    public void committed(String host, String job, SnapshotId snapshot, Taken taken) {
        MediaDesk.Place place = desk.placeOf(host, job);
        Repository repository =
                repositories.apply(Bytes.ofHex(place.repositoryId())).orElseThrow();
        if (repository.snapshots().occupant(snapshot) instanceof Snapshots.Occupant.Present present) {
            desk.made(
                    place.repository(), facts(present.snapshot().manifest(), snapshot, host, job, place.plan(), taken));
            onCommit.run();
        }
    }

    @Override
    public void sealed(String host, String job, SealedSnapshot snapshot) {
        MediaDesk.Place place = desk.placeOf(host, job);
        desk.made(
                place.repository(),
                new SnapshotFacts(
                        snapshot.id().leaf(),
                        place.hostName(),
                        new HostId(host),
                        source(snapshot.paths()),
                        place.plan(),
                        new JobId(job),
                        snapshot.begun(),
                        snapshot.committed(),
                        snapshot.files(),
                        snapshot.bytes(),
                        snapshot.addedBytes(),
                        snapshot.storedBytes(),
                        null,
                        new TreeSet<>(),
                        host));
    }

    /** What a snapshot says of itself, without the job that made it. */
    static SnapshotFacts facts(Snapshot snapshot, @Nullable HostId host) {
        return facts(snapshot, host, "", null);
    }

    /** The same of one that a job of a plan made here. */
    static SnapshotFacts facts(Snapshot snapshot, @Nullable HostId host, String plan, @Nullable JobId job) {
        Manifest manifest = snapshot.manifest();
        return new SnapshotFacts(
                snapshot.id().leaf(),
                manifest.host(),
                host,
                source(manifest),
                plan,
                job,
                manifest.started().toInstant(),
                manifest.ended().toInstant(),
                manifest.statistics().files(),
                manifest.statistics().bytes(),
                manifest.statistics().addedBytes(),
                manifest.statistics().storedBytes(),
                lockedUntil(manifest),
                new TreeSet<>(manifest.tags()));
    }

    private static String source(Manifest manifest) {
        return source(manifest.paths());
    }

    /** What was saved, as the server says it. */
    static String source(List<Bytes> paths) {
        return paths.stream().map(path -> RawText.decode(path.unsafeArray())).collect(Collectors.joining(" "));
    }

    private static @Nullable Instant lockedUntil(Manifest manifest) {
        return manifest.lockedUntil().equals(Instant.EPOCH) ? null : manifest.lockedUntil();
    }

    private static SnapshotFacts facts(
            Manifest manifest, SnapshotId snapshot, String host, String job, String plan, Taken taken) {
        return new SnapshotFacts(
                snapshot.leaf(),
                manifest.host(),
                new HostId(host),
                source(manifest),
                plan,
                new JobId(job),
                manifest.started().toInstant(),
                manifest.ended().toInstant(),
                manifest.statistics().files(),
                manifest.statistics().bytes(),
                taken.addedBytes(),
                taken.storedBytes(),
                lockedUntil(manifest),
                new TreeSet<>(manifest.tags()));
    }
}
