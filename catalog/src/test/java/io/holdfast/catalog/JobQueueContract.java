package io.holdfast.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.catalog.Job.Event;
import io.holdfast.catalog.Job.Level;
import io.holdfast.catalog.Job.Progress;
import io.holdfast.catalog.Jobs.AfterFailure;
import io.holdfast.catalog.Jobs.End;
import io.holdfast.catalog.Jobs.Lease;
import io.holdfast.catalog.Jobs.News;
import io.holdfast.catalog.Jobs.Report;
import io.holdfast.catalog.Jobs.Worker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who gets which job where there is room, and what is told of it. */
@Timeout(120)
abstract class JobQueueContract extends TimedContract {
    private static final Duration LEASE = Duration.ofMinutes(1);
    private static final Retries RETRIES = new Retries(2, Duration.ofMinutes(1), Duration.ofMinutes(90));

    private final Worker anybody = new Worker("worker", LEASE, Places.UNLIMITED);

    private JobId put(Catalog catalog, JobKind kind, @Nullable HostId host, String repository, int priority) {
        Instant now = clock.instant();
        return catalog.jobs()
                .put(new NewJob(kind, "", host, repository, "{}", now, now, priority))
                .orElseThrow();
    }

    private JobId backup(Catalog catalog, HostId host) {
        return put(catalog, JobKind.BACKUP, host, "main", 0);
    }

    private static List<HostId> hosts(Catalog catalog, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> catalog.hosts().add("host-" + i).id())
                .toList();
    }

    private static MediaServerId mediaServer(Catalog catalog, String name) {
        return catalog.mediaServers().add(name, "https://" + name, "").id();
    }

    private static Worker worker(List<MediaServerId> servers, int perHost, int perRepository, int perServer) {
        return new Worker("worker", LEASE, new Places(Optional.of(job -> servers), perHost, perRepository, perServer));
    }

    @Test
    void aRepositoryHasOnePruneAtATime() {
        try (Catalog catalog = open()) {
            MediaServerId server = mediaServer(catalog, "local");
            NewJob prune = new NewJob(JobKind.PRUNE, "", null, "main", "", START);
            assertThat(new HashSet<>(atOnce(8, (client, number) -> client.jobs().putAlone(prune))))
                    .as("one that waits is enough")
                    .hasSize(1);
            pass(Duration.ofSeconds(1));
            JobId again = catalog.jobs().put(prune).orElseThrow();
            pass(Duration.ofSeconds(1));
            JobId elsewhere = catalog.jobs().putAlone(new NewJob(JobKind.PRUNE, "", null, "other", "", START));
            Job running = catalog.jobs().takeAt(server, anybody).orElseThrow();
            assertThat(running.id()).isNotEqualTo(again);
            assertThat(catalog.jobs().putAlone(prune)).isEqualTo(running.id());
            assertThat(catalog.jobs().takeAt(server, anybody).map(Job::id)).hasValue(elsewhere);
            assertThat(catalog.jobs().takeAt(server, anybody)).isEmpty();
            pass(LEASE.plusSeconds(1));
            Job taken = catalog.jobs().takeAt(server, anybody).orElseThrow();
            assertThat(taken.id()).as("from a worker that is gone").isEqualTo(running.id());
            assertThat(catalog.jobs().finish(taken.id(), taken.fence(), JobState.DONE, ""))
                    .isTrue();
            assertThat(catalog.jobs().takeAt(server, anybody).map(Job::id))
                    .hasValueSatisfying(next -> assertThat(next).isIn(again, elsewhere));
        }
    }

    @Test
    void aJobWaitsUntilAMediaServerHasItsRepository() {
        try (Catalog catalog = open()) {
            MediaServerId berlin = mediaServer(catalog, "berlin");
            MediaServerId munich = mediaServer(catalog, "munich");
            HostId host = hosts(catalog, 1).getFirst();
            JobId there = put(catalog, JobKind.BACKUP, host, "far", 5);
            pass(Duration.ofSeconds(1));
            JobId here = put(catalog, JobKind.BACKUP, host, "near", 0);
            Worker worker = new Worker(
                    "worker",
                    LEASE,
                    Places.unlimited(job -> job.repository().equals("near") ? List.of(munich) : List.of()));
            Job taken = catalog.jobs().takeOf(host, worker).orElseThrow();
            assertThat(taken.id()).as("the other one goes first, and waits").isEqualTo(here);
            assertThat(taken.mediaServer()).isEqualTo(munich);
            assertThat(catalog.jobs().takeOf(host, worker)).isEmpty();
            assertThat(catalog.jobs().takeOf(host, anybody).map(Job::id)).hasValue(there);

            JobId prune = put(catalog, JobKind.PRUNE, null, "near", 0);
            assertThat(catalog.jobs().takeAt(berlin, worker)).isEmpty();
            assertThat(catalog.jobs().takeAt(munich, worker).map(Job::id)).hasValue(prune);
        }
    }

    @Test
    void aJobIsThereAsItWasPut() {
        try (Catalog catalog = open()) {
            HostId host = hosts(catalog, 1).getFirst();
            Instant later = START.plusSeconds(10);
            NewJob made = new NewJob(JobKind.RESTORE, "nightly", host, "main", "{\"a\":1}", START, later, 7);
            JobId id = catalog.jobs().put(made).orElseThrow();
            assertThat(catalog.jobs().put(made))
                    .as("once for each plan, moment, host and kind")
                    .isEmpty();
            assertThat(catalog.jobs().job(id).orElseThrow())
                    .isEqualTo(new Job(
                            id,
                            JobKind.RESTORE,
                            "nightly",
                            host,
                            "main",
                            null,
                            "{\"a\":1}",
                            START,
                            7,
                            JobState.QUEUED,
                            new Job.Times(START, later, null, null),
                            0,
                            "",
                            false,
                            0,
                            Progress.NONE,
                            "",
                            "",
                            0));
            assertThat(catalog.jobs().put(new NewJob(JobKind.BACKUP, "nightly", host, "main", "{}", START)))
                    .isPresent();
            assertThat(catalog.jobs().put(new NewJob(JobKind.PRUNE, "", null, "main", "{}", START)))
                    .isPresent();
            assertThat(catalog.jobs().put(new NewJob(JobKind.PRUNE, "", null, "main", "{}", START)))
                    .as("of no plan, as often as somebody wants")
                    .isPresent();
            assertThatThrownBy(() -> new NewJob(JobKind.BACKUP, "", null, "main", "{}", START))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void anAgentGetsTheJobsOfItsHostAndAMediaServerTheOthers() {
        try (Catalog catalog = open()) {
            Jobs jobs = catalog.jobs();
            List<HostId> hosts = hosts(catalog, 2);
            MediaServerId server = mediaServer(catalog, "m");
            JobId copy = put(catalog, JobKind.COPY, hosts.get(0), "second", 0);
            JobId low = backup(catalog, hosts.get(0));
            pass(Duration.ofSeconds(1));
            JobId first = put(catalog, JobKind.RESTORE, hosts.get(0), "main", 0);
            JobId high = put(catalog, JobKind.BACKUP, hosts.get(0), "main", 5);
            assertThat(jobs.waiting()).containsExactly(hosts.get(0));
            assertThat(jobs.takeOf(hosts.get(1), anybody)).isEmpty();
            List<JobId> taken = new ArrayList<>();
            for (Optional<Job> job = jobs.takeOf(hosts.get(0), anybody);
                    job.isPresent();
                    job = jobs.takeOf(hosts.get(0), anybody)) {
                taken.add(job.get().id());
            }
            assertThat(taken).containsExactly(high, low, first);
            assertThat(jobs.waiting()).isEmpty();
            Job taking = jobs.takeAt(server, anybody).orElseThrow();
            assertThat(taking.id()).isEqualTo(copy);
            assertThat(taking.mediaServer()).isEqualTo(server);
            assertThat(taking.times().begun()).isEqualTo(clock.instant());
            assertThat(jobs.takeAt(server, anybody)).isEmpty();
            pass(LEASE.plusSeconds(1));
            assertThat(jobs.waiting()).as("their worker is gone").containsExactly(hosts.get(0));
        }
    }

    @Test
    void noMoreRunThanThereIsRoomFor() {
        try (Catalog catalog = open()) {
            Jobs jobs = catalog.jobs();
            List<HostId> hosts = hosts(catalog, 3);
            MediaServerId near = mediaServer(catalog, "near");
            MediaServerId far = mediaServer(catalog, "far");
            Worker limited = worker(List.of(near, far), 1, 2, 1);
            hosts.forEach(host -> {
                JobId ignored = backup(catalog, host);
                ignored = put(catalog, JobKind.BACKUP, host, "other", -1);
            });
            Job one = jobs.takeOf(hosts.get(0), limited).orElseThrow();
            assertThat(one.mediaServer()).isEqualTo(near);
            assertThat(jobs.takeOf(hosts.get(0), limited)).as("one on a host").isEmpty();
            Job two = jobs.takeOf(hosts.get(1), limited).orElseThrow();
            assertThat(two.mediaServer()).as("the next one that has room").isEqualTo(far);
            assertThat(jobs.takeOf(hosts.get(2), limited)).as("no media server").isEmpty();
            Job three = jobs.takeOf(hosts.get(2), worker(List.of(near, far), 1, 2, 2))
                    .orElseThrow();
            assertThat(three.repository()).as("of the repository that has room").isEqualTo("other");
            assertThat(jobs.finish(one.id(), one.fence(), JobState.DONE, "")).isTrue();
            assertThat(jobs.takeOf(hosts.get(0), worker(List.of(near), 1, 1, 9)))
                    .as("one runs in each repository")
                    .isEmpty();
            assertThat(jobs.takeOf(hosts.get(0), worker(List.of(near), 1, 2, 9)))
                    .isPresent();
        }
    }

    @Test
    void whoTakesOverAJobTakesItsPlaceToo() {
        try (Catalog catalog = open()) {
            HostId host = hosts(catalog, 1).getFirst();
            MediaServerId server = mediaServer(catalog, "m");
            Worker limited = worker(List.of(server), 1, 1, 1);
            JobId id = backup(catalog, host);
            assertThat(catalog.jobs().takeOf(host, limited)).isPresent();
            pass(LEASE.plusSeconds(1));
            assertThat(catalog.jobs().takeOf(host, limited).orElseThrow().id()).isEqualTo(id);
        }
    }

    @Test
    void limitsHoldWhoeverComesAtOnce() {
        List<HostId> hosts;
        MediaServerId server;
        try (Catalog catalog = open()) {
            hosts = hosts(catalog, 24);
            server = mediaServer(catalog, "m");
            hosts.forEach(host -> assertThat(backup(catalog, host)).isNotNull());
        }
        Worker limited = worker(List.of(server), 1, 9, 7);
        List<Optional<Job>> taken = atOnce(24, (client, i) -> client.jobs().takeOf(hosts.get(i), limited));
        assertThat(taken.stream().flatMap(Optional::stream)).hasSize(7);
    }

    @Test
    void aJobBeginsNotBeforeItsTime() {
        try (Catalog catalog = open()) {
            HostId host = hosts(catalog, 1).getFirst();
            NewJob later = new NewJob(JobKind.BACKUP, "", host, "main", "{}", START, START.plusSeconds(60), 0);
            assertThat(catalog.jobs().put(later)).isPresent();
            assertThat(catalog.jobs().takeOf(host, anybody)).isEmpty();
            assertThat(catalog.jobs().waiting()).isEmpty();
            pass(Duration.ofSeconds(60));
            assertThat(catalog.jobs().takeOf(host, anybody)).isPresent();
        }
    }

    @Test
    void aJobThatFailedIsTriedAgainAfterLongerAndLongerPauses() {
        try (Catalog catalog = open()) {
            Jobs jobs = catalog.jobs();
            HostId host = hosts(catalog, 1).getFirst();
            JobId id = backup(catalog, host);
            for (int pauseMinutes : List.of(1, 2)) {
                Job job = jobs.takeOf(host, anybody).orElseThrow();
                assertThat(jobs.fail(id, job.fence(), "no network", "[" + pauseMinutes + "]", RETRIES))
                        .isEqualTo(AfterFailure.QUEUED);
                assertThat(jobs.fail(id, job.fence(), "again", "[7]", RETRIES)).isEqualTo(AfterFailure.LOST);
                assertThat(jobs.job(id).orElseThrow().result()).isEqualTo("[" + pauseMinutes + "]");
                assertThat(jobs.job(id).orElseThrow().message()).isEqualTo("no network");
                pass(Duration.ofMinutes(pauseMinutes).minusSeconds(1));
                assertThat(jobs.takeOf(host, anybody)).isEmpty();
                pass(Duration.ofSeconds(1));
            }
            Job last = jobs.takeOf(host, anybody).orElseThrow();
            assertThat(last.failures()).isEqualTo(2);
            assertThat(jobs.fail(id, last.fence(), "no network", RETRIES)).isEqualTo(AfterFailure.ENDED);
            Job ended = jobs.job(id).orElseThrow();
            assertThat(ended.state()).isEqualTo(JobState.FAILED);
            assertThat(ended.result()).as("what an attempt before has made").isEqualTo("[2]");
            assertThat(ended.times().ended()).isEqualTo(clock.instant());
            pass(Duration.ofDays(1));
            assertThat(jobs.takeOf(host, anybody)).isEmpty();
            assertThat(new Retries(99, Duration.ofMinutes(1), Duration.ofMinutes(90)).pause(70))
                    .isEqualTo(Duration.ofMinutes(90));

            JobId again = jobs.again(id).orElseThrow();
            Job fresh = jobs.takeOf(host, anybody).orElseThrow();
            assertThat(fresh.id()).isEqualTo(again).isNotEqualTo(id);
            assertThat(fresh.spec()).isEqualTo(ended.spec());
            assertThat(jobs.cancel(again)).isTrue();
            assertThat(jobs.giveBack(again, fresh.fence())).isFalse();
            assertThat(jobs.fail(again, fresh.fence(), "x", RETRIES)).isEqualTo(AfterFailure.ENDED);
            assertThat(jobs.job(again).orElseThrow().state()).isEqualTo(JobState.CANCELLED);
        }
    }

    /** Only workers that are gone count towards the five. */
    @Test
    void aJobThatFailsAndSaysSoIsTriedAsOftenAsItsPlanWants() {
        try (Catalog catalog = open()) {
            HostId host = hosts(catalog, 1).getFirst();
            JobId id = backup(catalog, host);
            Retries many = new Retries(20, Duration.ofSeconds(1), Duration.ofSeconds(1));
            int attempts = 0;
            for (Optional<Job> job = catalog.jobs().takeOf(host, anybody);
                    job.isPresent();
                    job = catalog.jobs().takeOf(host, anybody)) {
                attempts++;
                assertThat(catalog.jobs().fail(id, job.get().fence(), "", many)).isNotEqualTo(AfterFailure.LOST);
                pass(Duration.ofSeconds(1));
            }
            assertThat(attempts).isEqualTo(21);
        }
    }

    @Test
    void aJobThatIsGivenBackWasNeverTried() {
        try (Catalog catalog = open()) {
            Jobs jobs = catalog.jobs();
            HostId host = hosts(catalog, 1).getFirst();
            JobId id = backup(catalog, host);
            for (int i = 0; i < 10; i++) {
                Job job = jobs.takeOf(host, anybody).orElseThrow();
                assertThat(jobs.giveBack(id, job.fence())).isTrue();
                assertThat(jobs.giveBack(id, job.fence())).isFalse();
                assertThat(jobs.renew(id, job.fence(), LEASE)).isEqualTo(Lease.LOST);
            }
            assertThat(jobs.takeOf(host, anybody)).isPresent();
        }
    }

    private static Report report(long firstEvent, String... texts) {
        List<News> events = List.of(texts).stream()
                .map(text -> new News(START, Level.INFO, text))
                .toList();
        return new Report(new Progress(1, 2, 3, 4), firstEvent, events);
    }

    private static List<String> texts(Catalog catalog, JobId id) {
        return catalog.history().events(id, 0, 1_000).stream().map(Event::text).toList();
    }

    @Test
    void whatAWorkerTellsIsNotedOnce() {
        try (Catalog catalog = open()) {
            Jobs jobs = catalog.jobs();
            HostId host = hosts(catalog, 1).getFirst();
            JobId id = backup(catalog, host);
            Job first = jobs.takeOf(host, anybody).orElseThrow();
            assertThat(jobs.report(id, first.fence(), LEASE, report(0, "a", "b")))
                    .isEqualTo(Lease.HELD);
            assertThat(jobs.report(id, first.fence(), LEASE, report(0, "a", "b")))
                    .as("the answer got lost")
                    .isEqualTo(Lease.HELD);
            assertThat(jobs.report(id, first.fence(), LEASE, report(1, "b", "c")))
                    .isEqualTo(Lease.HELD);
            assertThat(texts(catalog, id)).containsExactly("a", "b", "c");
            assertThat(catalog.history().events(id, 1, 1)).containsExactly(new Event(2, START, Level.INFO, "b"));
            assertThat(jobs.job(id).orElseThrow().progress()).isEqualTo(new Progress(1, 2, 3, 4));
            pass(LEASE.plusSeconds(1));
            Job second = jobs.takeOf(host, anybody).orElseThrow();
            assertThat(jobs.report(id, first.fence(), LEASE, report(3, "late"))).isEqualTo(Lease.LOST);
            assertThat(jobs.report(id, second.fence(), LEASE, report(0, "d"))).isEqualTo(Lease.HELD);
            assertThat(jobs.cancel(id)).isTrue();
            assertThat(jobs.report(id, second.fence(), LEASE, report(1))).isEqualTo(Lease.CANCEL);
            assertThat(texts(catalog, id)).containsExactly("a", "b", "c", "d");
            assertThat(jobs.finish(id, second.fence(), new End(JobState.CANCELLED, "stopped", "{\"x\":1}", 3)))
                    .isTrue();
            Job ended = jobs.job(id).orElseThrow();
            assertThat(List.of(ended.message(), ended.result())).containsExactly("stopped", "{\"x\":1}");
            assertThat(ended.warnings()).isEqualTo(3);
        }
    }

    @Test
    void whateverAWorkerSaysCanBeNoted() {
        try (Catalog catalog = open()) {
            HostId host = hosts(catalog, 1).getFirst();
            JobId id = backup(catalog, host);
            Job job = catalog.jobs().takeOf(host, anybody).orElseThrow();
            assertThat(catalog.jobs().report(id, job.fence(), LEASE, report(0, "a\0", "\ud800")))
                    .isEqualTo(Lease.HELD);
            assertThat(texts(catalog, id)).containsExactly("a\ufffd", "?");
            assertThat(catalog.jobs().fail(id, job.fence(), "\0", RETRIES)).isEqualTo(AfterFailure.QUEUED);
            pass(Duration.ofHours(1));
            Job again = catalog.jobs().takeOf(host, anybody).orElseThrow();
            assertThat(catalog.jobs().finish(id, again.fence(), new End(JobState.FAILED, "\0", "\0", 1)))
                    .isTrue();
            assertThat(catalog.jobs().job(id).orElseThrow().message()).isEqualTo("\ufffd");
        }
    }

    @Test
    void aTalkativeJobHasRoomForErrors() {
        try (Catalog catalog = open()) {
            Jobs jobs = catalog.jobs();
            HostId host = hosts(catalog, 1).getFirst();
            JobId id = backup(catalog, host);
            Job job = jobs.takeOf(host, anybody).orElseThrow();
            List<News> many = new ArrayList<>();
            for (Level level : Level.values()) {
                for (int i = 0; i < 1_000; i++) {
                    many.add(new News(START, level, level + "x".repeat(3_000)));
                }
            }
            assertThat(jobs.report(id, job.fence(), LEASE, new Report(Progress.NONE, 0, many)))
                    .isEqualTo(Lease.HELD);
            List<Event> kept = catalog.history().events(id, 0, 1_000);
            assertThat(kept.stream().collect(Collectors.groupingBy(Event::level, Collectors.counting())))
                    .containsEntry(Level.INFO, 800L)
                    .containsEntry(Level.WARNING, 150L)
                    .containsEntry(Level.ERROR, 50L);
            assertThat(kept).allSatisfy(event -> assertThat(event.text()).hasSize(2_000));
        }
    }

    @Test
    void jobsOfAHostGoWithIt() {
        try (Catalog catalog = open()) {
            List<HostId> hosts = hosts(catalog, 2);
            JobId id = backup(catalog, hosts.get(0));
            JobId kept = backup(catalog, hosts.get(1));
            Job job = catalog.jobs().takeOf(hosts.get(0), anybody).orElseThrow();
            assertThat(catalog.hosts().remove(hosts.get(0))).isTrue();
            assertThat(catalog.jobs().renew(id, job.fence(), LEASE)).isEqualTo(Lease.LOST);
            assertThat(catalog.jobs().job(id)).isEmpty();
            assertThat(catalog.jobs().job(kept)).isPresent();
            assertThat(catalog.plans().apply("nightly", "a")).isEqualTo(Plans.Applied.NEW);
            Instant decided = catalog.plans().named("nightly").orElseThrow().decided();
            List<NewJob> jobs = hosts.stream()
                    .map(host -> new NewJob(JobKind.BACKUP, "nightly", host, "main", "{}", START))
                    .toList();
            assertThat(catalog.jobs().put("nightly", decided, decided.plusSeconds(1), jobs))
                    .isTrue();
            assertThat(catalog.jobs().of("nightly", 10))
                    .extracting(each -> Objects.requireNonNull(each.host()))
                    .containsExactly(hosts.get(1));
        }
    }
}
