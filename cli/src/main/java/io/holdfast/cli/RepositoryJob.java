package io.holdfast.cli;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.Job.Level;
import io.holdfast.catalog.Job.Progress;
import io.holdfast.catalog.Jobs;
import io.holdfast.catalog.Jobs.Lease;
import io.holdfast.catalog.Jobs.News;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A job of a repository at work: holds its lease (rules J3 and J6 of docs/jobs.md), and tells how it goes. Thread-safe. */
final class RepositoryJob implements AutoCloseable {
    static final Duration LEASE = Duration.ofSeconds(60);
    private static final Duration BETWEEN_WORDS = Duration.ofSeconds(5);

    private final Catalog catalog;
    private final Job job;
    private final InstantSource clock;
    private final EventLog log;
    private final Thread thread;
    private final List<News> news = new ArrayList<>();
    private Progress progress = Progress.NONE;
    private long told;
    private Lease lease = Lease.HELD;

    RepositoryJob(Catalog catalog, Job job, InstantSource clock, MonotonicClock monotonic, EventLog log) {
        this.catalog = catalog;
        this.job = job;
        this.clock = clock;
        this.log = log;
        this.thread = Thread.ofPlatform()
                .daemon()
                .name("holdfast-lease-" + job.id().text().substring(0, 8))
                .start(() -> {
                    try {
                        while (true) {
                            monotonic.sleep(BETWEEN_WORDS);
                            renew();
                        }
                    } catch (InterruptedException e) {
                        // The job has ended.
                    }
                });
    }

    Job job() {
        return job;
    }

    /** Something happened that people want to know. */
    void tell(String text) {
        tell(Level.INFO, text);
    }

    synchronized void tell(Level level, String text) {
        news.add(new News(clock.instant(), level, text));
    }

    synchronized void progress(Progress now) {
        progress = now;
    }

    private void renew() {
        try {
            var ignored = say();
        } catch (RuntimeException e) {
            // A database that does not answer is asked again: the lease lasts longer.
            log.warning("lease of a job was not renewed", Map.of("job", job.id().text(), "why", e));
        }
    }

    /** Says what is new; what the answer was. */
    private synchronized Lease say() {
        lease = catalog.jobs().report(job.id(), job.fence(), LEASE, new Jobs.Report(progress, told, news));
        told += news.size();
        news.clear();
        return lease;
    }

    /**
     * Asks whether the job is still this one's, before something that cannot be taken back.
     *
     * @throws HoldfastException {@code FENCED} where it is not, or somebody wants it cancelled
     */
    void requireHeld() {
        if (say() != Lease.HELD) {
            throw new HoldfastException(ErrorCode.FENCED, "job " + job.id().text() + " goes on no more");
        }
    }

    /** Whether somebody wanted it cancelled when that was asked last. */
    synchronized boolean isCancelled() {
        return lease == Lease.CANCEL;
    }

    /** Says the rest, and holds the lease no longer. */
    @Override
    public void close() {
        thread.interrupt();
        boolean wasInterrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                wasInterrupted = true;
            }
        }
        renew();
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
