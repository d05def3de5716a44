package io.holdfast.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.catalog.JobHistory.Filter;
import io.holdfast.catalog.JobHistory.Position;
import io.holdfast.catalog.Jobs.Worker;
import io.holdfast.core.MonotonicClock;
import io.holdfast.testkit.SeededRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A year of 10,000 hosts with a job each night: what pages of the console ask for comes in 300 ms (95 of 100 times). {@code holdfast.hosts} and {@code
 * holdfast.days} make it smaller or larger. The figures are printed.
 */
@Timeout(1_800)
abstract class LongHistoryContract extends TimedContract {
    private static final int HOSTS = Integer.getInteger("holdfast.hosts", 10_000);
    private static final int DAYS = Integer.getInteger("holdfast.days", 365);
    private static final int KEPT_DAYS = Math.min(30, DAYS);
    private static final int ROUNDS = 40;
    private static final Duration REACH = Duration.ofMillis(300);
    private static final Worker WORKER =
            new Worker("worker", Duration.ofMinutes(1), new Places(Optional.empty(), 1, 50, 1_000));

    private final MonotonicClock watch = MonotonicClock.system();
    private final SeededRandom random = new SeededRandom(1);
    private final List<String> figures = new ArrayList<>();

    /** What fills a table with more rows than anybody would put one at a time. */
    abstract void sql(String statement);

    /** What a server of the database does by itself in time. */
    abstract void settle();

    private void fill(Catalog catalog) {
        catalog.transaction(() -> {
            for (int i = 0; i < HOSTS; i++) {
                Host host = catalog.hosts().add("host-%06d".formatted(i));
                catalog.hosts().setGroups(host.id(), Set.of("group-" + i % 20));
                catalog.hosts().setTags(host.id(), Set.of("production", "tag-" + i % 7));
            }
            RepositoryEntry ignored = catalog.repositories().add("main", "file:/main", null, "0");
        });
        String days = "WITH RECURSIVE days(day) AS (SELECT 0 UNION ALL SELECT day + 1 FROM days WHERE day < %d),"
                        .formatted(DAYS - 1)
                + " runs AS (SELECT id AS host, substr(id, 1, 28) || substr(CAST(10000 + day AS TEXT), 2, 4) AS job, day,"
                + " name AS host_name, CAST(substr(name, 6) AS BIGINT) AS number,"
                + " %d + CAST(day AS BIGINT) * 86400000000 + (CAST(substr(name, 6) AS BIGINT) %% 3600) * 1000000 AS moment"
                        .formatted(Micros.of(START.minus(Duration.ofDays(DAYS))))
                + " FROM days CROSS JOIN hosts) ";
        String state = "CASE WHEN (number * 7 + day * 13) % 97 = 0 THEN 'failed'"
                + " WHEN (number * 7 + day * 13) % 31 = 0 THEN 'partial' ELSE 'done' END";
        sql(
                "INSERT INTO jobs (id, kind, plan, host_id, repository, media_server_id, spec, moment_micros, priority, state,"
                        + " queued_micros, not_before_micros, begun_micros, ended_micros, fence, takes, owner, bytes_done, files_done,"
                        + " message, result) " + days
                        + "SELECT job, 'backup', 'plan-' || (number % 10), host, 'main', NULL, '{\"sources\":[\"/home\",\"/etc\"]}', moment, 0, "
                        + state
                        + ", moment, moment, moment + 1000000, moment + 60000000, 1, 1, 'agent of ' || host_name,"
                        + " 1000000000, 100000, '', '{\"snapshots\":[\"00000001-' || job || '\"],\"files\":100000,\"bytes\":1000000000}'"
                        + " FROM runs ORDER BY moment");
        sql(
                "INSERT INTO snapshots (repository, snapshot_id, sequence, noted_micros, host_name, host_id, source, plan, job_id,"
                        + " started_micros, ended_micros, files, bytes, added_bytes, stored_bytes, locked_until_micros) "
                        + days
                        + "SELECT 'main', '00000001-' || job, day * %d + number + 1, moment, host_name, host, '/home /etc',"
                                .formatted(HOSTS)
                        + " 'plan-' || (number % 10), job, moment, moment, 100000, 1000000000, 1000000, 500000, 0 FROM runs WHERE day >= "
                        + (DAYS - KEPT_DAYS));
        sql("UPDATE counters SET value = (SELECT max(sequence) FROM snapshots)");
        sql(
                "INSERT INTO job_results (kind, subject, plan, job_id, state, ended_micros, done_micros, partial_micros, failures, message) "
                        + days + "SELECT 'backup', host, 'plan-' || (number % 10), job, " + state
                        + ", moment, moment, 0, 0, '' FROM runs WHERE day = " + (DAYS - 1));
        settle();
    }

    private void measure(String what, Runnable look) {
        look.run();
        List<Duration> times = Stream.generate(() -> {
                    long begin = watch.nanoTime();
                    look.run();
                    return Duration.ofNanos(watch.nanoTime() - begin);
                })
                .limit(ROUNDS)
                .sorted()
                .toList();
        Duration late = times.get(ROUNDS * 95 / 100);
        figures.add("%-50s median %4d ms, p95 %4d ms"
                .formatted(what, times.get(ROUNDS / 2).toMillis(), late.toMillis()));
        assertThat(late).as("%s: %s", what, figures).isLessThan(REACH);
    }

    @Test
    void pagesOverAYearComeSoon() {
        try (Catalog catalog = open()) {
            long begin = watch.nanoTime();
            fill(catalog);
            figures.add(HOSTS + " hosts, " + DAYS + " days, filled in "
                    + Duration.ofNanos(watch.nanoTime() - begin).toSeconds() + " s");
            JobHistory history = catalog.history();
            Instant yesterday = START.minus(Duration.ofDays(1));
            measure("overview", () -> {
                assertThat(history.lastStates(JobKind.BACKUP).values().stream()
                                .mapToLong(each -> each)
                                .sum())
                        .isEqualTo(HOSTS);
                assertThat(history.counts(new Filter(null, null, null, "", "", yesterday, null)))
                        .containsKey(JobState.DONE);
                assertThat(history.troubles(20)).hasSize(20);
                assertThat(history.stale(JobKind.BACKUP, START, 20)).hasSize(20);
                assertThat(history.page(Filter.ALL, null, 20)).hasSize(20);
                assertThat(history.page(new Filter(JobState.RUNNING, null, null, "", "", null, null), null, 100))
                        .isEmpty();
                assertThat(catalog.alerts().page(Alert.State.OPEN, null, 20)).isEmpty();
            });
            measure("100 hosts with last results and snapshots", () -> {
                List<Host> hosts = catalog.hosts().page("host-%06d".formatted(random.nextInt(HOSTS - 101)), 100);
                List<HostId> ids = hosts.stream().map(Host::id).toList();
                assertThat(history.results(ids)).hasSize(100);
                assertThat(catalog.snapshots().newest(ids)).hasSize(100);
            });
            measure("1,000 hosts with last results", () -> {
                List<HostId> ids = catalog.hosts().page("", Math.min(HOSTS, 1_000)).stream()
                        .map(Host::id)
                        .toList();
                assertThat(history.results(ids)).hasSize(ids.size());
            });
            measure(
                    "hosts whose names have a part, of a group and tag",
                    () -> assertThat(catalog.hosts().page("", 100, new Hosts.Filter("7", "group-7", "production")))
                            .isNotEmpty());
            jobs(catalog);
            measure(
                    "snapshots of a host",
                    () -> assertThat(catalog.snapshots()
                                    .page(
                                            new Snapshots.Filter("", any(catalog), "", "", "", null, null),
                                            Long.MAX_VALUE,
                                            100))
                            .hasSize(KEPT_DAYS));
            measure(
                    "snapshots by a part of the id",
                    () -> assertThat(catalog.snapshots()
                                    .withIdPart(any(catalog).text().substring(0, 8), 10))
                            .isNotEmpty());
            nightly(catalog);
        } finally {
            figures.forEach(System.out::println);
        }
    }

    private void jobs(Catalog catalog) {
        JobHistory history = catalog.history();
        measure(
                "jobs that failed, third page",
                () -> third(history, new Filter(JobState.FAILED, null, null, "", "", null, null)));
        measure(
                "jobs of a plan, third page",
                () -> third(history, new Filter(null, null, null, "plan-3", "", null, null)));
        measure(
                "jobs of a plan that failed half a year ago",
                () -> third(
                        history,
                        new Filter(
                                JobState.FAILED,
                                JobKind.BACKUP,
                                null,
                                "plan-3",
                                "",
                                null,
                                START.minus(Duration.ofDays(DAYS / 2)))));
        measure(
                "jobs of a host",
                () -> assertThat(history.page(new Filter(null, null, any(catalog), "", "", null, null), null, 100))
                        .isNotEmpty());
        measure(
                "jobs of a host that failed",
                () -> assertThat(history.page(
                                new Filter(JobState.FAILED, null, any(catalog), "", "", null, null), null, 100))
                        .isNotNull());
    }

    private static void third(JobHistory history, Filter filter) {
        Position after = null;
        for (int i = 0; i < 3; i++) {
            List<Job> page = history.page(filter, after, 50);
            after = page.isEmpty() ? after : Position.of(page.getLast());
        }
        assertThat(after).isNotNull();
    }

    private HostId any(Catalog catalog) {
        return catalog.hosts()
                .named("host-%06d".formatted(random.nextInt(HOSTS)))
                .orElseThrow()
                .id();
    }

    /** All hosts of a plan get a job, and come for it. */
    private void nightly(Catalog catalog) {
        assertThat(catalog.plans().apply("plan-3", "text")).isEqualTo(Plans.Applied.NEW);
        Instant decided = catalog.plans().named("plan-3").orElseThrow().decided();
        List<HostId> hosts = new ArrayList<>();
        for (List<Host> page = catalog.hosts().page("", 1_000);
                !page.isEmpty();
                page = catalog.hosts().page(page.getLast().name(), 1_000)) {
            page.forEach(host -> hosts.add(host.id()));
        }
        List<NewJob> jobs = hosts.stream()
                .map(host -> new NewJob(JobKind.BACKUP, "plan-3", host, "main", "{}", START))
                .toList();
        long begin = watch.nanoTime();
        assertThat(catalog.jobs().put("plan-3", decided, decided.plusSeconds(1), jobs))
                .isTrue();
        figures.add("a run of all hosts put in "
                + Duration.ofNanos(watch.nanoTime() - begin).toMillis() + " ms");
        measure("which hosts wait", () -> assertThat(catalog.jobs().waiting()).isNotEmpty());
        List<HostId> left = new ArrayList<>(hosts);
        measure("a host takes its job", () -> {
            Optional<Job> job = catalog.jobs().takeOf(left.removeLast(), WORKER);
            job.ifPresent(taken -> assertThat(catalog.jobs().finish(taken.id(), taken.fence(), JobState.DONE, ""))
                    .isTrue());
            assertThat(job).isPresent();
        });
        measure(
                "a host that has none asks",
                () -> assertThat(catalog.jobs().takeOf(hosts.getLast(), WORKER)).isEmpty());
    }
}
