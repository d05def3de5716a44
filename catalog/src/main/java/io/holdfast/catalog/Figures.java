package io.holdfast.catalog;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Numbers over all that a catalog knows, for those who watch a server. Thread-safe. */
public final class Figures {
    private final Database database;

    /** How many jobs of a kind are in a state. */
    public record JobCount(JobKind kind, JobState state, long count) {}

    /**
     * How many hosts there are.
     *
     * @param connected were here a moment ago
     * @param silent were not here for long, or never were and are known for long
     */
    public record HostCounts(long all, long connected, long silent) {}

    /**
     * How well the hosts of a plan are saved, as far as a backup of them by it has ended.
     *
     * @param oldest when the one was saved that waits longest, of those that ever were; absent where none was
     * @param never how many never were
     */
    public record PlanCover(String plan, @Nullable Instant oldest, long never) {}

    Figures(Database database) {
        this.database = database;
    }

    /** Jobs that have not ended; what there is none of is not in it. */
    public List<JobCount> openJobs() {
        return database.read(handle -> handle.select("SELECT kind, state, COUNT(*) FROM jobs WHERE ended_micros = 0"
                        + " GROUP BY kind, state ORDER BY kind, state")
                .map((row, context) -> new JobCount(
                        Words.read(JobKind.class, row.getString(1)),
                        Words.read(JobState.class, row.getString(2)),
                        row.getLong(3)))
                .list());
    }

    /**
     * Counts hosts.
     *
     * @param connected who was here then or later is connected
     * @param silent who was not here since then is silent
     */
    public HostCounts hosts(Instant connected, Instant silent) {
        return database.read(handle -> handle.select(
                        "SELECT COUNT(*), COUNT(*) FILTER (WHERE seen_micros >= ?), COUNT(*) FILTER (WHERE"
                                + " CASE WHEN seen_micros > 0 THEN seen_micros ELSE added_micros END < ?) FROM hosts",
                        Micros.of(connected),
                        Micros.of(silent))
                .map((row, context) -> new HostCounts(row.getLong(1), row.getLong(2), row.getLong(3)))
                .one());
    }

    /** Of each plan that has had a result, in the order of their names. A backup in which something is missing counts. */
    public List<PlanCover> plans() {
        String saved = "CASE WHEN done_micros > partial_micros THEN done_micros ELSE partial_micros END";
        return database.read(handle -> handle.select("SELECT plan, COALESCE(MIN(NULLIF(" + saved
                        + ", 0)), 0), COUNT(*) FILTER (WHERE " + saved
                        + " = 0) FROM job_results WHERE kind = 'backup' AND plan <> '' GROUP BY plan ORDER BY plan")
                .map((row, context) -> new PlanCover(row.getString(1), Micros.orNull(row.getLong(2)), row.getLong(3)))
                .list());
    }

    /** How many alerts of each kind are not closed. */
    public SortedMap<String, Long> alerts() {
        SortedMap<String, Long> counts = new TreeMap<>();
        database.read(handle -> handle.select("SELECT kind, COUNT(*) FROM alerts WHERE closed_micros = 0 GROUP BY kind")
                        .map((row, context) -> new KindCount(row.getString(1), row.getLong(2)))
                        .list())
                .forEach(count -> counts.put(count.kind(), count.count()));
        return counts;
    }

    private record KindCount(String kind, long count) {}

    /** The newest snapshot of each host, plan and source that a plan made, and how many there are of it. */
    public List<Saved> saved() {
        return database.read(handle -> {
            List<Saved> all = new ArrayList<>();
            handle.select(
                            "SELECT h.name, s.plan, s.source, s.repository, s.noted_micros, s.files, s.bytes, g.snapshots,"
                                    + " g.stored FROM snapshots s JOIN (SELECT MAX(sequence) AS newest, COUNT(*) AS snapshots,"
                                    + " SUM(stored_bytes) AS stored FROM snapshots WHERE host_id IS NOT NULL"
                                    + " GROUP BY host_id, plan, source) g ON g.newest = s.sequence"
                                    + " JOIN hosts h ON h.id = s.host_id ORDER BY h.name, s.plan, s.source")
                    .map((row, context) -> new Saved(
                            row.getString(1),
                            row.getString(2),
                            row.getString(3),
                            row.getString(4),
                            Micros.instant(row.getLong(5)),
                            row.getLong(6),
                            row.getLong(7),
                            row.getLong(8),
                            row.getLong(9)))
                    .forEach(all::add);
            return all;
        });
    }

    /**
     * What is there of a source of a host.
     *
     * @param plan empty where the newest snapshot is of none
     * @param repository that has the newest snapshot
     * @param last when the newest one was noted
     * @param files of the newest one, as bytes
     * @param snapshots how many, in all repositories
     * @param storedBytes by which they made repositories grow
     */
    public record Saved(
            String host,
            String plan,
            String source,
            String repository,
            Instant last,
            long files,
            long bytes,
            long snapshots,
            long storedBytes) {}
}
