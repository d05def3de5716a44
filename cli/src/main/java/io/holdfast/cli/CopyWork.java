package io.holdfast.cli;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobHistory;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.JobState;
import io.holdfast.catalog.SnapshotEntry;
import io.holdfast.catalog.SnapshotFacts;
import io.holdfast.control.ManifestFacts;
import io.holdfast.http.Json;
import io.holdfast.media.OpenRepositories;
import io.holdfast.protocol.machine.JobOrder.CopyOrder;
import io.holdfast.protocol.machine.Report;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.RetentionSpan;
import io.holdfast.repository.copy.SnapshotCopier;
import io.holdfast.repository.copy.SnapshotCopier.Copied;
import io.holdfast.repository.snapshot.Manifest.Origin;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.Source;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Brings snapshots of a plan and host to another repository (docs/jobs.md, "Copies"). */
record CopyWork(Catalog catalog, OpenRepositories repositories, InstantSource clock) implements RepositoryWork {
    private static final int PAGE = 1_000;
    /** By so much the clocks of servers may differ. */
    private static final Duration CLOCKS_DIFFER = Duration.ofHours(1);

    @Override
    public Outcome run(RepositoryJob at) {
        Job job = at.job();
        CopyOrder order = Json.parse(job.spec(), CopyOrder.class);
        Repository from = PruneWork.open(catalog, repositories, order.from());
        Repository to = PruneWork.open(catalog, repositories, job.repository());
        Instant since = lastBegun(job).minus(CLOCKS_DIFFER);
        Map<Origin, Snapshot> copies = SnapshotCopier.copies(to);
        Map<Source, Copied> newest = new HashMap<>();
        List<Snapshot> wanted = new ArrayList<>();
        for (Original original : originals(job, order.from(), from)) {
            Snapshot snapshot = original.snapshot();
            Source source = snapshot.manifest().source();
            Snapshot copy = copies.get(SnapshotCopier.originOf(from, snapshot));
            if (copy != null) {
                // What is older than a copy was copied, or was not to be: it does not become the newest one there.
                wanted.removeIf(older -> older.manifest().source().equals(source));
                newest.put(source, new Copied(snapshot, copy));
                noteWhatIsThere(job, copy);
            } else if (original.entry().noted().isAfter(since)) {
                wanted.add(snapshot);
            }
        }
        try (SnapshotCopier copier = copier(at, order, from, to, wanted)) {
            return copy(at, wanted, newest, copier);
        }
    }

    private SnapshotCopier copier(
            RepositoryJob at, CopyOrder order, Repository from, Repository to, List<Snapshot> wanted) {
        long total = wanted.stream()
                .mapToLong(snapshot -> snapshot.manifest().statistics().bytes())
                .sum();
        long[] bytes = {0};
        return new SnapshotCopier(
                from,
                to,
                more -> {
                    bytes[0] += more;
                    at.progress(new Job.Progress(bytes[0], total, 0, 0));
                },
                order.lockFor().map(span -> RetentionSpan.parseForLock(span).from(clock.instant(), ZoneOffset.UTC)),
                at::requireHeld);
    }

    private Outcome copy(RepositoryJob at, List<Snapshot> wanted, Map<Source, Copied> newest, SnapshotCopier copier) {
        Job job = at.job();
        List<Report.Made> made = new ArrayList<>();
        long stored = 0;
        for (Snapshot original : wanted) {
            at.requireHeld();
            Source source = original.manifest().source();
            Copied copied = copier.copy(original, Optional.ofNullable(newest.get(source)));
            newest.put(source, copied);
            SnapshotFacts facts = ManifestFacts.of(copied.copy(), job.host(), job.plan(), job.id());
            var ignored = catalog.snapshots().put(job.repository(), facts);
            stored += facts.storedBytes();
            at.tell("copied " + original.id().shortText() + " to "
                    + copied.copy().id().shortText());
            made.add(new Report.Made(
                    copied.copy().id().text(),
                    facts.source(),
                    facts.files(),
                    facts.bytes(),
                    facts.addedBytes(),
                    0,
                    0,
                    0,
                    Optional.empty()));
        }
        return new Outcome(
                "copied %s, %s stored"
                        .formatted(Formats.count(made.size(), "snapshot", "snapshots"), Formats.size(stored)),
                made);
    }

    /** A snapshot of the plan and host that is in its repository. */
    private record Original(SnapshotEntry entry, Snapshot snapshot) {}

    /** In the order in which the catalog learned of them. */
    private List<Original> originals(Job job, String name, Repository from) {
        Map<String, Snapshot> live = new HashMap<>();
        from.snapshots().live().forEach(snapshot -> live.put(snapshot.id().leaf(), snapshot));
        var filter = new io.holdfast.catalog.Snapshots.Filter(name, job.host(), "", job.plan(), "", null, null);
        List<Original> originals = new ArrayList<>();
        long before = Long.MAX_VALUE;
        List<SnapshotEntry> page;
        do {
            page = catalog.snapshots().page(filter, before, PAGE);
            for (SnapshotEntry entry : page) {
                before = entry.sequence();
                Snapshot snapshot = live.get(entry.facts().id());
                if (snapshot != null) {
                    originals.add(new Original(entry, snapshot));
                }
            }
        } while (page.size() == PAGE);
        return originals.reversed();
    }

    /** When the last copy of these that went well began: what was there then it has seen. */
    private Instant lastBegun(Job job) {
        var filter = new JobHistory.Filter(
                JobState.DONE, JobKind.COPY, job.host(), job.plan(), job.repository(), null, null);
        return catalog.history().page(filter, null, 1).stream()
                .map(last -> Optional.ofNullable(last.times().begun()))
                .flatMap(Optional::stream)
                .findFirst()
                .orElse(Instant.EPOCH);
    }

    /** One that was committed by a job that died then is of the plan, too. */
    private void noteWhatIsThere(Job job, Snapshot copy) {
        HostId host = job.host();
        boolean isKnown = catalog.snapshots()
                .of(job.repository(), copy.id().leaf())
                .filter(entry -> !entry.facts().plan().isEmpty())
                .isPresent();
        if (!isKnown) {
            var ignored = catalog.snapshots().put(job.repository(), ManifestFacts.of(copy, host, job.plan(), job.id()));
        }
    }
}
