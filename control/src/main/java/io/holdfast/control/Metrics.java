package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Figures;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.JobState;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.catalog.Sighting;
import io.holdfast.catalog.SnapshotEntry;
import io.holdfast.catalog.Snapshots;
import io.holdfast.control.watch.AlertKind;
import io.holdfast.control.watch.WatchSettings;
import io.holdfast.core.MonotonicClock;
import io.holdfast.http.RequestListener;
import io.holdfast.protocol.machine.Report;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of a server as Prometheus reads them; docs/metrics.md has their names. What happens in this process is counted as it does; what all servers share is asked of the catalog,
 * not more often than every {@link #FRESH}. Thread-safe.
 */
final class Metrics implements RequestListener, JobEnds {
    static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    /** A host that waits for work comes back within half a minute. */
    private static final Duration CONNECTED = Duration.ofSeconds(60L + Sighting.EXACT_SECONDS);

    private static final Duration FRESH = Duration.ofSeconds(10);
    /** A job of databases makes many snapshots, and others were made meanwhile. */
    private static final int MOST_MADE = 200;
    /** Others are made up by clients, and each would be a row for ever. */
    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE");

    private final Catalog catalog;
    private final RepositoryDesk repositories;
    private final InstantSource clock;
    private final MonotonicClock monotonic;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final MultiGauge jobs = gauge("holdfast.jobs", null, "Jobs that wait or run");
    private final MultiGauge hosts = gauge("holdfast.hosts", null, "Hosts by whether they are there");
    private final MultiGauge media = gauge("holdfast.media.servers", null, "Media servers by whether they are there");
    private final MultiGauge alerts = gauge("holdfast.alerts", null, "Alerts that are not closed");
    private final MultiGauge planAge = gauge(
            "holdfast.plan.last.success.age",
            "seconds",
            "Time since the last good backup of the host of a plan that waits longest for the next");
    private final MultiGauge planNever =
            gauge("holdfast.plan.never.saved.hosts", null, "Hosts of a plan without any good backup");
    private final MultiGauge snapshots = gauge("holdfast.repository.snapshots", null, "Snapshots in a repository");
    private final MultiGauge plain =
            gauge("holdfast.repository.plain", "bytes", "Size of all files in all snapshots of a repository");
    private final MultiGauge stored =
            gauge("holdfast.repository.stored", "bytes", "By which its snapshots made a repository grow");
    private final MultiGauge trouble =
            gauge("holdfast.repository.trouble", null, "1 where something is wrong with a repository");
    private final MultiGauge free =
            gauge("holdfast.repository.free", "bytes", "Room that is left on the disk of a repository");
    private final Map<String, Counter> backupBytes = Map.of(
            "read", bytes("read"),
            "sent", bytes("sent"),
            "new", bytes("new"),
            "stored", bytes("stored"));
    private @Nullable Long refreshed;

    Metrics(Catalog catalog, RepositoryDesk repositories, InstantSource clock, MonotonicClock monotonic) {
        this.catalog = catalog;
        this.repositories = repositories;
        this.clock = clock;
        this.monotonic = monotonic;
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            FunctionTimer.builder(
                            "jvm.gc.collections",
                            collector,
                            GarbageCollectorMXBean::getCollectionCount,
                            GarbageCollectorMXBean::getCollectionTime,
                            TimeUnit.MILLISECONDS)
                    .description("Collections of garbage, and the time that they took")
                    .tag("gc", collector.getName())
                    .register(registry);
        }
    }

    private MultiGauge gauge(String name, @Nullable String unit, String description) {
        return MultiGauge.builder(name).description(description).baseUnit(unit).register(registry);
    }

    private Counter bytes(String what) {
        return Counter.builder("holdfast.backup")
                .description("What backups that ended read, sent, brought that was new, and stored")
                .baseUnit("bytes")
                .tag("what", what)
                .register(registry);
    }

    @Override
    public void answered(String method, String pattern, int status, Duration took, @Nullable Throwable failure) {
        Timer.builder("http.server.requests")
                .description("How long requests took")
                .tags(
                        "method",
                        METHODS.contains(method) ? method : "other",
                        "route",
                        pattern.isEmpty() ? "none" : pattern,
                        "status",
                        Integer.toString(status))
                .serviceLevelObjectives(
                        Duration.ofMillis(50),
                        Duration.ofMillis(200),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(30))
                .register(registry)
                .record(took);
    }

    @Override
    public void ended(Job job, JobState state) {
        Instant begun = job.times().begun();
        Timer.builder("holdfast.job.duration")
                .description("How long the last attempts of jobs took that ended")
                .tags("kind", word(job.kind()), "state", word(state))
                .serviceLevelObjectives(
                        Duration.ofMinutes(1), Duration.ofMinutes(10), Duration.ofHours(1), Duration.ofHours(6))
                .register(registry)
                .record(begun == null ? Duration.ZERO : positive(Duration.between(begun, clock.instant())));
    }

    /** A clock may have been put back. */
    private static Duration positive(Duration duration) {
        return duration.isNegative() ? Duration.ZERO : duration;
    }

    @Override
    public void saved(Job job, Report.Progress progress, List<Report.Made> made) {
        count("read", progress.bytes());
        made.forEach(each -> count("sent", each.addedBytes()));
        // What others had already is known here alone.
        Set<String> ids = made.stream().map(Report.Made::snapshot).collect(Collectors.toSet());
        Snapshots.Filter ofHost = new Snapshots.Filter(job.repository(), job.host(), "", job.plan(), "", null, null);
        for (SnapshotEntry entry : catalog.snapshots().page(ofHost, Long.MAX_VALUE, MOST_MADE)) {
            if (ids.contains(SnapshotService.shortened(entry.facts().id()))) {
                count("new", entry.facts().addedBytes());
                count("stored", entry.facts().storedBytes());
            }
        }
    }

    private void count(String what, long bytes) {
        Counter counter = backupBytes.get(what);
        if (counter != null && bytes > 0) {
            counter.increment((double) bytes);
        }
    }

    /** All of it, in the text format of Prometheus, version 0.0.4. */
    String text() {
        refresh();
        return registry.scrape(CONTENT_TYPE);
    }

    private synchronized void refresh() {
        long now = monotonic.nanoTime();
        Long before = refreshed;
        if (before != null && now - before < FRESH.toNanos()) {
            return;
        }
        refreshed = now;
        Instant time = clock.instant();
        Figures figures = catalog.figures();
        jobs.register(jobRows(figures.openJobs()), true);
        Duration silentAfter = WatchSettings.of(catalog.settings()).silentAfter();
        Figures.HostCounts counts = figures.hosts(time.minus(CONNECTED), time.minus(silentAfter));
        hosts.register(
                List.of(
                        row(counts.connected(), "state", "connected"),
                        row(counts.all() - counts.connected() - counts.silent(), "state", "away"),
                        row(counts.silent(), "state", "silent")),
                true);
        long there = catalog.mediaServers().all().stream()
                .filter(server -> MediaChoice.isThere(server, time))
                .count();
        media.register(
                List.of(
                        row(there, "state", "connected"),
                        row(catalog.mediaServers().all().size() - there, "state", "silent")),
                true);
        Map<String, Long> open = figures.alerts();
        List<Row<?>> alertRows = new ArrayList<>();
        for (AlertKind kind : AlertKind.values()) {
            alertRows.add(row(open.getOrDefault(kind.word(), 0L), "kind", kind.word()));
        }
        alerts.register(alertRows, true);
        List<Row<?>> ages = new ArrayList<>();
        List<Row<?>> never = new ArrayList<>();
        for (Figures.PlanCover plan : figures.plans()) {
            Instant oldest = plan.oldest();
            if (oldest != null) {
                ages.add(row(positive(Duration.between(oldest, time)).toSeconds(), "plan", plan.plan()));
            }
            never.add(row(plan.never(), "plan", plan.plan()));
        }
        planAge.register(ages, true);
        planNever.register(never, true);
        refreshRepositories();
    }

    private static List<Row<?>> jobRows(List<Figures.JobCount> counts) {
        List<Row<?>> rows = new ArrayList<>();
        for (JobKind kind : JobKind.values()) {
            for (JobState state : List.of(JobState.QUEUED, JobState.RUNNING)) {
                long count = counts.stream()
                        .filter(each -> each.kind() == kind && each.state() == state)
                        .mapToLong(Figures.JobCount::count)
                        .sum();
                rows.add(row(count, "kind", word(kind), "state", word(state)));
            }
        }
        return rows;
    }

    private void refreshRepositories() {
        List<Row<?>> counts = new ArrayList<>();
        List<Row<?>> plainRows = new ArrayList<>();
        List<Row<?>> storedRows = new ArrayList<>();
        List<Row<?>> troubles = new ArrayList<>();
        List<Row<?>> rooms = new ArrayList<>();
        for (RepositoryEntry entry : catalog.repositories().all()) {
            String name = entry.name();
            Snapshots.Totals totals =
                    catalog.snapshots().totals(new Snapshots.Filter(name, null, "", "", "", null, null));
            counts.add(row(totals.snapshots(), "repository", name));
            plainRows.add(row(totals.bytes(), "repository", name));
            storedRows.add(row(totals.storedBytes(), "repository", name));
            troubles.add(row(entry.trouble().isEmpty() ? 0 : 1, "repository", name));
            Optional<RepositoryDesk.Room> room = repositories.room(entry.url());
            room.ifPresent(its -> rooms.add(row(its.freeBytes(), "repository", name)));
        }
        snapshots.register(counts, true);
        plain.register(plainRows, true);
        stored.register(storedRows, true);
        trouble.register(troubles, true);
        free.register(rooms, true);
    }

    private static Row<Number> row(long value, String... tags) {
        return Row.of(Tags.of(tags), value);
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
