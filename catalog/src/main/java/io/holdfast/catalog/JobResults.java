package io.holdfast.catalog;

import java.time.Instant;
import org.jdbi.v3.core.Handle;

/** Keeps the last result of each kind, host and plan beside the jobs: an overview of many hosts must not look through years of history. */
final class JobResults {
    private JobResults() {}

    /** Notes how a job ended, in the transaction that ends it. */
    static void note(Handle handle, Job job, JobState state, String message, Instant now) {
        handle.execute(
                "INSERT INTO job_results (kind, subject, plan, job_id, state, ended_micros, done_micros, partial_micros, failures,"
                        + " message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, subject, plan) DO UPDATE SET"
                        + " job_id = excluded.job_id, state = excluded.state, ended_micros = excluded.ended_micros,"
                        + " message = excluded.message,"
                        + " done_micros = CASE WHEN excluded.done_micros > 0 THEN excluded.done_micros"
                        + " ELSE job_results.done_micros END,"
                        + " partial_micros = CASE WHEN excluded.partial_micros > 0 THEN excluded.partial_micros"
                        + " ELSE job_results.partial_micros END,"
                        + " failures = CASE excluded.state WHEN 'failed' THEN job_results.failures + 1"
                        + " WHEN 'cancelled' THEN job_results.failures ELSE 0 END",
                Words.of(job.kind()),
                subject(job),
                job.plan(),
                job.id().text(),
                Words.of(state),
                Micros.of(now),
                state == JobState.DONE ? Micros.of(now) : 0,
                state == JobState.PARTIAL ? Micros.of(now) : 0,
                state == JobState.FAILED ? 1 : 0,
                message);
    }

    /** Whom a job is about: a host, or a repository alone. */
    private static String subject(Job job) {
        HostId host = job.host();
        return host == null ? job.repository() : host.text();
    }

    static void forgetHost(Handle handle, HostId host) {
        handle.execute("DELETE FROM job_results WHERE subject = ?", host.text());
    }

    static void forgetPlan(Handle handle, String plan) {
        handle.execute("DELETE FROM job_results WHERE plan = ?", plan);
    }
}
