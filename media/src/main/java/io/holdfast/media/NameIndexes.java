package io.holdfast.media;

import io.holdfast.core.Bytes;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.repository.Repository;
import io.holdfast.search.SearchIndex;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** The names of all snapshots in the repositories that are open, brought up to date by a thread of its own. Thread-safe. */
public final class NameIndexes implements AutoCloseable {
    /** Between two looks at what has changed, however often it has. */
    private static final Duration PAUSE = Duration.ofSeconds(2);
    /** Without being told of anything: others may write into a repository, too. */
    private static final Duration ROUND = Duration.ofMinutes(10);
    /** Of the memory, for what each question looks at. */
    private static final int SHARE = 8;

    private final OpenRepositories repositories;
    private final Path directory;
    private final EventLog log;
    private final MonotonicClock clock;
    private final Map<Bytes, Indexed> indexes = new ConcurrentHashMap<>();
    private final Semaphore told = new Semaphore(1);
    private final Thread thread;

    /** @param repository as it was opened then: one that was closed and opened again has another index */
    private record Indexed(Repository repository, SearchIndex index) {}

    private NameIndexes(OpenRepositories repositories, Path directory, EventLog log, MonotonicClock clock) {
        this.repositories = repositories;
        this.directory = directory;
        this.log = log;
        this.clock = clock;
        this.thread = Thread.ofPlatform().daemon().name("holdfast-names").unstarted(this::run);
    }

    /** @param directory for copies of what the repositories have of names; made where missing */
    public static NameIndexes start(OpenRepositories repositories, Path directory, EventLog log, MonotonicClock clock) {
        NameIndexes indexes = new NameIndexes(repositories, directory, log, clock);
        indexes.thread.start();
        return indexes;
    }

    /** Says that there are snapshots to be taken in, or some less. */
    public void look() {
        if (told.availablePermits() == 0) {
            told.release();
        }
    }

    /** That of a repository; empty where it is not open, or was not looked at yet. */
    public Optional<SearchIndex> of(Bytes repositoryId) {
        return Optional.ofNullable(indexes.get(repositoryId)).map(Indexed::index);
    }

    private void run() {
        try {
            while (true) {
                boolean ignored = told.tryAcquire(ROUND.toSeconds(), TimeUnit.SECONDS);
                for (Repository repository : repositories.all()) {
                    update(repository);
                }
                clock.sleep(PAUSE);
            }
        } catch (InterruptedException e) {
            // The server stops.
        }
    }

    private void update(Repository repository) throws InterruptedException {
        Bytes id = repository.keyring().repositoryId();
        try {
            Indexed known = indexes.get(id);
            SearchIndex index = known != null && known.repository() == repository
                    ? known.index()
                    : new SearchIndex(
                            repository,
                            directory.resolve(id.toHex()),
                            Runtime.getRuntime().maxMemory() / SHARE,
                            (what, why) -> log.warning("names", Map.of("what", what, "why", why)),
                            clock);
            index.update(repository.snapshots().live());
            indexes.put(id, new Indexed(repository, index));
        } catch (HoldfastException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedException();
            }
            log.error(
                    "names cannot be brought up to date",
                    Map.of("repository", id.toHex(), "why", String.valueOf(e.getMessage())));
        } catch (RuntimeException e) {
            // A defect that one repository shows must not end the search in all.
            log.error("names cannot be brought up to date", Map.of("repository", id.toHex(), "defect", e));
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
