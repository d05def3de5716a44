package io.holdfast.catalog;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/** The jobs of a catalog: who runs what, by the rules J1 to J6 of docs/jobs.md. Thread-safe, for any number of servers and workers. */
public final class Jobs {
    /** A job that kills whoever runs it must not kill everybody. */
    private static final int MAX_ATTEMPTS = 5;

    private static final int MAX_PAGE = 1_000;
    private static final String COLUMNS =
            "id, plan, host_id, moment_micros, state, fence, owner, cancel_wanted, message";

    private final Database database;
    private final InstantSource clock;
    private final RandomGenerator random;

    /** What a worker that holds a lease is told. */
    public enum Lease {
        HELD,
        /** Held, and somebody wants the job cancelled. */
        CANCEL,
        /** Another one has the job, or it has ended: nothing that is done for it counts any more. */
        LOST
    }

    Jobs(Database database, InstantSource clock, RandomGenerator random) {
        this.database = database;
        this.clock = clock;
        this.random = random;
    }

    /**
     * Decides the moments of a plan, and puts the jobs of its run (rule J1).
     *
     * @param before up to which moment everything was decided when this was looked at
     * @param decided up to which it is now
     * @param moment the one that runs
     * @return false where somebody else has decided meanwhile: then nothing was put
     */
    public boolean put(String plan, Instant before, Instant decided, Instant moment, Collection<HostId> hosts) {
        return database.write(handle -> {
            if (!Plans.decide(handle, plan, before, decided)) {
                return false;
            }
            for (HostId host : hosts) {
                handle.execute(
                        "INSERT INTO jobs (id, plan, host_id, moment_micros, state, queued_micros, fence, owner, lease_until_micros,"
                                + " cancel_wanted, ended_micros, message) VALUES (?, ?, ?, ?, ?, ?, 0, '', 0, 0, 0, '')"
                                + " ON CONFLICT (plan, moment_micros, host_id) DO NOTHING",
                        JobId.generate(random).text(),
                        plan,
                        host.text(),
                        Micros.of(moment),
                        JobState.QUEUED.word(),
                        Micros.of(clock.instant()));
            }
            return true;
        });
    }

    /**
     * Takes the job that has waited longest (rule J2). One whose worker is gone for the last time it may be fails instead, and one that somebody wants cancelled is
     * cancelled.
     *
     * @param owner who takes it, for people
     * @param lease how long it is this one's without a renewal
     */
    public Optional<Job> take(String owner, Duration lease) {
        while (true) {
            Instant now = clock.instant();
            Optional<Free> next = database.read(handle -> next(handle, now));
            if (next.isEmpty()) {
                return Optional.empty();
            }
            Free free = next.get();
            Job job = free.job();
            boolean ignored;
            if (job.isCancelWanted()) {
                ignored = end(free, JobState.CANCELLED, "cancelled", now);
            } else if (job.fence() >= MAX_ATTEMPTS) {
                ignored = end(free, JobState.FAILED, "began " + MAX_ATTEMPTS + " times without an end", now);
            } else if (take(free, owner, now.plus(lease))) {
                return job(job.id());
            }
            // Somebody else was faster: look for another one.
        }
    }

    /** A job that nobody holds. Whoever renews his lease after this was read still holds it. */
    private record Free(Job job, long leaseUntilMicros) {}

    private static Optional<Free> next(Handle handle, Instant now) {
        return handle.select(
                        "SELECT " + COLUMNS + ", lease_until_micros FROM jobs"
                                + " WHERE state = ? OR state = ? AND lease_until_micros < ?"
                                + " ORDER BY queued_micros, id LIMIT 1",
                        JobState.QUEUED.word(),
                        JobState.RUNNING.word(),
                        Micros.of(now))
                .map((row, context) -> new Free(read(row, context), row.getLong(10)))
                .findFirst();
    }

    private boolean take(Free free, String owner, Instant until) {
        return change(
                free,
                "state = ?, fence = fence + 1, owner = ?, lease_until_micros = ?",
                JobState.RUNNING.word(),
                owner,
                Micros.of(until));
    }

    private boolean end(Free free, JobState state, String message, Instant now) {
        return change(free, "state = ?, ended_micros = ?, message = ?", state.word(), Micros.of(now), message);
    }

    private boolean change(Free free, String what, Object... values) {
        List<Object> arguments = new ArrayList<>(List.of(values));
        arguments.addAll(List.of(
                free.job().id().text(), free.job().fence(), free.job().state().word(), free.leaseUntilMicros()));
        return database.write(handle -> handle.execute(
                        "UPDATE jobs SET " + what
                                + " WHERE id = ? AND fence = ? AND state = ? AND lease_until_micros = ?",
                        arguments.toArray()))
                > 0;
    }

    /** Holds a job for longer (rule J3). */
    public Lease renew(JobId id, long fence, Duration lease) {
        return database.write(handle -> {
            int held = handle.execute(
                    "UPDATE jobs SET lease_until_micros = ? WHERE id = ? AND fence = ? AND state = ?",
                    Micros.of(clock.instant().plus(lease)),
                    id.text(),
                    fence,
                    JobState.RUNNING.word());
            if (held == 0) {
                return Lease.LOST;
            }
            return select(handle, id).map(Job::isCancelWanted).orElse(false) ? Lease.CANCEL : Lease.HELD;
        });
    }

    /**
     * Ends a job (rule J3).
     *
     * @param state a final one
     * @return false where the job is another's by now, or has ended: then this says nothing
     */
    public boolean finish(JobId id, long fence, JobState state, String message) {
        if (!state.isFinal()) {
            throw new IllegalArgumentException("a job that ends as " + state);
        }
        return database.write(handle -> handle.execute(
                        "UPDATE jobs SET state = ?, ended_micros = ?, message = ?"
                                + " WHERE id = ? AND fence = ? AND state = ?",
                        state.word(),
                        Micros.of(clock.instant()),
                        message,
                        id.text(),
                        fence,
                        JobState.RUNNING.word()))
                > 0;
    }

    /**
     * Wants a job cancelled (rule J6).
     *
     * @return false where it has ended
     */
    public boolean cancel(JobId id) {
        return database.write(handle -> {
            int ended = handle.execute(
                    "UPDATE jobs SET state = ?, ended_micros = ?, message = 'cancelled' WHERE id = ? AND state = ?",
                    JobState.CANCELLED.word(),
                    Micros.of(clock.instant()),
                    id.text(),
                    JobState.QUEUED.word());
            int noted = handle.execute(
                    "UPDATE jobs SET cancel_wanted = 1 WHERE id = ? AND state = ?", id.text(), JobState.RUNNING.word());
            return ended + noted > 0;
        });
    }

    public Optional<Job> job(JobId id) {
        return database.read(handle -> select(handle, id));
    }

    /** The newest ones of a plan, newest first. */
    public List<Job> of(String plan, int most) {
        if (most < 1 || most > MAX_PAGE) {
            throw new IllegalArgumentException("a page of " + most);
        }
        return database.read(handle -> handle.select(
                        "SELECT " + COLUMNS + " FROM jobs WHERE plan = ? ORDER BY moment_micros DESC, id LIMIT ?",
                        plan,
                        most)
                .map(Jobs::read)
                .list());
    }

    private static Optional<Job> select(Handle handle, JobId id) {
        return handle.select("SELECT " + COLUMNS + " FROM jobs WHERE id = ?", id.text())
                .map(Jobs::read)
                .findFirst();
    }

    private static Job read(ResultSet row, StatementContext context) throws SQLException {
        return new Job(
                new JobId(row.getString(1)),
                row.getString(2),
                new HostId(row.getString(3)),
                Micros.instant(row.getLong(4)),
                JobState.of(row.getString(5)),
                row.getLong(6),
                row.getString(7),
                row.getLong(8) != 0,
                row.getString(9));
    }
}
