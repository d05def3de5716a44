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
import io.holdfast.repository.crypto.HostKey;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.testkit.RepeatableRandom;
import io.holdfast.testkit.SeededRandom;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;

/** What all actors of a run share. */
final class World implements AutoCloseable {
    private static final Credential KEY = new Credential.Key(KeyFile.generate(new SecureRandom()));
    private static final Instant BEGIN = Instant.parse("2060-01-01T00:00:00Z");
    private static final int MAX_LEAP_DAYS = 20;
    private static final List<String> HOSTS = List.of("w0", "w1");
    private static final int PACK_BYTES = 64 << 10;
    /** A repository in which nothing is yet: its keys are the dearest part of a run. */
    private static final MemoryStore EMPTY = made(0);

    private static final MemoryStore LIBRARY = made(3);

    private final SeededRandom random;
    private final Path caches;
    private final Kind kind;
    private final AtomicReference<Instant> now = new AtomicReference<>(BEGIN);
    private final MemoryStore store = new MemoryStore(now::get);
    private final Map<String, HostKey> hosts = new TreeMap<>();
    private final Trace trace = new Trace();
    private final Odds odds;
    private final Turns turns;
    private final Oracle oracle;
    private final int parallelPuts;

    /** Who takes part. */
    enum Kind {
        /** Readers and writers, and nothing is locked. */
        PLAIN,
        /** Also hosts that can only write, and writers that lock what they save while days go by. */
        LOCKS_AND_HOSTS
    }

    World(SeededRandom random, Odds odds, Path caches, Kind kind) {
        this.random = random;
        this.kind = kind;
        this.caches = caches;
        this.odds = odds;
        this.turns = new Turns(odds, random.split(), trace, this::daysGoBy);
        this.parallelPuts = 1 + random.nextInt(2);
        copy(EMPTY, store);
        this.oracle = new Oracle(store, open(store, "oracle", MonotonicClock.system(), Optional.empty()), turns);
        if (kind == Kind.LOCKS_AND_HOSTS) {
            HOSTS.forEach(host -> hosts.put(host, HostKey.generate(new RepeatableRandom(random.split()))));
        }
    }

    private static MemoryStore made(int snapshots) {
        MemoryStore made = new MemoryStore();
        RepositorySettings settings = settings(
                Path.of("/proc/none"),
                new SecureRandom(),
                InstantSource.fixed(BEGIN),
                MonotonicClock.system(),
                Optional.empty());
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

    private static RepositorySettings settings(
            Path cache, SecureRandom names, InstantSource clock, MonotonicClock waits, Optional<Duration> lockFor) {
        return new RepositorySettings(
                cache,
                1,
                names,
                clock,
                "test",
                new ChunkerParameters(1 << 10, 4 << 10, 16 << 10),
                PACK_BYTES,
                PACK_BYTES,
                lockFor,
                Warnings.NONE,
                waits);
    }

    /** The repository as a process sees it that has its caches there. */
    Repository open(ObjectStore through, String cache, MonotonicClock waits, Optional<Duration> lockFor) {
        return Repository.open(
                through, List.of(KEY), settings(caches.resolve(cache), names(), now::get, waits, lockFor));
    }

    /** The same for a host that can only write; all its processes have their caches in one place. */
    Repository openWriteOnly(ObjectStore through, String host, MonotonicClock waits, Optional<Duration> lockFor) {
        return Repository.openWriteOnly(
                through,
                oracle.recipient(),
                Optional.ofNullable(hosts.get(host)).orElseThrow(),
                settings(caches.resolve(host), names(), now::get, waits, lockFor));
    }

    private SecureRandom names() {
        synchronized (random) {
            return new RepeatableRandom(random.split());
        }
    }

    /** Another repository, from which snapshots are copied. */
    Repository openLibrary() {
        MemoryStore mine = new MemoryStore();
        copy(LIBRARY, mine);
        return open(mine, "library", MonotonicClock.system(), Optional.empty());
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

    boolean hasLocksAndHosts() {
        return kind == Kind.LOCKS_AND_HOSTS;
    }

    /** Those that can only write. */
    List<String> hosts() {
        return List.copyOf(hosts.keySet());
    }

    /** Locks end meanwhile. */
    private void daysGoBy(SeededRandom draws) {
        if (hasLocksAndHosts()) {
            pass(Duration.ofDays(draws.nextInt(MAX_LEAP_DAYS)));
        }
    }

    void pass(Duration time) {
        Instant later = now.accumulateAndGet(BEGIN, (at, ignored) -> at.plus(time));
        trace.add("", "it is " + later);
    }

    PutOutcome put(ObjectName name, ByteBuffer content, Instant lockUntil) {
        return store.put(name, List.of(content), lockUntil);
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
