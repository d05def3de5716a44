package io.holdfast.sources.fleet;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.Warnings;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.chunk.ChunkerParameters;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.testkit.SeededRandom;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** What all actors of a run share. */
final class World implements AutoCloseable {
    private static final Credential KEY = new Credential.Key(KeyFile.generate(new SecureRandom()));
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2060-01-01T00:00:00Z"));
    private static final int PACK_BYTES = 64 << 10;
    /** A repository in which nothing is yet: its keys are the dearest part of a run. */
    private static final MemoryStore EMPTY = made(0);

    private static final MemoryStore LIBRARY = made(3);

    private final SeededRandom random;
    private final Path caches;
    private final MemoryStore store = new MemoryStore();
    private final Trace trace = new Trace();
    private final Odds odds;
    private final Turns turns;
    private final Oracle oracle;
    private final int parallelPuts;

    World(SeededRandom random, Odds odds, Path caches) {
        this.random = random;
        this.caches = caches;
        this.odds = odds;
        this.turns = new Turns(odds, random.split(), trace);
        this.parallelPuts = 1 + random.nextInt(2);
        copy(EMPTY, store);
        this.oracle = new Oracle(store, open(store, "oracle", MonotonicClock.system()), turns);
    }

    private static MemoryStore made(int snapshots) {
        MemoryStore made = new MemoryStore();
        RepositorySettings settings = settings(Path.of("/proc/none"), new SecureRandom(), MonotonicClock.system());
        Bytes id = Repository.newId(settings);
        try (Repository repository =
                Repository.create(made, id, KEY, "test", settings).repository()) {
            Optional<Snapshot> parent = Optional.empty();
            for (int i = 0; i < snapshots; i++) {
                try (WriteSession session = repository.beginSession("library")) {
                    Backup backup = new Backup(repository, session, "library", parent);
                    for (int document = 0; document < Documents.COUNT; document += 2) {
                        backup.add(document, i);
                    }
                    backup.commit();
                    parent = repository.snapshots().live().stream()
                            .filter(each -> each.id().equals(session.id()))
                            .findFirst();
                }
            }
        }
        return made;
    }

    static void copy(MemoryStore from, MemoryStore to) {
        from.list("", object -> {
            PutOutcome ignored = to.put(object.name(), from.get(object.name()).orElseThrow());
        });
    }

    private static RepositorySettings settings(Path cache, SecureRandom names, MonotonicClock waits) {
        return new RepositorySettings(
                cache,
                1,
                names,
                CLOCK,
                "test",
                new ChunkerParameters(1 << 10, 4 << 10, 16 << 10),
                PACK_BYTES,
                PACK_BYTES,
                Optional.empty(),
                Warnings.NONE,
                waits);
    }

    /** The repository as a process sees it that has its caches there. */
    Repository open(ObjectStore through, String cache, MonotonicClock waits) {
        SecureRandom names;
        synchronized (random) {
            names = new RepeatableRandom(random.split());
        }
        return Repository.open(through, List.of(KEY), settings(caches.resolve(cache), names, waits));
    }

    /** Another repository, from which snapshots are copied. */
    Repository openLibrary() {
        MemoryStore mine = new MemoryStore();
        copy(LIBRARY, mine);
        return open(mine, "library", MonotonicClock.system());
    }

    MemoryStore store() {
        return store;
    }

    Odds odds() {
        return odds;
    }

    Turns turns() {
        return turns;
    }

    Trace trace() {
        return trace;
    }

    Oracle oracle() {
        return oracle;
    }

    int parallelPuts() {
        return parallelPuts;
    }

    PutOutcome put(ObjectName name, ByteBuffer content) {
        return store.put(name, content);
    }

    boolean delete(ObjectName name) {
        return store.delete(name);
    }

    /** To be called when this object may have changed. */
    void lookAt(ObjectName name) {
        oracle.lookAt(name);
    }

    /** Nothing is damaged here. */
    void judge(Actor actor, HoldfastException e) {
        if (e.code() == ErrorCode.DAMAGED) {
            turns.fail(actor.name() + " takes something for damaged: " + e.getMessage());
        }
    }

    @Override
    public void close() {
        oracle.close();
    }
}
