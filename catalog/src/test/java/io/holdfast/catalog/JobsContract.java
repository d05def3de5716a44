package io.holdfast.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.catalog.Jobs.Lease;
import io.holdfast.testkit.SeededRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The rules of docs/jobs.md, whatever database the catalog lies in. */
@Timeout(120)
abstract class JobsContract extends TimedContract {
    private static final Duration LEASE = Duration.ofMinutes(1);
    private static final Instant MOMENT = Instant.parse("2060-01-01T02:00:00Z");

    private Instant decided(Catalog catalog) {
        return catalog.plans().named("nightly").orElseThrow().decided();
    }

    private List<HostId> hosts(Catalog catalog, int count) {
        assertThat(catalog.plans().apply("nightly", "text")).isEqualTo(Plans.Applied.NEW);
        return IntStream.range(0, count)
                .mapToObj(i -> catalog.hosts().add("host-" + i).id())
                .toList();
    }

    private static List<NewJob> backups(List<HostId> hosts) {
        return hosts.stream()
                .map(host -> new NewJob(JobKind.BACKUP, "nightly", host, "main", "{}", MOMENT, START, 0))
                .toList();
    }

    private Job oneTaken(Catalog catalog) {
        List<HostId> hosts = hosts(catalog, 1);
        assertThat(catalog.jobs().put("nightly", decided(catalog), MOMENT, backups(hosts)))
                .isTrue();
        return catalog.jobs().take("worker", LEASE).orElseThrow();
    }

    @Test
    void aRunHasOneJobForEachHostWhoeverDecides() throws Exception {
        try (Catalog catalog = open(clock);
                Catalog other = open(clock);
                ExecutorService threads = Executors.newFixedThreadPool(6)) {
            List<HostId> hosts = hosts(catalog, 5);
            Instant before = decided(catalog);
            List<Callable<Boolean>> deciding = IntStream.range(0, 6)
                    .<Callable<Boolean>>mapToObj(i ->
                            () -> (i % 2 == 0 ? catalog : other).jobs().put("nightly", before, MOMENT, backups(hosts)))
                    .toList();
            int won = 0;
            for (Future<Boolean> each : threads.invokeAll(deciding)) {
                won += each.get() ? 1 : 0;
            }
            assertThat(won).isEqualTo(1);
            assertThat(catalog.jobs().of("nightly", 100))
                    .extracting(Job::host)
                    .containsExactlyInAnyOrderElementsOf(hosts);
        }
    }

    @Test
    void aJobIsTakenByOne() throws Exception {
        try (Catalog catalog = open(clock);
                Catalog other = open(clock);
                ExecutorService threads = Executors.newFixedThreadPool(6)) {
            assertThat(catalog.jobs().put("nightly", Instant.EPOCH, MOMENT, backups(List.of())))
                    .as("of a plan that is not there")
                    .isFalse();
            List<HostId> hosts = hosts(catalog, 20);
            assertThat(catalog.jobs().put("nightly", decided(catalog), MOMENT, backups(hosts)))
                    .isTrue();
            List<Callable<List<JobId>>> taking = IntStream.range(0, 6)
                    .<Callable<List<JobId>>>mapToObj(i -> () -> {
                        List<JobId> taken = new ArrayList<>();
                        Jobs jobs = (i % 2 == 0 ? catalog : other).jobs();
                        for (Optional<Job> job = jobs.take("w" + i, LEASE);
                                job.isPresent();
                                job = jobs.take("w" + i, LEASE)) {
                            taken.add(job.get().id());
                        }
                        return taken;
                    })
                    .toList();
            List<JobId> all = new ArrayList<>();
            for (Future<List<JobId>> each : threads.invokeAll(taking)) {
                all.addAll(each.get());
            }
            assertThat(all).hasSize(20).doesNotHaveDuplicates();
        }
    }

    @Test
    void whoeverWasTakenForDeadChangesNothing() {
        try (Catalog catalog = open(clock)) {
            Jobs jobs = catalog.jobs();
            Job first = oneTaken(catalog);
            assertThat(jobs.take("other", LEASE)).isEmpty();
            pass(LEASE.plusSeconds(1));
            Job second = jobs.take("other", LEASE).orElseThrow();
            assertThat(second.id()).isEqualTo(first.id());
            assertThat(second.fence()).isGreaterThan(first.fence());
            assertThat(jobs.renew(first.id(), first.fence(), LEASE)).isEqualTo(Lease.LOST);
            assertThat(jobs.finish(first.id(), first.fence(), JobState.FAILED, "late"))
                    .isFalse();
            assertThat(jobs.finish(second.id(), second.fence(), JobState.DONE, ""))
                    .isTrue();
            assertThat(jobs.finish(second.id(), second.fence(), JobState.FAILED, "again"))
                    .isFalse();
            assertThat(jobs.renew(second.id(), second.fence(), LEASE)).isEqualTo(Lease.LOST);
            assertThat(jobs.job(first.id()).orElseThrow().state()).isEqualTo(JobState.DONE);
            pass(LEASE.multipliedBy(10));
            assertThat(jobs.take("other", LEASE)).isEmpty();
        }
    }

    @Test
    void aLeaseThatIsRenewedIsHeld() {
        try (Catalog catalog = open(clock)) {
            Job job = oneTaken(catalog);
            for (int i = 0; i < 5; i++) {
                pass(LEASE.minusSeconds(1));
                assertThat(catalog.jobs().renew(job.id(), job.fence(), LEASE)).isEqualTo(Lease.HELD);
                assertThat(catalog.jobs().take("other", LEASE)).isEmpty();
            }
        }
    }

    @Test
    void aJobThatIsCancelledEndsSoWhoeverHasIt() {
        try (Catalog catalog = open(clock)) {
            Jobs jobs = catalog.jobs();
            List<HostId> hosts = hosts(catalog, 3);
            assertThat(jobs.put("nightly", decided(catalog), MOMENT, backups(hosts)))
                    .isTrue();
            Job running = jobs.take("worker", LEASE).orElseThrow();
            Job abandoned = jobs.take("worker", LEASE).orElseThrow();
            JobId queued = jobs.of("nightly", 10).stream()
                    .filter(job -> job.state() == JobState.QUEUED)
                    .findFirst()
                    .orElseThrow()
                    .id();
            for (JobId id : List.of(running.id(), abandoned.id(), queued)) {
                assertThat(jobs.cancel(id)).isTrue();
            }
            assertThat(jobs.job(queued).orElseThrow().state()).isEqualTo(JobState.CANCELLED);
            assertThat(jobs.cancel(queued)).isFalse();
            assertThat(jobs.renew(running.id(), running.fence(), LEASE)).isEqualTo(Lease.CANCEL);
            assertThat(jobs.finish(running.id(), running.fence(), JobState.CANCELLED, "cancelled"))
                    .isTrue();
            pass(LEASE.plusSeconds(1));
            assertThat(jobs.take("other", LEASE)).isEmpty();
            assertThat(jobs.of("nightly", 10)).extracting(Job::state).containsOnly(JobState.CANCELLED);
        }
    }

    @Test
    void aJobThatEndsNobodysWorkFailsAtLast() {
        try (Catalog catalog = open(clock)) {
            Job job = oneTaken(catalog);
            int attempts = 1;
            pass(LEASE.plusSeconds(1));
            while (catalog.jobs().take("worker", LEASE).isPresent()) {
                attempts++;
                pass(LEASE.plusSeconds(1));
            }
            assertThat(attempts).isEqualTo(5);
            assertThat(catalog.jobs().job(job.id()).orElseThrow().state()).isEqualTo(JobState.FAILED);
            assertThat(catalog.jobs().job(job.id()).orElseThrow().message()).contains("5 times");
        }
    }

    /** Workers that die, sleep and wake up, with clocks that differ: each job ends once, by the word of the one who had it then. */
    @Test
    void eachJobEndsOnceWhateverHappensToWorkers() {
        SeededRandom.check(1, this::endEachJobOnce);
    }

    private void endEachJobOnce(SeededRandom random) {
        List<Duration> skews = List.of(Duration.ZERO, Duration.ofSeconds(40), Duration.ofSeconds(-40));
        List<Catalog> servers = new ArrayList<>();
        try {
            skews.forEach(skew -> servers.add(open(() -> clock.instant().plus(skew))));
            List<HostId> hosts = hosts(servers.getFirst(), 10);
            assertThat(servers.getFirst().jobs().put("nightly", decided(servers.getFirst()), MOMENT, backups(hosts)))
                    .isTrue();
            List<Job> held = new ArrayList<>();
            Map<JobId, Integer> ends = new HashMap<>();
            Set<JobId> all = new HashSet<>();
            for (int step = 0; step < 400; step++) {
                Jobs jobs = random.pick(servers).jobs();
                switch (random.nextInt(4)) {
                    case 0 ->
                        jobs.take("w" + step, LEASE).ifPresent(job -> {
                            held.add(job);
                            all.add(job.id());
                        });
                    case 1 -> pass(Duration.ofSeconds(random.nextInt(30)));
                    case 2 -> {
                        if (!held.isEmpty()) {
                            Job job = random.pick(held);
                            if (jobs.renew(job.id(), job.fence(), LEASE) == Lease.LOST && random.oneIn(2)) {
                                assertThat(jobs.finish(job.id(), job.fence(), JobState.DONE, ""))
                                        .isFalse();
                            }
                        }
                    }
                    default -> {
                        if (!held.isEmpty() && random.oneIn(3)) {
                            Job job = held.remove(random.nextInt(held.size()));
                            if (random.oneIn(2) && jobs.finish(job.id(), job.fence(), JobState.DONE, "")) {
                                ends.merge(job.id(), 1, Integer::sum);
                            }
                        }
                    }
                }
            }
            while (true) {
                pass(Duration.ofMinutes(3));
                Optional<Job> left = servers.getFirst().jobs().take("last", LEASE);
                if (left.isEmpty()) {
                    break;
                }
                all.add(left.get().id());
                if (servers.getFirst().jobs().finish(left.get().id(), left.get().fence(), JobState.DONE, "")) {
                    ends.merge(left.get().id(), 1, Integer::sum);
                }
            }
            assertThat(all).hasSize(10);
            // There may be none: where every worker died, each job has failed.
            assertThat(ends.values()).allMatch(times -> times == 1);
            for (Job job : servers.getFirst().jobs().of("nightly", 100)) {
                assertThat(job.state()).isIn(JobState.DONE, JobState.FAILED);
                assertThat(ends.containsKey(job.id())).isEqualTo(job.state() == JobState.DONE);
            }
        } finally {
            servers.forEach(Catalog::close);
        }
    }
}
