package io.holdfast.catalog;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which hosts have been saved lately, and which have not. A backup in which something is missing counts: what it has can be restored. Thread-safe. */
public final class Protection {
    private final Database database;

    /**
     * How many there are.
     *
     * @param saved since the time that was asked for
     * @param never at no time
     */
    public record Counts(long hosts, long saved, long never) {}

    /**
     * A host that was not saved lately.
     *
     * @param saved when last; absent where it never was
     */
    public record Gap(String host, @Nullable Instant saved) {}

    /** A query with its values. */
    private record Query(String text, List<Object> values) {
        /** About the hosts of these groups; of none, about all. */
        static Query of(Set<String> groups, String then, Object... values) {
            List<Object> all = new ArrayList<>(groups);
            all.addAll(List.of(values));
            String which = groups.isEmpty()
                    ? ""
                    : " WHERE hosts.id IN (SELECT host_id FROM host_groups WHERE host_groups.name IN ("
                            + String.join(
                                    ", ", groups.stream().map(group -> "?").toList()) + "))";
            return new Query(
                    "WITH last AS (SELECT hosts.name, COALESCE(MAX(CASE WHEN done_micros > partial_micros THEN done_micros"
                            + " ELSE partial_micros END), 0) AS saved FROM hosts LEFT JOIN job_results"
                            + " ON job_results.subject = hosts.id AND job_results.kind = 'backup'" + which
                            + " GROUP BY hosts.id, hosts.name) " + then,
                    all);
        }
    }

    Protection(Database database) {
        this.database = database;
    }

    /**
     * Counts hosts.
     *
     * @param groups of those that are meant; empty for all
     */
    public Counts counts(Set<String> groups, Instant since) {
        Query query = Query.of(
                groups,
                "SELECT COUNT(*), COUNT(*) FILTER (WHERE saved >= ?), COUNT(*) FILTER (WHERE saved = 0) FROM last",
                Micros.of(since));
        return database.read(
                handle -> handle.select(query.text(), query.values().toArray())
                        .map((row, context) -> new Counts(row.getLong(1), row.getLong(2), row.getLong(3)))
                        .one());
    }

    /**
     * Hosts that were not saved since then, those that were never first, then by how long ago it was.
     *
     * @param most 1 to 1,000
     */
    public List<Gap> gaps(Set<String> groups, Instant since, int most) {
        Query query = Query.of(
                groups,
                "SELECT name, saved FROM last WHERE saved < ? ORDER BY saved, name LIMIT ?",
                Micros.of(since),
                Pages.check(most));
        return database.read(handle -> handle.select(
                        query.text(), query.values().toArray())
                .map((row, context) -> new Gap(row.getString(1), Micros.orNull(row.getLong(2))))
                .list());
    }
}
