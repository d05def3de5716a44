package io.holdfast.cli;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.catalog.SnapshotFacts;
import io.holdfast.catalog.Snapshots.Reconciled;
import io.holdfast.core.Bytes;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.media.OpenRepositories;
import io.holdfast.repository.Repository;
import io.holdfast.repository.snapshot.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes the catalog say what the repositories have: what was committed and not noted, because something died in between, and what is gone. At the start, and each hour.
 */
final class CatalogSync implements AutoCloseable {
    private static final Duration BETWEEN = Duration.ofHours(1);

    private final Catalog catalog;
    private final OpenRepositories repositories;
    private final EventLog log;
    private final Thread thread;

    private CatalogSync(Catalog catalog, OpenRepositories repositories, MonotonicClock clock, EventLog log) {
        this.catalog = catalog;
        this.repositories = repositories;
        this.log = log;
        this.thread = Thread.ofPlatform().daemon().name("holdfast-catalog").unstarted(() -> {
            try {
                while (true) {
                    look();
                    clock.sleep(BETWEEN);
                }
            } catch (InterruptedException e) {
                // The server stops.
            }
        });
    }

    static CatalogSync start(Catalog catalog, OpenRepositories repositories, MonotonicClock clock, EventLog log) {
        CatalogSync sync = new CatalogSync(catalog, repositories, clock, log);
        sync.thread.start();
        return sync;
    }

    private void look() {
        for (RepositoryEntry entry : catalog.repositories().all()) {
            Optional<Repository> repository = repositories.of(Bytes.ofHex(entry.repositoryId()));
            try {
                repository.ifPresent(open -> look(entry.name(), open));
            } catch (HoldfastException e) {
                log.error(
                        "repository cannot be listed",
                        Map.of("repository", entry.name(), "why", String.valueOf(e.getMessage())));
            }
        }
    }

    private void look(String name, Repository repository) {
        long mark = catalog.snapshots().mark();
        List<SnapshotFacts> facts = new ArrayList<>();
        for (Snapshot snapshot : repository.snapshots().live()) {
            facts.add(CatalogDesk.facts(
                    snapshot,
                    catalog.hosts()
                            .named(snapshot.manifest().host())
                            .map(Host::id)
                            .orElse(null)));
        }
        Reconciled made = catalog.snapshots().reconcile(name, mark, facts);
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
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
