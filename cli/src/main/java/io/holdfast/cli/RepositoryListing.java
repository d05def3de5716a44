package io.holdfast.cli;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.catalog.SnapshotEntry;
import io.holdfast.catalog.SnapshotFacts;
import io.holdfast.catalog.Snapshots;
import io.holdfast.catalog.Snapshots.Reconciled;
import io.holdfast.control.ManifestFacts;
import io.holdfast.control.Retention;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.WallClock;
import io.holdfast.http.Json;
import io.holdfast.media.OpenRepositories;
import io.holdfast.media.VaultListing;
import io.holdfast.repository.Repository;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** Makes the catalog say what a repository has: its snapshots, and its size. Thread-safe. */
final class RepositoryListing {
    /** What was saved, where only the host knows. */
    private static final String UNKNOWN = "(encrypted by the host)";

    private final Catalog catalog;
    private final EventLog log;

    /**
     * What was compared.
     *
     * @param hosts the names under which there are snapshots
     * @param made what the catalog did not say before
     */
    record Compared(long snapshots, SortedSet<String> hosts, Reconciled made) {}

    /** @param log told where they differed */
    RepositoryListing(Catalog catalog, EventLog log) {
        this.catalog = catalog;
        this.log = log;
    }

    /** @throws HoldfastException {@code NO_REPOSITORY} where it is away, and whatever keeps it from being listed */
    Compared compare(String name, Repository repository) {
        if (!Repository.exists(repository.store())) {
            // Its disk is away: that says nothing of its snapshots.
            throw new HoldfastException(
                    ErrorCode.NO_REPOSITORY,
                    "there is no repository in " + repository.store().describe() + " any more");
        }
        long mark = catalog.snapshots().mark();
        List<SnapshotFacts> facts = new ArrayList<>();
        SortedSet<String> hosts = new TreeSet<>();
        for (Snapshot snapshot : repository.snapshots().live()) {
            hosts.add(snapshot.manifest().host());
            facts.add(ManifestFacts.of(
                    snapshot,
                    catalog.hosts()
                            .named(snapshot.manifest().host())
                            .map(Host::id)
                            .orElse(null)));
        }
        Reconciled made = reconcile(name, "", mark, facts);
        note(name, repository);
        return new Compared(facts.size(), hosts, made);
    }

    private Reconciled reconcile(String name, String vault, long mark, List<SnapshotFacts> facts) {
        Reconciled made = catalog.transaction(() -> {
            Reconciled done = catalog.snapshots().reconcile(name, vault, mark, facts);
            done.removed()
                    .forEach(entry -> catalog.audit()
                            .append(
                                    Retention.ACTOR,
                                    "snapshot.gone",
                                    entry.facts().id(),
                                    Json.text(Map.of(
                                            "repository",
                                            name,
                                            "host",
                                            entry.facts().hostName(),
                                            "source",
                                            entry.facts().source()))));
            return done;
        });
        if (!made.added().isEmpty() || !made.removed().isEmpty()) {
            log.warning(
                    "catalog made right by a repository",
                    Map.of(
                            "repository",
                            name,
                            "added",
                            made.added().size(),
                            "removed",
                            made.removed().size()));
        }
        return made;
    }

    /**
     * The same for the vaults beside a repository, of which only the ids of snapshots can be seen.
     *
     * @return how many snapshots the catalog did not know
     */
    int compareVaults(RepositoryEntry entry, OpenRepositories repositories) {
        int added = 0;
        Bytes id = Bytes.ofHex(entry.repositoryId());
        for (String host : repositories.vaults(id)) {
            long mark = catalog.snapshots().mark();
            Map<SnapshotId, SnapshotFacts> known = new HashMap<>();
            for (SnapshotEntry each : catalog.snapshots().ofVault(entry.name(), host)) {
                known.put(SnapshotId.parse(each.facts().id()), each.facts());
            }
            List<SnapshotFacts> facts =
                    VaultListing.snapshots(repositories.vault(id, host, false).store(), known.keySet()).stream()
                            .map(snapshot -> known.getOrDefault(snapshot, sealed(snapshot, host)))
                            .toList();
            added += reconcile(entry.name(), host, mark, facts).added().size();
        }
        return added;
    }

    /** Of a snapshot of which nobody has told. */
    private SnapshotFacts sealed(SnapshotId snapshot, String host) {
        HostId id = new HostId(host);
        Optional<Host> known = catalog.hosts().of(id);
        Instant now = WallClock.system().instant();
        return new SnapshotFacts(
                snapshot.leaf(),
                known.map(Host::name).orElse(host),
                known.map(Host::id).orElse(null),
                UNKNOWN,
                "",
                null,
                now,
                now,
                0,
                0,
                0,
                0,
                null,
                new TreeSet<>(),
                host);
    }

    /** How large it is now, for the chart of its growth. */
    private void note(String name, Repository repository) {
        Snapshots.Totals totals = catalog.snapshots().totals(new Snapshots.Filter(name, null, "", "", "", null, null));
        catalog.repositories()
                .note(
                        name,
                        new RepositoryEntry.Size(
                                WallClock.system().instant().truncatedTo(ChronoUnit.DAYS),
                                OpenRepositories.storedBytes(repository),
                                totals.bytes(),
                                totals.snapshots()));
    }
}
