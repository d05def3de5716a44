package io.holdfast.cli;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.JobState;
import io.holdfast.catalog.Jobs;
import io.holdfast.catalog.MediaServerId;
import io.holdfast.catalog.Places;
import io.holdfast.catalog.Retries;
import io.holdfast.cli.RepositoryWork.Outcome;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.http.Json;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Takes the jobs of repositories that this process is to run (rules J2, J7 and J8 of docs/jobs.md), and runs them. At work from {@link #start} on. */
final class RepositoryWorker implements AutoCloseable {
    private static final int AT_ONCE = 2;
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration DRAIN = Duration.ofSeconds(20);
    private static final Retries RETRIES = new Retries(3, Duration.ofMinutes(1), Duration.ofMinutes(30));
    /** What is no better the next time. */
    private static final Set<ErrorCode> FOR_GOOD =
            Set.of(ErrorCode.DAMAGED, ErrorCode.REFUSED, ErrorCode.USAGE, ErrorCode.UNSUPPORTED_VERSION);

    private final Catalog catalog;
    private final MediaServerId server;
    private final String owner;
    private final Predicate<Job> isPossible;
    private final Map<JobKind, RepositoryWork> works;
    private final InstantSource clock;
    private final MonotonicClock monotonic;
    private final EventLog log;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean closed;

    /**
     * @param server as which this process takes jobs
     * @param owner for people
     * @param isPossible whether what a job needs is open here
     * @param works what is done for each kind of jobs that a media server runs
     */
    RepositoryWorker(
            Catalog catalog,
            MediaServerId server,
            String owner,
            Predicate<Job> isPossible,
            Map<JobKind, RepositoryWork> works,
            InstantSource clock,
            MonotonicClock monotonic,
            EventLog log) {
        this.catalog = catalog;
        this.server = server;
        this.owner = owner;
        this.isPossible = isPossible;
        this.works = Map.copyOf(works);
        this.clock = clock;
        this.monotonic = monotonic;
        this.log = log;
    }

    RepositoryWorker start() {
        for (int i = 1; i <= AT_ONCE; i++) {
            threads.add(
                    Thread.ofPlatform().daemon().name("holdfast-worker-" + i).start(this::work));
        }
        return this;
    }

    private void work() {
        while (!closed) {
            try {
                Places places = Places.unlimited(job -> isPossible.test(job) ? List.of(server) : List.of());
                Optional<Job> job = catalog.jobs().takeAt(server, new Jobs.Worker(owner, RepositoryJob.LEASE, places));
                job.ifPresent(this::run);
                if (job.isEmpty()) {
                    monotonic.sleep(LOOK);
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                if (closed) {
                    return;
                }
                log.error("looking for jobs of repositories failed", Map.of("why", e));
                try {
                    monotonic.sleep(LOOK.multipliedBy(10));
                } catch (InterruptedException stopped) {
                    return;
                }
            }
        }
    }

    private void run(Job job) {
        RepositoryJob at = new RepositoryJob(catalog, job, clock, monotonic, log);
        Optional<HoldfastException> failure = Optional.empty();
        Outcome outcome = new Outcome("", List.of());
        try (at) {
            RepositoryWork work = works.get(job.kind());
            if (work == null) {
                throw new HoldfastException(ErrorCode.REFUSED, "this server runs no jobs of this kind");
            }
            outcome = work.run(at);
        } catch (HoldfastException e) {
            failure = Optional.of(e);
        } catch (RuntimeException e) {
            log.error("job met a defect", Map.of("job", job.id().text(), "defect", e));
            failure = Optional.of(new HoldfastException(ErrorCode.FAILED, "defect: " + e, null, e));
        }
        if (failure.isPresent()) {
            failed(at, failure.get());
        } else {
            boolean counted = end(job, JobState.DONE, outcome);
            if (counted) {
                log.info("job ended", Map.of("job", job.id().text(), "kind", word(job), "result", outcome.message()));
            }
        }
    }

    private void failed(RepositoryJob at, HoldfastException why) {
        Job job = at.job();
        String message = String.valueOf(why.getMessage());
        if (at.isCancelled()) {
            boolean ignored = end(job, JobState.CANCELLED, new Outcome("cancelled", List.of()));
            return;
        }
        if (closed && catalog.jobs().giveBack(job.id(), job.fence())) {
            return;
        }
        if (FOR_GOOD.contains(why.code())) {
            boolean ignored = end(job, JobState.FAILED, new Outcome(message, List.of()));
        } else {
            var ignored = catalog.jobs().fail(job.id(), job.fence(), message, RETRIES);
        }
        log.warning("job failed", Map.of("job", job.id().text(), "kind", word(job), "why", message));
    }

    /** Whether that counted. */
    private boolean end(Job job, JobState state, Outcome outcome) {
        String made = outcome.made().isEmpty() ? "" : Json.text(outcome.made());
        return catalog.jobs().finish(job.id(), job.fence(), new Jobs.End(state, outcome.message(), made, 0));
    }

    private static String word(Job job) {
        return job.kind() + " " + job.repository();
    }

    /** Takes nothing new, and lets what runs end for a while; what does not is given back. */
    @Override
    public void close() {
        closed = true;
        long until = monotonic.nanoTime() + DRAIN.toNanos();
        boolean interrupted = false;
        for (Thread thread : threads) {
            try {
                if (!thread.join(Duration.ofNanos(Math.max(1, until - monotonic.nanoTime())))) {
                    thread.interrupt();
                    boolean ignored = thread.join(DRAIN);
                }
            } catch (InterruptedException e) {
                interrupted = true;
                thread.interrupt();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
