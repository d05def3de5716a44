package io.holdfast.cli;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.catalog.SnapshotFacts;
import io.holdfast.catalog.Snapshots;
import io.holdfast.catalog.Snapshots.Reconciled;
import io.holdfast.control.ManifestFacts;
import io.holdfast.control.Retention;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.WallClock;
import io.holdfast.http.Json;
import io.holdfast.media.OpenRepositories;
import io.holdfast.repository.Repository;
import io.holdfast.repository.snapshot.Snapshot;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/** Makes the catalog say what a repository has: its snapshots, and its size. Thread-safe. */
final class RepositoryListing {
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
        Reconciled made = catalog.transaction(() -> {
            Reconciled done = catalog.snapshots().reconcile(name, mark, facts);
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
        note(name, repository);
        return new Compared(facts.size(), hosts, made);
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
