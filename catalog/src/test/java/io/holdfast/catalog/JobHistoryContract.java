package io.holdfast.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.holdfast.catalog.JobHistory.Filter;
import io.holdfast.catalog.JobHistory.Position;
import io.holdfast.catalog.JobHistory.Result;
import io.holdfast.catalog.Jobs.End;
import io.holdfast.catalog.Jobs.Worker;
import io.holdfast.testkit.SeededRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is shown of jobs. */
@Timeout(120)
abstract class JobHistoryContract extends TimedContract {
    private static final Worker WORKER = new Worker("worker", Duration.ofMinutes(1), Places.UNLIMITED);

    private static HostId host(Catalog catalog, String name) {
        return catalog.hosts().add(name).id();
    }

    private JobId end(Catalog catalog, String plan, HostId host, JobState state) {
        pass(Duration.ofMinutes(1));
        Instant now = clock.instant();
        JobId id = catalog.jobs()
                .put(new NewJob(JobKind.BACKUP, plan, host, "main", "{}", now))
                .orElseThrow();
        Job job = catalog.jobs().takeOf(host, WORKER).orElseThrow();
        assertThat(catalog.jobs().finish(id, job.fence(), new End(state, state + " of " + plan, "{}", 0)))
                .isTrue();
        return id;
    }

    @Test
    void pagesShowWhatAFilterAsksForNewestFirst() {
        SeededRandom.check(1, random -> {
            try (Catalog catalog = open()) {
                List<HostId> hosts = IntStream.range(0, 4)
                        .mapToObj(i -> host(catalog, "h" + i + random.nextInt()))
                        .toList();
                Instant begin = clock.instant();
                for (int i = 0; i < 60; i++) {
                    HostId host = random.pick(hosts);
                    JobKind kind = random.pick(List.of(JobKind.BACKUP, JobKind.RESTORE));
                    Instant now = clock.instant();
                    assertThat(catalog.jobs()
                                    .put(new NewJob(kind, "", host, random.pick(List.of("main", "other")), "{}", now)))
                            .isPresent();
                    if (random.oneIn(2)) {
                        catalog.jobs()
                                .takeOf(host, WORKER)
                                .filter(job -> random.oneIn(2))
                                .ifPresent(job -> assertThat(catalog.jobs()
                                                .finish(
                                                        job.id(),
                                                        job.fence(),
                                                        random.pick(List.of(JobState.DONE, JobState.FAILED)),
                                                        ""))
                                        .isTrue());
                    }
                    pass(Duration.ofSeconds(random.nextInt(2)));
                }
                List<Job> all = pages(catalog, Filter.ALL, 7);
                assertThat(all).hasSize(60).doesNotHaveDuplicates();
                assertThat(all)
                        .isSortedAccordingTo(
                                Comparator.comparing((Job job) -> job.times().queued())
                                        .thenComparing(job -> job.id().text())
                                        .reversed());
                Instant from = begin.plusSeconds(10);
                Instant until = begin.plusSeconds(20);
                HostId host = hosts.getFirst();
                Map<Filter, Predicate<Job>> filters = new HashMap<>();
                for (JobState state : JobState.values()) {
                    filters.put(new Filter(state, null, null, "", "", null, null), job -> job.state() == state);
                }
                filters.put(
                        new Filter(null, JobKind.RESTORE, null, "", "", null, null),
                        job -> job.kind() == JobKind.RESTORE);
                filters.put(new Filter(null, null, host, "", "", null, null), job -> host.equals(job.host()));
                filters.put(new Filter(null, null, null, "none", "", null, null), job -> false);
                filters.put(
                        new Filter(null, null, null, "", "other", null, null),
                        job -> job.repository().equals("other"));
                filters.put(
                        new Filter(null, null, null, "", "", from, until),
                        job -> !job.times().queued().isBefore(from)
                                && job.times().queued().isBefore(until));
                filters.put(
                        new Filter(JobState.QUEUED, JobKind.BACKUP, host, "", "main", from, null),
                        job -> job.state() == JobState.QUEUED
                                && job.kind() == JobKind.BACKUP
                                && host.equals(job.host())
                                && job.repository().equals("main")
                                && !job.times().queued().isBefore(from));
                filters.forEach((filter, rule) -> {
                    List<Job> expected = all.stream().filter(rule).toList();
                    assertThat(pages(catalog, filter, 5)).as("%s", filter).isEqualTo(expected);
                    assertThat(catalog.history().counts(filter))
                            .as("%s", filter)
                            .isEqualTo(expected.stream()
                                    .collect(Collectors.groupingBy(Job::state, Collectors.counting())));
                });
            }
        });
    }

    private static List<Job> pages(Catalog catalog, Filter filter, int most) {
        List<Job> all = new ArrayList<>();
        List<Job> page = catalog.history().page(filter, null, most);
        while (!page.isEmpty()) {
            all.addAll(page);
            page = catalog.history().page(filter, Position.of(page.getLast()), most);
        }
        return all;
    }

    @Test
    void whatWasNotSavedLatelyIsFound() {
        try (Catalog catalog = open()) {
            HostId one = host(catalog, "one");
            HostId two = host(catalog, "two");
            HostId three = host(catalog, "three");
            assertThat(host(catalog, "never")).isNotNull();
            catalog.hosts().setGroups(one, Set.of("berlin", "web"));
            catalog.hosts().setGroups(two, Set.of("web"));
            assertThat(end(catalog, "nightly", two, JobState.PARTIAL)).isNotNull();
            Instant early = clock.instant();
            assertThat(end(catalog, "nightly", two, JobState.FAILED)).isNotNull();
            assertThat(end(catalog, "hourly", one, JobState.FAILED)).isNotNull();
            assertThat(end(catalog, "nightly", one, JobState.DONE)).isNotNull();
            Instant late = clock.instant();
            assertThat(end(catalog, "nightly", three, JobState.FAILED)).isNotNull();

            Protection protection = catalog.protection();
            assertThat(protection.counts(Set.of(), late)).isEqualTo(new Protection.Counts(4, 1, 2));
            assertThat(protection.counts(Set.of(), early)).isEqualTo(new Protection.Counts(4, 2, 2));
            assertThat(protection.counts(Set.of("web", "berlin"), late)).isEqualTo(new Protection.Counts(2, 1, 0));
            assertThat(protection.counts(Set.of("none"), late)).isEqualTo(new Protection.Counts(0, 0, 0));
            assertThat(protection.gaps(Set.of(), late, 10))
                    .containsExactly(
                            new Protection.Gap("never", null),
                            new Protection.Gap("three", null),
                            new Protection.Gap("two", early));
            assertThat(protection.gaps(Set.of(), late, 1)).containsExactly(new Protection.Gap("never", null));
            assertThat(protection.gaps(Set.of("web"), late, 10)).containsExactly(new Protection.Gap("two", early));
        }
    }

    @Test
    void theLastResultOfEachHostAndPlanIsKnown() {
        try (Catalog catalog = open()) {
            JobHistory history = catalog.history();
            HostId one = host(catalog, "one");
            HostId two = host(catalog, "two");
            assertThat(history.results(List.of(one, two))).isEmpty();
            JobId done = end(catalog, "nightly", one, JobState.DONE);
            Instant doneAt = clock.instant();
            assertThat(history.results(List.of(one)))
                    .containsExactly(new Result(
                            JobKind.BACKUP,
                            one.text(),
                            "nightly",
                            done,
                            JobState.DONE,
                            doneAt,
                            doneAt,
                            null,
                            0,
                            "DONE of nightly"));
            assertThat(end(catalog, "nightly", one, JobState.FAILED)).isNotEqualTo(done);
            JobId failed = end(catalog, "nightly", one, JobState.FAILED);
            Result result = new Result(
                    JobKind.BACKUP,
                    one.text(),
                    "nightly",
                    failed,
                    JobState.FAILED,
                    clock.instant(),
                    doneAt,
                    null,
                    2,
                    "FAILED of nightly");
            assertThat(history.results(List.of(one))).containsExactly(result);
            JobId partial = end(catalog, "hourly", two, JobState.PARTIAL);
            Result second = new Result(
                    JobKind.BACKUP,
                    two.text(),
                    "hourly",
                    partial,
                    JobState.PARTIAL,
                    clock.instant(),
                    null,
                    clock.instant(),
                    0,
                    "PARTIAL of hourly");
            assertThat(end(catalog, "", two, JobState.DONE)).isNotNull();
            assertThat(history.troubles(10)).containsExactly(second, result);
            assertThat(history.troubles(1)).containsExactly(second);
            assertThat(history.stale(JobKind.BACKUP, doneAt, 10)).containsExactly(second);
            assertThat(history.stale(JobKind.BACKUP, doneAt.plusSeconds(1), 10)).containsExactly(second, result);
            assertThat(history.stale(JobKind.RESTORE, doneAt.plusSeconds(1), 10))
                    .isEmpty();
            assertThat(history.lastStates(JobKind.BACKUP))
                    .isEqualTo(Map.of(JobState.FAILED, 1L, JobState.PARTIAL, 1L, JobState.DONE, 1L));
            assertThat(end(catalog, "nightly", one, JobState.CANCELLED)).isNotNull();
            assertThat(history.results(List.of(one)).getFirst().failures())
                    .as("cancelling mends nothing")
                    .isEqualTo(2);
            assertThat(end(catalog, "nightly", one, JobState.DONE)).isNotNull();
            assertThat(history.results(List.of(one)).getFirst().failures()).isZero();

            assertThat(catalog.plans().apply("hourly", "a")).isEqualTo(Plans.Applied.NEW);
            assertThat(catalog.plans().remove("hourly")).isTrue();
            assertThat(history.results(List.of(two))).extracting(Result::plan).containsExactly("");
            assertThat(catalog.hosts().remove(two)).isTrue();
            assertThat(history.results(List.of(two))).isEmpty();
            assertThat(history.results(List.of(one, two))).hasSize(1);
        }
    }

    @Test
    void whateverEndsAJobIsAResult() {
        try (Catalog catalog = open()) {
            HostId host = host(catalog, "one");
            JobId queued = catalog.jobs()
                    .put(new NewJob(JobKind.BACKUP, "a", host, "main", "{}", START))
                    .orElseThrow();
            assertThat(catalog.jobs().cancel(queued)).isTrue();
            JobId abandoned = catalog.jobs()
                    .put(new NewJob(JobKind.BACKUP, "b", host, "main", "{}", START))
                    .orElseThrow();
            while (catalog.jobs().takeOf(host, WORKER).isPresent()) {
                pass(Duration.ofMinutes(2));
            }
            assertThat(catalog.history().results(List.of(host)))
                    .extracting(Result::job, Result::state)
                    .containsExactly(tuple(queued, JobState.CANCELLED), tuple(abandoned, JobState.FAILED));
            JobId verify = catalog.jobs()
                    .put(new NewJob(JobKind.VERIFY, "", null, "main", "{}", START))
                    .orElseThrow();
            assertThat(catalog.jobs().cancel(verify)).isTrue();
            assertThat(catalog.history().results("main"))
                    .extracting(Result::job)
                    .containsExactly(verify);
        }
    }

    @Test
    void oldHistoryGoesAndNoOpenJob() {
        try (Catalog catalog = open()) {
            HostId host = host(catalog, "one");
            for (int i = 0; i < 10; i++) {
                assertThat(end(catalog, "nightly", host, JobState.DONE)).isNotNull();
            }
            JobId open = catalog.jobs()
                    .put(new NewJob(JobKind.BACKUP, "", host, "main", "{}", START))
                    .orElseThrow();
            Instant later = clock.instant().plusSeconds(1);
            assertThat(catalog.history().removeEnded(START, 100)).isZero();
            assertThat(catalog.history().removeEnded(later, 7)).isEqualTo(7);
            assertThat(catalog.history().removeEnded(later, 7)).isEqualTo(3);
            assertThat(pages(catalog, Filter.ALL, 10)).extracting(Job::id).containsExactly(open);
            assertThat(catalog.history().results(List.of(host))).hasSize(1);
        }
    }
}
