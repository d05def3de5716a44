package io.holdfast.catalog;

import io.holdfast.catalog.Database.Turn;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/**
 * The snapshots of all repositories, as far as the catalog knows. A repository is right where they differ: {@link #reconcile} makes the catalog say the same.
 * Thread-safe.
 */
public final class Snapshots {
    private static final String COLUMNS =
            "repository, snapshot_id, sequence, noted_micros, host_name, host_id, source, plan, job_id,"
                    + " started_micros, ended_micros, files, bytes, added_bytes, stored_bytes, locked_until_micros, vault";

    private final Database database;
    private final InstantSource clock;

    /**
     * Which snapshots are meant; what is absent or empty means any.
     *
     * @param from they were noted then or later
     * @param until they were noted earlier
     */
    public record Filter(
            String repository,
            @Nullable HostId host,
            String source,
            String plan,
            String tag,
            @Nullable Instant from,
            @Nullable Instant until) {
        public static final Filter ALL = new Filter("", null, "", "", "", null, null);
    }

    /**
     * What a listing told.
     *
     * @param added that were in the repository alone
     * @param removed that were in the catalog alone
     */
    public record Reconciled(List<SnapshotEntry> added, List<SnapshotEntry> removed) {}

    /** How much there is of them. */
    public record Totals(long snapshots, long bytes, long storedBytes) {}

    Snapshots(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /** Notes a snapshot that was committed. Of one that is known already, it keeps the place in the order, and takes over the facts. */
    public SnapshotEntry put(String repository, SnapshotFacts facts) {
        Instant now = Micros.exact(clock);
        return database.write(handle -> {
            database.await(handle, Turn.SNAPSHOTS);
            Optional<SnapshotEntry> known =
                    select(handle, "WHERE repository = ? AND snapshot_id = ?", repository, facts.id()).stream()
                            .findFirst();
            if (known.isPresent()) {
                SnapshotEntry entry = known.get();
                delete(handle, repository, facts.id());
                return insert(handle, new SnapshotEntry(repository, entry.sequence(), entry.noted(), facts));
            }
            return insert(handle, new SnapshotEntry(repository, next(handle, 1), now, facts));
        });
    }

    /** Counts so many events, and gives the number of the first. One transaction at a time does, so the order of numbers is that of commits. */
    private static long next(Handle handle, int count) {
        handle.execute("UPDATE counters SET value = value + ? WHERE name = 'snapshots'", count);
        return mark(handle) - count + 1;
    }

    private static long mark(Handle handle) {
        return handle.select("SELECT value FROM counters WHERE name = 'snapshots'")
                .mapTo(Long.class)
                .one();
    }

    private static SnapshotEntry insert(Handle handle, SnapshotEntry entry) {
        SnapshotFacts facts = entry.facts();
        HostId host = facts.host();
        JobId job = facts.job();
        handle.execute(
                "INSERT INTO snapshots (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                entry.repository(),
                facts.id(),
                entry.sequence(),
                Micros.of(entry.noted()),
                facts.hostName(),
                host == null ? null : host.text(),
                facts.source(),
                facts.plan(),
                job == null ? null : job.text(),
                Micros.of(facts.started()),
                Micros.of(facts.ended()),
                facts.files(),
                facts.bytes(),
                facts.addedBytes(),
                facts.storedBytes(),
                Micros.orZero(facts.lockedUntil()),
                facts.vault());
        for (String tag : facts.tags()) {
            handle.execute(
                    "INSERT INTO snapshot_tags (repository, snapshot_id, name) VALUES (?, ?, ?)",
                    entry.repository(),
                    facts.id(),
                    tag);
        }
        return entry;
    }

    private static boolean delete(Handle handle, String repository, String id) {
        return handle.execute("DELETE FROM snapshots WHERE repository = ? AND snapshot_id = ?", repository, id) > 0;
    }

    /** Removes what was known of a snapshot that is gone; false where nothing was. */
    public boolean remove(String repository, String id) {
        return database.write(handle -> delete(handle, repository, id));
    }

    /** Notes that nobody can delete it earlier; locks only ever extend. False where it is not known or was locked for longer. */
    public boolean lock(String repository, String id, Instant until) {
        return database.execute(
                        "UPDATE snapshots SET locked_until_micros = ?"
                                + " WHERE repository = ? AND snapshot_id = ? AND locked_until_micros < ?",
                        Micros.of(until),
                        repository,
                        id,
                        Micros.of(until))
                > 0;
    }

    /** How far the order of events has come. Asked for before a repository is listed: what is noted later need not be in the list. */
    public long mark() {
        return database.read(Snapshots::mark);
    }

    /**
     * Compares what is known of a repository with a full listing of it, adds what is missing, the one that ended first first, and removes what is gone. What was not
     * known gets the time at which it says that it ended, or now where that would be later. A snapshot that was forgotten while the list was made may come back
     * until the next list.
     *
     * @param mark what {@link #mark} said before the listing began
     */
    public Reconciled reconcile(String repository, long mark, Collection<SnapshotFacts> listing) {
        return reconcile(repository, "", mark, listing);
    }

    /** The same of the vault of a host beside the repository. */
    public Reconciled reconcile(String repository, String vault, long mark, Collection<SnapshotFacts> listing) {
        Instant now = Micros.exact(clock);
        return database.write(handle -> {
            database.await(handle, Turn.SNAPSHOTS);
            Map<String, SnapshotFacts> missing = new HashMap<>();
            listing.forEach(facts -> missing.put(facts.id(), facts));
            Set<String> listed = new HashSet<>(missing.keySet());
            List<SnapshotEntry> removed = new ArrayList<>();
            for (SnapshotEntry entry :
                    select(handle, "WHERE repository = ? AND vault = ? ORDER BY sequence", repository, vault)) {
                missing.remove(entry.facts().id());
                if (!listed.contains(entry.facts().id()) && entry.sequence() <= mark) {
                    if (delete(handle, repository, entry.facts().id())) {
                        removed.add(entry);
                    }
                }
            }
            List<SnapshotFacts> found = missing.values().stream()
                    .sorted(Comparator.comparing(SnapshotFacts::ended).thenComparing(SnapshotFacts::id))
                    .toList();
            List<SnapshotEntry> added = new ArrayList<>();
            if (!found.isEmpty()) {
                long sequence = next(handle, found.size());
                for (SnapshotFacts facts : found) {
                    Instant noted = facts.ended().isAfter(now) ? now : Micros.exact(facts.ended());
                    added.add(insert(handle, new SnapshotEntry(repository, sequence, noted, facts)));
                    sequence++;
                }
            }
            return new Reconciled(added, removed);
        });
    }

    /**
     * Gives a host the snapshots under its name that are no host's: those that were noted before it was known here.
     *
     * @return how many
     */
    public int claim(HostId host, String name) {
        return database.write(handle -> {
            database.await(handle, Turn.SNAPSHOTS);
            return handle.execute(
                    "UPDATE snapshots SET host_id = ? WHERE host_id IS NULL AND host_name = ?", host.text(), name);
        });
    }

    /** Those of the vault of a host beside a repository. */
    public List<SnapshotEntry> ofVault(String repository, String vault) {
        return database.read(
                handle -> select(handle, "WHERE repository = ? AND vault = ? ORDER BY sequence", repository, vault));
    }

    public Optional<SnapshotEntry> of(String repository, String id) {
        return database.read(
                handle -> select(handle, "WHERE repository = ? AND snapshot_id = ?", repository, id).stream()
                        .findFirst());
    }

    /** Those whose id has this text in it, as people type parts of ids; not more than so many. */
    public List<SnapshotEntry> withIdPart(String part, int most) {
        int rows = Pages.check(most);
        return part.chars().allMatch(c -> Character.digit(c, 16) >= 0 || c == '-')
                ? database.read(handle -> select(
                        handle, "WHERE snapshot_id LIKE ? ORDER BY sequence DESC LIMIT ?", "%" + part + "%", rows))
                : List.of();
    }

    /**
     * Snapshots, those that were noted last first.
     *
     * @param before sequence number of the last one that is known already; {@link Long#MAX_VALUE} for the first page
     * @param most 1 to 1,000
     */
    public List<SnapshotEntry> page(Filter filter, long before, int most) {
        Conditions conditions = conditions(filter);
        conditions.add("sequence < ?", before);
        String which = conditions.where() + " ORDER BY sequence DESC LIMIT ?";
        Object[] arguments = conditions.arguments(Pages.check(most));
        return database.read(handle -> select(handle, which, arguments));
    }

    /** Those that were noted after this place in the order, the first of them first. */
    public List<SnapshotEntry> since(long sequence, int most) {
        int rows = Pages.check(most);
        return database.read(handle -> select(handle, "WHERE sequence > ? ORDER BY sequence LIMIT ?", sequence, rows));
    }

    /** The newest one of each of these hosts that has any. */
    public List<SnapshotEntry> newest(Collection<HostId> hosts) {
        if (hosts.isEmpty()) {
            return List.of();
        }
        return database.read(handle -> filled(
                handle,
                handle.createQuery("SELECT " + COLUMNS + " FROM snapshots WHERE sequence IN (SELECT max(sequence)"
                                + " FROM snapshots WHERE host_id IN (<ids>) GROUP BY host_id) ORDER BY sequence DESC")
                        .bindList("ids", hosts.stream().map(HostId::text).toList())
                        .map(Snapshots::read)
                        .list()));
    }

    public Totals totals(Filter filter) {
        Conditions conditions = conditions(filter);
        return database.read(handle -> handle.select(
                        "SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(stored_bytes), 0) FROM snapshots "
                                + conditions.where(),
                        conditions.arguments())
                .map((row, context) -> new Totals(row.getLong(1), row.getLong(2), row.getLong(3)))
                .one());
    }

    private static Conditions conditions(Filter filter) {
        Conditions conditions = new Conditions();
        if (!filter.repository().isEmpty()) {
            conditions.add("repository = ?", filter.repository());
        }
        HostId host = filter.host();
        if (host != null) {
            conditions.add("host_id = ?", host.text());
        }
        if (!filter.source().isEmpty()) {
            conditions.add("source = ?", filter.source());
        }
        if (!filter.plan().isEmpty()) {
            conditions.add("plan = ?", filter.plan());
        }
        if (!filter.tag().isEmpty()) {
            conditions.add(
                    "EXISTS (SELECT 1 FROM snapshot_tags t WHERE t.repository = snapshots.repository"
                            + " AND t.snapshot_id = snapshots.snapshot_id AND t.name = ?)",
                    filter.tag());
        }
        Instant from = filter.from();
        if (from != null) {
            conditions.add("noted_micros >= ?", Micros.of(from));
        }
        Instant until = filter.until();
        if (until != null) {
            conditions.add("noted_micros < ?", Micros.of(until));
        }
        return conditions;
    }

    private static List<SnapshotEntry> select(Handle handle, String which, Object... arguments) {
        return filled(
                handle,
                handle.select("SELECT " + COLUMNS + " FROM snapshots " + which, arguments)
                        .map(Snapshots::read)
                        .list());
    }

    /** The same with their tags. */
    private static List<SnapshotEntry> filled(Handle handle, List<SnapshotEntry> entries) {
        Map<String, SortedSet<String>> tags = new HashMap<>();
        List<String> ids = entries.stream().map(entry -> entry.facts().id()).toList();
        for (int from = 0; from < ids.size(); from += 1_000) {
            handle.createQuery("SELECT repository, snapshot_id, name FROM snapshot_tags WHERE snapshot_id IN (<ids>)")
                    .bindList("ids", ids.subList(from, Math.min(from + 1_000, ids.size())))
                    .map((row, context) -> List.of(row.getString(1), row.getString(2), row.getString(3)))
                    .forEach(tag -> tags.computeIfAbsent(tag.get(0) + "/" + tag.get(1), key -> new TreeSet<>())
                            .add(tag.get(2)));
        }
        return entries.stream()
                .map(entry -> {
                    SnapshotFacts facts = entry.facts();
                    SortedSet<String> its = tags.getOrDefault(entry.repository() + "/" + facts.id(), new TreeSet<>());
                    return new SnapshotEntry(entry.repository(), entry.sequence(), entry.noted(), tagged(facts, its));
                })
                .toList();
    }

    private static SnapshotFacts tagged(SnapshotFacts facts, SortedSet<String> tags) {
        return new SnapshotFacts(
                facts.id(),
                facts.hostName(),
                facts.host(),
                facts.source(),
                facts.plan(),
                facts.job(),
                facts.started(),
                facts.ended(),
                facts.files(),
                facts.bytes(),
                facts.addedBytes(),
                facts.storedBytes(),
                facts.lockedUntil(),
                tags,
                facts.vault());
    }

    private static SnapshotEntry read(ResultSet row, StatementContext context) throws SQLException {
        String host = row.getString("host_id");
        String job = row.getString("job_id");
        return new SnapshotEntry(
                row.getString("repository"),
                row.getLong("sequence"),
                Micros.instant(row.getLong("noted_micros")),
                new SnapshotFacts(
                        row.getString("snapshot_id"),
                        row.getString("host_name"),
                        host == null ? null : new HostId(host),
                        row.getString("source"),
                        row.getString("plan"),
                        job == null ? null : new JobId(job),
                        Micros.instant(row.getLong("started_micros")),
                        Micros.instant(row.getLong("ended_micros")),
                        row.getLong("files"),
                        row.getLong("bytes"),
                        row.getLong("added_bytes"),
                        row.getLong("stored_bytes"),
                        Micros.orNull(row.getLong("locked_until_micros")),
                        new TreeSet<>(),
                        row.getString("vault")));
    }
}
