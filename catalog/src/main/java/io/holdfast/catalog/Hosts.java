package io.holdfast.catalog;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;

/** The machines of a catalog. Thread-safe. */
public final class Hosts {
    private final Database database;
    private final InstantSource clock;
    private final RandomGenerator random;

    /** The tables of words that belong to hosts. */
    private enum WordTable {
        HOST_GROUPS,
        HOST_TAGS
    }

    Hosts(Database database, InstantSource clock, RandomGenerator random) {
        this.database = database;
        this.clock = clock;
        this.random = random;
    }

    /**
     * Adds a machine.
     *
     * @param name as DNS has it, 253 characters at most
     * @throws HoldfastException {@code REFUSED} where there is one of this name
     */
    public Host add(String name) {
        Host host = new Host(
                HostId.generate(random),
                Names.check(name, "host"),
                Micros.exact(clock),
                new TreeSet<>(),
                new TreeSet<>(),
                null);
        int added = database.execute(
                "INSERT INTO hosts (id, name, added_micros) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
                host.id().text(),
                name,
                Micros.of(host.added()));
        if (added == 0) {
            throw taken(name);
        }
        return host;
    }

    public Optional<Host> of(HostId id) {
        return database.read(
                handle -> select(handle, "WHERE id = ?", id.text()).stream().findFirst());
    }

    public Optional<Host> named(String name) {
        return database.read(
                handle -> select(handle, "WHERE name = ?", name).stream().findFirst());
    }

    /**
     * Hosts in the order of their names.
     *
     * @param after the name of the last one that is known already; empty for the first page
     * @param most 1 to 1,000
     */
    public List<Host> page(String after, int most) {
        return page(after, most, Filter.ALL);
    }

    /**
     * Which hosts are meant; an empty text means any.
     *
     * @param word what their names contain
     */
    public record Filter(String word, String group, String tag) {
        public static final Filter ALL = new Filter("", "", "");
    }

    /** The same of those that a filter lets through. */
    public List<Host> page(String after, int most, Filter filter) {
        Conditions conditions = new Conditions();
        conditions.add("name > ?", after);
        if (!filter.word().isEmpty()) {
            conditions.add("name LIKE ? ESCAPE '!'", "%" + filter.word().replaceAll("[!%_]", "!$0") + "%");
        }
        if (!filter.group().isEmpty()) {
            conditions.add("id IN (SELECT host_id FROM host_groups WHERE host_groups.name = ?)", filter.group());
        }
        if (!filter.tag().isEmpty()) {
            conditions.add("id IN (SELECT host_id FROM host_tags WHERE host_tags.name = ?)", filter.tag());
        }
        Object[] arguments = conditions.arguments(Pages.check(most));
        return database.read(handle -> select(handle, conditions.where() + " ORDER BY name LIMIT ?", arguments));
    }

    /** Notes that a host was here; see {@link Sighting}. */
    public void seen(HostId id, String version, String address, String facts) {
        Sightings.note(database, clock, id, version, address, facts);
    }

    /**
     * Calls a host otherwise; false where it is gone.
     *
     * @throws HoldfastException {@code REFUSED} where there is another one of this name
     */
    public boolean rename(HostId id, String name) {
        String checked = Names.check(name, "host");
        return database.write(handle -> {
            if (handle.select("SELECT id FROM hosts WHERE name = ? AND id <> ?", checked, id.text())
                    .mapTo(String.class)
                    .findFirst()
                    .isPresent()) {
                throw taken(checked);
            }
            return handle.execute("UPDATE hosts SET name = ? WHERE id = ?", checked, id.text()) > 0;
        });
    }

    /** Puts a host into these groups and no others. */
    public void setGroups(HostId host, Set<String> groups) {
        set(WordTable.HOST_GROUPS, host, groups);
    }

    /** Gives a host these tags and no others. */
    public void setTags(HostId host, Set<String> tags) {
        set(WordTable.HOST_TAGS, host, tags);
    }

    /** Removes it with its jobs and certificates: at its next request it is refused. Says whether it was there. */
    public boolean remove(HostId host) {
        return database.write(handle -> {
            JobResults.forgetHost(handle, host);
            return handle.execute("DELETE FROM hosts WHERE id = ?", host.text()) > 0;
        });
    }

    private void set(WordTable table, HostId host, Set<String> words) {
        words.forEach(word -> {
            String ignored = Names.check(word, table == WordTable.HOST_GROUPS ? "group" : "tag");
        });
        boolean ignored = database.write(handle -> {
            handle.execute("DELETE FROM " + table + " WHERE host_id = ?", host.text());
            for (String word : words) {
                handle.execute("INSERT INTO " + table + " (host_id, name) VALUES (?, ?)", host.text(), word);
            }
            return true;
        });
    }

    private static HoldfastException taken(String name) {
        return new HoldfastException(
                ErrorCode.REFUSED, "there is a host '" + name + "' already", "Name this one otherwise.");
    }

    private static List<Host> select(Handle handle, String which, Object... arguments) {
        return filled(
                handle,
                handle.select(
                                "SELECT id, name, added_micros, seen_micros, version, address, facts FROM hosts "
                                        + which,
                                arguments)
                        .map((row, context) -> new Host(
                                new HostId(row.getString(1)),
                                row.getString(2),
                                Micros.instant(row.getLong(3)),
                                new TreeSet<>(),
                                new TreeSet<>(),
                                Sightings.read(row, 4)))
                        .list());
    }

    /** The same with what belongs to them, in two queries for all. */
    private static List<Host> filled(Handle handle, List<Host> hosts) {
        if (hosts.isEmpty()) {
            return hosts;
        }
        Map<String, SortedSet<String>> groups = words(handle, WordTable.HOST_GROUPS, hosts);
        Map<String, SortedSet<String>> tags = words(handle, WordTable.HOST_TAGS, hosts);
        List<Host> filled = new ArrayList<>();
        for (Host host : hosts) {
            filled.add(new Host(
                    host.id(),
                    host.name(),
                    host.added(),
                    groups.getOrDefault(host.id().text(), new TreeSet<>()),
                    tags.getOrDefault(host.id().text(), new TreeSet<>()),
                    host.seen()));
        }
        return filled;
    }

    private static Map<String, SortedSet<String>> words(Handle handle, WordTable table, List<Host> hosts) {
        Map<String, SortedSet<String>> words = new HashMap<>();
        handle.createQuery("SELECT host_id, name FROM " + table + " WHERE host_id IN (<ids>)")
                .bindList("ids", hosts.stream().map(host -> host.id().text()).toList())
                .map((row, context) -> Map.entry(row.getString(1), row.getString(2)))
                .forEach(word -> words.computeIfAbsent(word.getKey(), id -> new TreeSet<>())
                        .add(word.getValue()));
        return words;
    }
}
