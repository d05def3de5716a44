package io.holdfast.catalog;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
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
import org.jdbi.v3.core.Jdbi;

/** The machines of a catalog. Thread-safe. */
public final class Hosts {
    private static final int MAX_NAME = 253;
    private static final int MAX_PAGE = 1_000;

    private final Jdbi jdbi;
    private final InstantSource clock;
    private final RandomGenerator random;

    /** The tables of words that belong to hosts. */
    private enum Words {
        HOST_GROUPS,
        HOST_TAGS
    }

    Hosts(Jdbi jdbi, InstantSource clock, RandomGenerator random) {
        this.jdbi = jdbi;
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
        if (name.isBlank() || name.length() > MAX_NAME || name.chars().anyMatch(Character::isISOControl)) {
            throw HoldfastException.usage(
                    "'" + name + "' is no name of a host", "Write 1 to " + MAX_NAME + " characters.");
        }
        Host host = new Host(
                HostId.generate(random),
                name,
                clock.instant().truncatedTo(ChronoUnit.MICROS),
                new TreeSet<>(),
                new TreeSet<>());
        int added = jdbi.withHandle(handle -> handle.execute(
                "INSERT INTO hosts (id, name, added_micros) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
                host.id().text(),
                name,
                Micros.of(host.added())));
        if (added == 0) {
            throw new HoldfastException(
                    ErrorCode.REFUSED, "there is a host '" + name + "' already", "Name this one otherwise.");
        }
        return host;
    }

    public Optional<Host> named(String name) {
        return jdbi.inTransaction(handle -> filled(
                        handle,
                        handle.createQuery("SELECT id, name, added_micros FROM hosts WHERE name = ?")
                                .bind(0, name)
                                .map((row, context) -> host(row.getString(1), row.getString(2), row.getLong(3)))
                                .list())
                .stream()
                .findFirst());
    }

    /**
     * Hosts in the order of their names.
     *
     * @param after the name of the last one that is known already; empty for the first page
     * @param most 1 to 1,000
     */
    public List<Host> page(String after, int most) {
        if (most < 1 || most > MAX_PAGE) {
            throw new IllegalArgumentException("a page of " + most);
        }
        return jdbi.inTransaction(handle -> filled(
                handle,
                handle.createQuery("SELECT id, name, added_micros FROM hosts WHERE name > ? ORDER BY name LIMIT ?")
                        .bind(0, after)
                        .bind(1, most)
                        .map((row, context) -> host(row.getString(1), row.getString(2), row.getLong(3)))
                        .list()));
    }

    /** Puts a host into these groups and no others. */
    public void setGroups(HostId host, Set<String> groups) {
        set(Words.HOST_GROUPS, host, groups);
    }

    /** Gives a host these tags and no others. */
    public void setTags(HostId host, Set<String> tags) {
        set(Words.HOST_TAGS, host, tags);
    }

    /** Whether it was there. */
    public boolean remove(HostId host) {
        return jdbi.withHandle(handle -> handle.execute("DELETE FROM hosts WHERE id = ?", host.text())) > 0;
    }

    private void set(Words table, HostId host, Set<String> words) {
        jdbi.useTransaction(handle -> {
            handle.execute("DELETE FROM " + table + " WHERE host_id = ?", host.text());
            for (String word : words) {
                handle.execute("INSERT INTO " + table + " (host_id, name) VALUES (?, ?)", host.text(), word);
            }
        });
    }

    private static Host host(String id, String name, long addedMicros) {
        return new Host(new HostId(id), name, Micros.instant(addedMicros), new TreeSet<>(), new TreeSet<>());
    }

    /** The same with what belongs to them, in two queries for all. */
    private static List<Host> filled(Handle handle, List<Host> hosts) {
        if (hosts.isEmpty()) {
            return hosts;
        }
        Map<String, SortedSet<String>> groups = words(handle, Words.HOST_GROUPS, hosts);
        Map<String, SortedSet<String>> tags = words(handle, Words.HOST_TAGS, hosts);
        List<Host> filled = new ArrayList<>();
        for (Host host : hosts) {
            filled.add(new Host(
                    host.id(),
                    host.name(),
                    host.added(),
                    groups.getOrDefault(host.id().text(), new TreeSet<>()),
                    tags.getOrDefault(host.id().text(), new TreeSet<>())));
        }
        return filled;
    }

    private static Map<String, SortedSet<String>> words(Handle handle, Words table, List<Host> hosts) {
        Map<String, SortedSet<String>> words = new HashMap<>();
        handle.createQuery("SELECT host_id, name FROM " + table + " WHERE host_id IN (<ids>)")
                .bindList("ids", hosts.stream().map(host -> host.id().text()).toList())
                .map((row, context) -> Map.entry(row.getString(1), row.getString(2)))
                .forEach(word -> words.computeIfAbsent(word.getKey(), id -> new TreeSet<>())
                        .add(word.getValue()));
        return words;
    }
}
