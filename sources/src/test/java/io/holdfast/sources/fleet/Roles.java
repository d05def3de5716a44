package io.holdfast.sources.fleet;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.CollectionOptions;
import io.holdfast.repository.collect.Collector;
import io.holdfast.repository.copy.SnapshotCopier;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Snapshots.Occupant;
import io.holdfast.repository.verify.Repair;
import io.holdfast.repository.verify.Verification;
import io.holdfast.repository.verify.VerificationListener;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.RetryPolicy;
import io.holdfast.storage.RetryingStore;
import io.holdfast.testkit.RepeatableRandom;
import io.holdfast.testkit.SeededRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/** What the actors of a run do, each with the code that a real process runs. */
final class Roles {
    private static final int MAX_ROUNDS = 3;

    private final World world;
    private final SeededRandom random;
    /** So many of the documents, and of their versions, are wanted by anybody. */
    private final int documents;

    private final int versions;

    Roles(World world, SeededRandom random) {
        this.world = world;
        this.random = random;
        this.documents = 2 + random.nextInt(Documents.COUNT - 1);
        this.versions = 2 + random.nextInt(Documents.VERSIONS - 1);
    }

    /** Something to do on an open repository. */
    @FunctionalInterface
    private interface Task {
        void run(Repository repository, Actor actor, SeededRandom random);
    }

    /** An actor with a part that is drawn. */
    Actor draw(String number, int sources) {
        if (world.hasLocksAndHosts() && random.oneIn(3)) {
            return host("host" + number);
        }
        int draw = random.nextInt(100);
        if (draw < 45) {
            String source = "s" + random.nextInt(sources);
            return actor("writer" + number, (repository, actor, mine) -> backUp(repository, source, mine));
        }
        if (draw < 75) {
            return actor("prune" + number, this::collect);
        }
        if (draw < 87) {
            return actor("forget" + number, (repository, actor, mine) -> forget(repository, mine));
        }
        if (draw < 92) {
            return actor("fence" + number, (repository, actor, mine) -> fence(repository, mine));
        }
        if (draw < 94) {
            return actor("copy" + number, (repository, actor, mine) -> copyInto(repository, mine));
        }
        if (draw < 96) {
            return actor("verify" + number, (repository, actor, mine) -> {
                Verification ignored = verify(repository, mine);
            });
        }
        return draw < 98
                ? actor("repair" + number, (repository, actor, mine) -> repair(repository))
                : actor("reader" + number, (repository, actor, mine) -> read(repository, mine));
    }

    Actor writer(String number, int sources) {
        String source = "s" + random.nextInt(sources);
        return actor("writer" + number, (repository, actor, mine) -> backUp(repository, source, mine));
    }

    Actor collector(String number) {
        return actor("prune" + number, this::collect);
    }

    Actor forgetter(String number) {
        return actor("forget" + number, (repository, actor, mine) -> forget(repository, mine));
    }

    /** Does it a few times; what the store does not answer is tried again, or is not. */
    private Actor actor(String name, Task task) {
        SeededRandom mine = random.split();
        boolean retries = mine.oneIn(2);
        int rounds = 1 + mine.nextInt(MAX_ROUNDS);
        Optional<Duration> lock = lock(mine);
        Actor made = new Actor(name, world, (actor, gate) -> {
            ObjectStore store = retries ? retrying(gate, actor, mine.split()) : gate;
            try (Repository repository = world.open(store, name, actor, lock)) {
                for (int round = 0; round < rounds; round++) {
                    attempt(name, () -> task.run(repository, actor, mine));
                }
            }
        });
        made.priority = mine.nextInt(1_000);
        return made;
    }

    /** A host that can only write; each of its backups is another process, which has only what the last one has left on its disk. */
    private Actor host(String name) {
        SeededRandom mine = random.split();
        String host = mine.pick(world.hosts());
        boolean retries = mine.oneIn(2);
        int rounds = 1 + mine.nextInt(MAX_ROUNDS);
        Optional<Duration> lock = lock(mine);
        Actor made = new Actor(name, world, (actor, gate) -> {
            ObjectStore store = retries ? retrying(gate, actor, mine.split()) : gate;
            for (int round = 0; round < rounds; round++) {
                attempt(name, () -> {
                    try (Repository repository = world.openWriteOnly(store, host, actor, lock)) {
                        store(repository, host, Optional.empty(), wanted(mine), mine);
                    }
                });
            }
        });
        made.priority = mine.nextInt(1_000);
        return made;
    }

    /** What fails like this says so, and can be tried again. */
    private void attempt(String name, Runnable work) {
        try {
            work.run();
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.STORE_UNREACHABLE
                    && e.code() != ErrorCode.FENCED
                    && e.code() != ErrorCode.INTERRUPTED) {
                throw e;
            }
            world.trace().add(name, "gives up for now: " + e.getMessage());
        }
    }

    /** Some lock what they save. */
    private Optional<Duration> lock(SeededRandom mine) {
        return world.hasLocksAndHosts() && mine.oneIn(2)
                ? Optional.of(mine.pick(List.of(Duration.ofDays(3), Duration.ofDays(15), Duration.ofDays(40))))
                : Optional.empty();
    }

    /** As 'holdfast' opens a far store. */
    private static ObjectStore retrying(Gate gate, Actor actor, SeededRandom random) {
        Predicate<ObjectName> isPack = name -> name.value().startsWith("packs/");
        return new RetryingStore(gate, RetryPolicy.DEFAULT, isPack, actor, new RepeatableRandom(random));
    }

    void backUp(Repository repository, String source, SeededRandom mine) {
        List<Snapshot> before = repository.snapshots().live().stream()
                .filter(snapshot -> snapshot.manifest().host().equals(source))
                .toList();
        Optional<Snapshot> parent = before.isEmpty() ? Optional.empty() : Optional.of(mine.pick(before));
        store(repository, source, parent, wanted(mine), mine);
    }

    private SortedMap<Integer, Integer> wanted(SeededRandom mine) {
        SortedMap<Integer, Integer> wanted = new TreeMap<>();
        int files = 1 + mine.nextInt(3);
        for (int i = 0; i < files; i++) {
            wanted.put(mine.nextInt(documents), mine.nextInt(versions));
        }
        return wanted;
    }

    /** Makes a delta in a pack of which something else is needed for longer, on a base that is garbage soon. */
    void makeDelta(Repository repository, String source, SeededRandom mine) {
        int changing = mine.nextInt(documents);
        int staying = (changing + 1) % documents;
        store(repository, source, Optional.empty(), new TreeMap<>(Map.of(changing, 0)), mine);
        Optional<Snapshot> first = repository.snapshots().live().stream()
                .filter(snapshot -> snapshot.manifest().host().equals(source))
                .findFirst();
        int newer = 1 + mine.nextInt(versions);
        store(repository, source, first, new TreeMap<>(Map.of(changing, newer, staying, 1)), mine);
        store(repository, source, Optional.empty(), new TreeMap<>(Map.of(staying, 1)), mine);
    }

    /** Two backups at once store the same, each with something of its own in the same pack. */
    void makeCopies(Repository repository, SeededRandom mine) {
        int shared = mine.nextInt(documents);
        try (WriteSession one = repository.beginSession("one of two");
                WriteSession two = repository.beginSession("two of two")) {
            for (WriteSession session : List.of(one, two)) {
                SortedMap<Integer, Integer> wanted = new TreeMap<>();
                wanted.put(mine.nextInt(documents), mine.nextInt(versions));
                wanted.put(shared, 0);
                Backup backup = new Backup(repository, session, "s0", Optional.empty());
                wanted.forEach(backup::add);
                world.oracle().expect(session.id(), backup.files());
                backup.commit();
                world.oracle().acknowledge(session.id());
            }
        }
    }

    private void store(
            Repository repository,
            String source,
            Optional<Snapshot> parent,
            SortedMap<Integer, Integer> wanted,
            SeededRandom mine) {
        try (WriteSession session = repository.beginSession("backup of " + source)) {
            Backup backup = new Backup(repository, session, source, parent);
            wanted.forEach((document, version) -> {
                backup.add(document, version);
                if (mine.oneIn(4)) {
                    session.flush();
                }
            });
            world.oracle().expect(session.id(), backup.files());
            backup.commit();
            world.oracle().acknowledge(session.id());
        }
    }

    private void collect(Repository repository, Actor actor, SeededRandom mine) {
        CollectionOptions options = new CollectionOptions(
                Long.MAX_VALUE,
                mine.pick(List.of(0.01, 0.3, 0.7, 0.95)),
                mine.pick(List.of(Duration.ZERO, Duration.ofMillis(300), Duration.ofMinutes(30))),
                mine.pick(List.of(Duration.ZERO, Duration.ofMillis(500), Duration.ofSeconds(2))),
                false,
                world.hasLocksAndHosts() && mine.oneIn(3));
        var result = new Collector(repository, options, actor).run();
        world.trace()
                .add(
                        actor.name(),
                        "deleted " + result.deletedPacks() + " packs, waits for "
                                + result.waitingFor().size());
    }

    /** Of each source one stays; whoever decided differently at the same time must not have made that the last but one. */
    void forget(Repository repository, SeededRandom mine) {
        repository.removals().run(listing -> {
            Set<SnapshotId> gone = new HashSet<>();
            Set<String> sources = new HashSet<>();
            List<Snapshot> shuffled = new ArrayList<>(listing.live());
            shuffled.sort(Comparator.comparing(Snapshot::id));
            if (mine.oneIn(2)) {
                shuffled = shuffled.reversed();
            }
            for (Snapshot snapshot : shuffled) {
                if (!sources.add(snapshot.manifest().host()) && !mine.oneIn(3)) {
                    gone.add(snapshot.id());
                }
            }
            world.oracle().wantForgotten(gone);
            return () -> gone;
        });
    }

    private void fence(Repository repository, SeededRandom mine) {
        List<SnapshotId> sessions = repository.sessions().ids();
        if (sessions.isEmpty()) {
            return;
        }
        SnapshotId id = mine.pick(sessions);
        Occupant ignored = repository.snapshots().fence(id);
        repository.sessions().remove(id);
    }

    private void copyInto(Repository repository, SeededRandom mine) {
        try (Repository other = world.openLibrary()) {
            SnapshotCopier copier = new SnapshotCopier(other, repository, bytes -> {});
            List<Snapshot> originals = other.snapshots().live();
            var copies = SnapshotCopier.copies(repository);
            Snapshot original = mine.pick(originals);
            Optional<SnapshotCopier.Copied> previous = originals.stream()
                    .filter(each -> copies.containsKey(SnapshotCopier.originOf(other, each)))
                    .map(each -> new SnapshotCopier.Copied(
                            each, copies.getOrDefault(SnapshotCopier.originOf(other, each), each)))
                    .findFirst();
            SnapshotCopier.Copied made = copier.copy(original, previous);
            world.oracle().expect(made.copy().id(), SnapshotContent.of(other, original));
            world.oracle().acknowledge(made.copy().id());
        }
    }

    /** Nothing is damaged, whatever comes and goes while it looks. */
    private static Verification verify(Repository repository, SeededRandom mine) {
        return verified(repository, mine.oneIn(2) ? 100 : 0);
    }

    private static Verification verified(Repository repository, int percent) {
        List<String> damages = Collections.synchronizedList(new ArrayList<>());
        Verification verification = new Verification(repository, new VerificationListener() {
            @Override
            public void damaged(String what) {
                damages.add(what);
            }

            @Override
            public void hit(Snapshot snapshot, Bytes path) {
                damages.add("snapshots/" + snapshot.id().leaf() + " misses " + path);
            }
        });
        verification.run(percent);
        if (!damages.isEmpty()) {
            throw new AssertionError("takes for damaged: " + damages);
        }
        return verification;
    }

    /** Where nothing is damaged, it is one more session. */
    private static void repair(Repository repository) {
        Repair repair = new Repair(repository);
        boolean ignored = repair.makeIndex();
        Repair.Result result = repair.run(verified(repository, 100));
        if (result.lostChunks() > 0) {
            throw new AssertionError("gives up " + result.lostChunks() + " chunks");
        }
    }

    /** What was forgotten while it was read may be missing; nothing else. */
    private void read(Repository repository, SeededRandom mine) {
        List<Snapshot> live = repository.snapshots().live();
        if (live.isEmpty()) {
            return;
        }
        Snapshot snapshot = mine.pick(live);
        try {
            SortedMap<String, String> found = SnapshotContent.of(repository, snapshot);
            world.oracle().expected(snapshot.id()).filter(e -> !e.equals(found)).ifPresent(e -> {
                throw new AssertionError("snapshots/" + snapshot.id().leaf() + " reads as " + found + ", not " + e);
            });
        } catch (HoldfastException e) {
            if (e.code() == ErrorCode.DAMAGED && world.oracle().isLive(snapshot.id())) {
                throw new AssertionError("live snapshots/" + snapshot.id().leaf() + " cannot be read", e);
            }
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
        }
    }
}
