package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.JobState;
import io.holdfast.catalog.Jobs;
import io.holdfast.catalog.MediaServer;
import io.holdfast.catalog.NewJob;
import io.holdfast.catalog.Places;
import io.holdfast.catalog.Retries;
import io.holdfast.core.EventLog;
import io.holdfast.http.Json;
import io.holdfast.protocol.machine.JobConduct;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.JobOrder.MediaPlace;
import io.holdfast.protocol.machine.Report;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Gives jobs to hosts and takes back what has become of them. Thread-safe. */
final class Dispatch {
    /** A job tells of so many snapshots at the most; all of them are in the catalog. */
    private static final int MAX_MADE = 1_000;

    private static final int PER_HOST = 1;
    private static final int PER_REPOSITORY = 64;
    private static final int PER_MEDIA_SERVER = 64;
    /** Of jobs that say nothing of it. */
    private static final Retries RETRIES = new Retries(2, Duration.ofMinutes(1), Duration.ofMinutes(30));

    private final Catalog catalog;
    private final JobEnds ends;
    private final Copies copies;
    private final InstantSource clock;
    private final EventLog log;

    Dispatch(Catalog catalog, JobEnds ends, InstantSource clock, EventLog log) {
        this.catalog = catalog;
        this.ends = ends;
        this.clock = clock;
        this.copies = new Copies(catalog);
        this.log = log;
    }

    /** A job of this host, taken for it. */
    Optional<JobOrder> take(HostId host) {
        Optional<Host> known = catalog.hosts().of(host);
        if (known.isEmpty()) {
            return Optional.empty();
        }
        MediaChoice choice = MediaChoice.read(catalog, clock);
        Places places = new Places(
                Optional.of(job -> media(choice, known.get(), job).stream()
                        .map(MediaServer::id)
                        .toList()),
                PER_HOST,
                PER_REPOSITORY,
                PER_MEDIA_SERVER);
        return catalog.jobs()
                .takeOf(host, new Jobs.Worker(known.get().name(), MachineApi.LEASE, places))
                .map(job -> order(job, known.get(), media(choice, known.get(), job)));
    }

    /** Where a job may go: only the control servers' own have vaults. */
    private static List<MediaServer> media(MediaChoice choice, Host host, Job job) {
        boolean isAboutVault = switch (job.kind()) {
            case BACKUP -> Json.parse(job.spec(), JobOrder.BackupOrder.class).isForVault();
            case RESTORE ->
                Json.parse(job.spec(), JobOrder.RestoreOrder.class).vault().isPresent();
            case COPY, PRUNE, VERIFY -> false;
        };
        return choice.of(host, job.repository()).stream()
                .filter(server -> !isAboutVault || server.url().equals(MediaPlace.IN_CONTROL))
                .toList();
    }

    private static JobOrder order(Job job, Host host, List<MediaServer> media) {
        List<JobOrder.MediaPlace> places = media.stream()
                .sorted(Comparator.comparing(
                        (MediaServer server) -> !server.id().equals(job.mediaServer())))
                .map(Dispatch::place)
                .toList();
        return new JobOrder(
                job.id().text(),
                job.fence(),
                MachineApi.LEASE.toSeconds(),
                host.name(),
                places,
                job.kind() == JobKind.BACKUP
                        ? Optional.of(Json.parse(job.spec(), JobOrder.BackupOrder.class))
                        : Optional.empty(),
                job.kind() == JobKind.RESTORE
                        ? Optional.of(Json.parse(job.spec(), JobOrder.RestoreOrder.class))
                        : Optional.empty());
    }

    private static MediaPlace place(MediaServer server) {
        boolean isInControl = server.url().equals(MediaPlace.IN_CONTROL);
        return new MediaPlace(
                server.name(),
                server.url(),
                isInControl ? Optional.empty() : Optional.of(server.id().text()));
    }

    private static Retries retries(Job job) {
        return switch (job.kind()) {
            case BACKUP ->
                Json.parse(job.spec(), JobOrder.BackupOrder.class)
                        .conduct()
                        .flatMap(JobConduct::retries)
                        .map(told -> new Retries(
                                told.count(),
                                Duration.ofSeconds(told.waitSeconds()),
                                Duration.ofSeconds(told.longestWaitSeconds())))
                        .orElse(RETRIES);
            // What another attempt would do depends on what the first one has left on the server of the database.
            case RESTORE ->
                Json.parse(job.spec(), JobOrder.RestoreOrder.class).database().isPresent() ? Retries.NONE : RETRIES;
            case COPY, PRUNE, VERIFY -> RETRIES;
        };
    }

    private static String result(Report.End end) {
        return Json.text(end.made().stream().limit(MAX_MADE).toList());
    }

    /** A host says that a job of its has ended. */
    void ended(Job job, long fence, JobState state, Report.Progress progress, Report.End end) {
        if (state == JobState.FAILED) {
            Jobs.AfterFailure after = catalog.jobs()
                    .fail(job.id(), fence, end.message(), end.made().isEmpty() ? "" : result(end), retries(job));
            log.warning(
                    "job failed",
                    Map.of(
                            "job",
                            job.id().text(),
                            "plan",
                            job.plan(),
                            "why",
                            end.message(),
                            "after",
                            after.toString()));
            if (after == Jobs.AfterFailure.ENDED) {
                ends.ended(job, job.isCancelWanted() ? JobState.CANCELLED : state);
            }
            return;
        }
        long warnings = end.made().stream().mapToLong(Report.Made::unreadable).sum();
        Jobs.End how = new Jobs.End(state, end.message(), result(end), warnings);
        boolean hasMade = job.kind() == JobKind.BACKUP && !end.made().isEmpty();
        List<NewJob> following = hasMade && state != JobState.CANCELLED ? copies.after(job) : List.of();
        boolean counted = catalog.transaction(() -> {
            boolean ended = catalog.jobs().finish(job.id(), fence, how);
            if (ended) {
                following.forEach(copy -> {
                    var ignored = catalog.jobs().put(copy);
                });
            }
            return ended;
        });
        if (counted) {
            ends.ended(job, state);
            if (job.kind() == JobKind.BACKUP) {
                ends.saved(job, progress, end.made());
            }
            log.info("job ended", Map.of("job", job.id().text(), "plan", job.plan(), "state", state.toString()));
        }
    }
}
