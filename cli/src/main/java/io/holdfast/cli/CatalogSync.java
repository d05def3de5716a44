package io.holdfast.cli;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.core.Bytes;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.media.OpenRepositories;
import io.holdfast.repository.Repository;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Makes the catalog say what the repositories have: what was committed and not noted, because something died in between, and what is gone. At the start, and each hour. Each minute
 * it looks for repositories that were away.
 */
final class CatalogSync implements AutoCloseable {
    private static final Duration BETWEEN = Duration.ofMinutes(1);
    private static final int LOOKS_AN_HOUR = 60;

    private final Catalog catalog;
    private final OpenRepositories repositories;
    private final RepositoryKeeper keeper;
    private final EventLog log;
    private final RepositoryListing listing;
    private final Thread thread;

    private CatalogSync(
            Catalog catalog,
            OpenRepositories repositories,
            RepositoryKeeper keeper,
            MonotonicClock clock,
            EventLog log) {
        this.catalog = catalog;
        this.repositories = repositories;
        this.keeper = keeper;
        this.log = log;
        this.listing = new RepositoryListing(catalog, log);
        this.thread = Thread.ofPlatform().daemon().name("holdfast-catalog").unstarted(() -> {
            try {
                for (long looks = 0; ; looks++) {
                    look(looks % LOOKS_AN_HOUR == 0);
                    clock.sleep(BETWEEN);
                }
            } catch (InterruptedException e) {
                // The server stops.
            }
        });
    }

    static CatalogSync start(
            Catalog catalog,
            OpenRepositories repositories,
            RepositoryKeeper keeper,
            MonotonicClock clock,
            EventLog log) {
        CatalogSync sync = new CatalogSync(catalog, repositories, keeper, clock, log);
        sync.thread.start();
        return sync;
    }

    private void look(boolean all) {
        try {
            Set<String> before = open();
            keeper.open();
            for (RepositoryEntry entry : catalog.repositories().all()) {
                if (all || !before.contains(entry.repositoryId())) {
                    look(entry);
                }
            }
        } catch (RuntimeException e) {
            // A database that does not answer is asked again.
            log.error("looking at repositories failed", Map.of("why", e));
        }
    }

    /** The ids of those that are open. */
    private Set<String> open() {
        return catalog.repositories().all().stream()
                .map(RepositoryEntry::repositoryId)
                .filter(id -> repositories.of(Bytes.ofHex(id)).isPresent())
                .collect(Collectors.toSet());
    }

    private void look(RepositoryEntry entry) {
        Optional<Repository> repository = repositories.of(Bytes.ofHex(entry.repositoryId()));
        try {
            repository.ifPresent(open -> {
                var ignored = listing.compare(entry.name(), open);
            });
            repository.ifPresent(open -> {
                int ignored = listing.compareVaults(entry, repositories);
            });
            if (repository.isPresent() && !entry.trouble().isEmpty()) {
                catalog.repositories().trouble(entry.name(), "");
            }
        } catch (HoldfastException e) {
            String why = String.valueOf(e.getMessage());
            log.error("repository cannot be listed", Map.of("repository", entry.name(), "why", why));
            catalog.repositories().trouble(entry.name(), why);
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
