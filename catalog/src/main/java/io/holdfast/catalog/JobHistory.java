package io.holdfast.catalog;

import io.holdfast.catalog.Job.Event;
import io.holdfast.catalog.Job.Level;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** What jobs there are and were, for those who look. Thread-safe. */
public final class JobHistory {
    private static final String RESULT_COLUMNS =
            "kind, subject, plan, job_id, state, ended_micros, done_micros, partial_micros, failures, message";

    private final Database database;

    /**
     * Which jobs are meant; what is absent or empty means any.
     *
     * @param from they were queued then or later
     * @param until they were queued earlier
     */
    public record Filter(
            @Nullable JobState state,
            @Nullable JobKind kind,
            @Nullable HostId host,
            String plan,
            String repository,
            @Nullable Instant from,
            @Nullable Instant until) {
        public static final Filter ALL = new Filter(null, null, null, "", "", null, null);
    }

    /** Where a page ended, for the next one. */
    public record Position(Instant queued, JobId id) {
        public static Position of(Job last) {
            return new Position(last.times().queued(), last.id());
        }
    }

    /**
     * How the last job of a kind ended that a plan had for a host or repository.
     *
     * @param subject the id of the host, or the name of the repository where no host is
     * @param plan empty for jobs of no plan
     * @param done when one ended last as done; absent where none did
     * @param partial when one ended last as partial
     * @param failures how many have failed one after the other since one did not
     */
    public record Result(
            JobKind kind,
            String subject,
            String plan,
            JobId job,
            JobState state,
            Instant ended,
            @Nullable Instant done,
            @Nullable Instant partial,
            long failures,
            String message) {}

    JobHistory(Database database) {
        this.database = database;
    }

    /**
     * Jobs, those that were queued last first.
     *
     * @param after where the page before ended; absent for the first one
     * @param most 1 to 1,000
     */
    public List<Job> page(Filter filter, @Nullable Position after, int most) {
        Conditions conditions = conditions(filter);
        if (after != null) {
            conditions.add(
                    "(queued_micros, id) < (?, ?)",
                    Micros.of(after.queued()),
                    after.id().text());
        }
        String which = conditions.where() + " ORDER BY queued_micros DESC, id DESC LIMIT ?";
        Object[] arguments = conditions.arguments(Pages.check(most));
        return database.read(handle -> JobRows.select(handle, which, arguments));
    }

    private static Conditions conditions(Filter filter) {
        Conditions conditions = new Conditions();
        JobState state = filter.state();
        if (state != null) {
            conditions.add("state = ?", Words.of(state));
            if (!state.isFinal()) {
                // There is an index for these few.
                conditions.add("ended_micros = 0");
            }
        }
        JobKind kind = filter.kind();
        if (kind != null) {
            conditions.add("kind = ?", Words.of(kind));
        }
        HostId host = filter.host();
        if (host != null) {
            conditions.add("host_id = ?", host.text());
        }
        if (!filter.plan().isEmpty()) {
            conditions.add("plan = ?", filter.plan());
        }
        if (!filter.repository().isEmpty()) {
            conditions.add("repository = ?", filter.repository());
        }
        Instant from = filter.from();
        if (from != null) {
            conditions.add("queued_micros >= ?", Micros.of(from));
        }
        Instant until = filter.until();
        if (until != null) {
            conditions.add("queued_micros < ?", Micros.of(until));
        }
        return conditions;
    }

    /** How many there are in each state; states without any are not in it. Over all of a long history this takes seconds: say from when on. */
    public Map<JobState, Long> counts(Filter filter) {
        Conditions conditions = conditions(filter);
        return counts("jobs " + conditions.where(), conditions.arguments());
    }

    /** In which state the last jobs of this kind are, over all hosts and plans. */
    public Map<JobState, Long> lastStates(JobKind kind) {
        return counts("job_results WHERE kind = ?", Words.of(kind));
    }

    /** Not by groups: for those, SQLite would read an index of all of history that has them in order. */
    private Map<JobState, Long> counts(String rows, Object... arguments) {
        String columns = Stream.of(JobState.values())
                .map(state -> "count(*) FILTER (WHERE state = '" + Words.of(state) + "')")
                .collect(Collectors.joining(", "));
        return database.read(handle -> handle.select("SELECT " + columns + " FROM " + rows, arguments)
                .map((row, context) -> {
                    Map<JobState, Long> counts = new EnumMap<>(JobState.class);
                    for (JobState state : JobState.values()) {
                        long count = row.getLong(state.ordinal() + 1);
                        if (count > 0) {
                            counts.put(state, count);
                        }
                    }
                    return counts;
                })
                .one());
    }

    /** The last results of these hosts. */
    public List<Result> results(Collection<HostId> hosts) {
        if (hosts.isEmpty()) {
            return List.of();
        }
        return database.read(handle -> handle.createQuery("SELECT " + RESULT_COLUMNS
                        + " FROM job_results WHERE subject IN (<subjects>) ORDER BY subject, plan, kind")
                .bindList("subjects", hosts.stream().map(HostId::text).toList())
                .map(JobHistory::result)
                .list());
    }

    /** The last results of a repository: of jobs without a host. */
    public List<Result> results(String repository) {
        return database.read(handle -> results(handle, "WHERE subject = ? ORDER BY plan, kind", repository));
    }

    /** The last results that are not as they should be: failed or partial; those that ended last first. */
    public List<Result> troubles(int most) {
        int rows = Pages.check(most);
        return database.read(handle -> results(
                handle,
                "WHERE state IN ('failed', 'partial') ORDER BY ended_micros DESC, kind, subject, plan LIMIT ?",
                rows));
    }

    /** The last results of whom the last job that ended on its own failed. */
    public List<Result> failing() {
        return database.read(handle -> results(handle, "WHERE failures > 0 ORDER BY kind, subject, plan"));
    }

    /** The hosts on which a backup of this plan has begun that was queued then or later. */
    public Set<HostId> begun(String plan, Instant since) {
        return database.read(handle -> new HashSet<>(handle.select(
                        "SELECT DISTINCT host_id FROM jobs WHERE plan = ? AND queued_micros >= ? AND kind = 'backup'"
                                + " AND begun_micros > 0 AND host_id IS NOT NULL",
                        plan,
                        Micros.of(since))
                .map((row, context) -> new HostId(row.getString(1)))
                .list()));
    }

    /**
     * Of those that were never done, or not since then: the ones that had the longest time to be.
     *
     * @param since later is good enough
     */
    public List<Result> stale(JobKind kind, Instant since, int most) {
        int rows = Pages.check(most);
        return database.read(handle -> results(
                handle,
                "WHERE kind = ? AND done_micros < ? ORDER BY done_micros, subject, plan LIMIT ?",
                Words.of(kind),
                Micros.of(since),
                rows));
    }

    private static List<Result> results(Handle handle, String which, Object... arguments) {
        return handle.select("SELECT " + RESULT_COLUMNS + " FROM job_results " + which, arguments)
                .map(JobHistory::result)
                .list();
    }

    private static Result result(ResultSet row, StatementContext context) throws SQLException {
        return new Result(
                Words.read(JobKind.class, row.getString(1)),
                row.getString(2),
                row.getString(3),
                new JobId(row.getString(4)),
                Words.read(JobState.class, row.getString(5)),
                Micros.instant(row.getLong(6)),
                Micros.orNull(row.getLong(7)),
                Micros.orNull(row.getLong(8)),
                row.getLong(9),
                row.getString(10));
    }

    /**
     * What happened in a job.
     *
     * @param after the sequence number of the last event that is known already; 0 for all
     */
    public List<Event> events(JobId job, long after, int most) {
        int rows = Pages.check(most);
        return database.read(handle -> handle.select(
                        "SELECT sequence, at_micros, level, text FROM job_events"
                                + " WHERE job_id = ? AND sequence > ? ORDER BY sequence LIMIT ?",
                        job.text(),
                        after,
                        rows)
                .map((row, context) -> new Event(
                        row.getLong(1),
                        Micros.instant(row.getLong(2)),
                        Words.read(Level.class, row.getString(3)),
                        row.getString(4)))
                .list());
    }

    /**
     * Forgets jobs that were queued before this and have ended, with their events, not more than so many at once: nobody should wait long for that. The last
     * results stay.
     *
     * @return how many; call again while it is so many as were allowed
     */
    public int removeEnded(Instant before, int most) {
        return database.execute(
                "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE queued_micros < ? AND ended_micros <> 0"
                        + " ORDER BY queued_micros LIMIT ?)",
                Micros.of(before),
                Pages.check(most));
    }
}
