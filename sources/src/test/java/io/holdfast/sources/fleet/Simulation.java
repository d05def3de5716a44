package io.holdfast.sources.fleet;

import io.holdfast.core.Bytes;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.CollectionOptions;
import io.holdfast.repository.collect.CollectionResult;
import io.holdfast.repository.collect.Collector;
import io.holdfast.repository.snapshot.Roster;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Snapshots.Occupant;
import io.holdfast.repository.verify.Verification;
import io.holdfast.repository.verify.VerificationListener;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.testkit.ManualClock;
import io.holdfast.testkit.SeededRandom;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One run: a repository with a little history, some actors that work on it at once, and what must hold at the end. While they work, the {@link Oracle}
 * looks at every state.
 */
final class Simulation {
    private static final int TRACE_LINES = 400;
    private static final int MAX_LAST_COLLECTIONS = 8;
    /** Longer than any of them. */
    private static final Duration ALL_LOCKS = Duration.ofDays(100);

    private final long seed;
    private final SeededRandom random;
    private final Path caches;
    private final World.Kind kind;
    private final int count;

    /** What came of a run. */
    record Result(int actors, int steps, int acknowledged, List<String> shape) {}

    Simulation(long seed, Path caches, World.Kind kind) {
        this.seed = seed;
        this.random = new SeededRandom(seed);
        this.caches = caches;
        this.kind = kind;
        this.count = actorCount();
    }

    /** @throws AssertionError with the trace, where something is wrong */
    // Whatever it was that failed, the seed and the trace belong to it.
    @SuppressWarnings("CatchingUnchecked")
    Result run() {
        try (World world = new World(random.split(), Odds.of(random, count), caches, kind)) {
            try {
                return run(world);
            } catch (Exception | AssertionError e) {
                String trace = world.trace().text(TRACE_LINES);
                throw new AssertionError(
                        "seed " + seed + " failed; repeat it alone with -D" + SeededRandom.PROPERTY + "=" + seed + "\n"
                                + world.odds() + "\n" + trace + e.getMessage(),
                        e);
            }
        }
    }

    private Result run(World world) {
        Roles roles = new Roles(world, random.split());
        int sources = 1 + random.nextInt(3);
        makeHistory(world, roles, sources);
        // Most of what can go wrong needs these.
        world.turns().add(roles.writer("0", sources));
        world.turns().add(roles.collector("1"));
        for (int i = 2; i < count; i++) {
            world.turns().add(roles.draw(Integer.toString(i), sources));
        }
        world.turns().runAll();
        requireNoFailure(world);
        world.turns().settle();
        requireNoFailure(world);
        List<String> shape = world.trace().shape();
        world.trace().add("", "everybody has ended");
        checkTheEnd(world);
        return new Result(count, world.turns().steps(), world.oracle().acknowledgedCount(), shape);
    }

    private int actorCount() {
        int draw = random.nextInt(100);
        if (draw < 88) {
            return 2 + random.nextInt(5);
        }
        return draw < 99 ? 7 + random.nextInt(8) : 15 + random.nextInt(36);
    }

    /** Nobody disturbs those who worked before. */
    private void makeHistory(World world, Roles roles, int sources) {
        Watched store = new Watched(world);
        try (Repository repository = world.open(store, "before", new ManualClock(), Optional.empty())) {
            if (random.oneIn(2)) {
                roles.makeDelta(repository, "s0", random);
            }
            if (random.oneIn(3)) {
                roles.makeCopies(repository, random);
            }
            int backups = random.nextInt(3);
            for (int i = 0; i < backups; i++) {
                roles.backUp(repository, "s" + random.nextInt(sources), random);
            }
            if (random.oneIn(2)) {
                roles.forget(repository, random);
            }
            if (random.oneIn(4)) {
                CollectionResult ignored = collect(repository, new ManualClock());
            }
        }
        requireNoFailure(world);
    }

    private void checkTheEnd(World world) {
        ManualClock clock = new ManualClock();
        world.pass(ALL_LOCKS);
        try (Repository repository = world.open(new Watched(world), "after", clock, Optional.empty())) {
            collectAll(world, repository, clock);
            // The dead sessions for which no collection had to wait.
            repository.sessions().open().forEach(session -> {
                Occupant ignored = repository.snapshots().fence(session.id());
            });
            CollectionResult last = collect(repository, clock);
            require(last.deletedPacks() == 0, "a fence made garbage");
            requireEmpty(world, "sessions/", "heartbeats/");
            requireOldNamesRetired(repository);
            Set<String> sources = new HashSet<>();
            List<Snapshot> live = repository.snapshots().live();
            for (Snapshot snapshot : live) {
                sources.add(snapshot.manifest().host());
                Map<String, String> found = SnapshotContent.of(repository, snapshot);
                require(
                        world.oracle()
                                .expected(snapshot.id())
                                .map(found::equals)
                                .orElse(true),
                        "snapshots/" + snapshot.id().leaf() + " reads as " + found);
            }
            require(
                    sources.containsAll(world.oracle().sourcesOfAcknowledged()),
                    "a source lost its last snapshot; left are " + sources);
            if (random.oneIn(8)) {
                verify(repository);
            }
            if (random.oneIn(4)) {
                world.oracle().wantForgotten(live.stream().map(Snapshot::id).toList());
                Set<SnapshotId> all = live.stream().map(Snapshot::id).collect(Collectors.toSet());
                repository.removals().run(listing -> () -> all);
                require(all.isEmpty() || names(world, "removals/").size() == 1, "turns of forgetters stay");
                collectAll(world, repository, clock);
                require(world.oracle().packCount() == 0, "packs are left that no snapshot needs");
            }
        }
    }

    /** Some further collections remove all garbage, and what the protocol left behind. */
    private void collectAll(World world, Repository repository, ManualClock clock) {
        int rounds = 0;
        int quiet = 0;
        // One more, for the sessions that the last one fenced.
        while (quiet < 2) {
            require(rounds++ < MAX_LAST_COLLECTIONS, "collections go on and on");
            CollectionResult result = collect(repository, clock);
            boolean done = result.deletedPacks() == 0
                    && result.condemnedPacks() == 0
                    && result.waitingFor().isEmpty();
            quiet = done ? quiet + 1 : 0;
        }
        requireNoFailure(world);
        require(
                world.oracle().garbage().isEmpty(),
                "garbage stays: " + world.oracle().garbage());
        requireEmpty(world, "condemned/", "waits/");
        require(names(world, "verdict/").size() <= 1, "verdicts stay: " + names(world, "verdict/"));
    }

    private static void requireEmpty(World world, String... prefixes) {
        for (String prefix : prefixes) {
            require(names(world, prefix).isEmpty(), "not empty: " + names(world, prefix));
        }
    }

    private static List<String> names(World world, String prefix) {
        List<String> names = new ArrayList<>();
        world.store().list(prefix, object -> names.add(object.name().value()));
        return names;
    }

    /** Else names would pile up for ever. */
    private static void requireOldNamesRetired(Repository repository) {
        Roster roster = repository.snapshots().newestRoster();
        for (String prefix : List.of(SnapshotId.SNAPSHOTS, SnapshotId.FORGOTTEN)) {
            for (SnapshotId id : repository.snapshots().ids(prefix)) {
                require(roster.admits(id), prefix + id.leaf() + " decides nothing, and stays");
            }
        }
    }

    private CollectionResult collect(Repository repository, ManualClock clock) {
        boolean spares = kind == World.Kind.LOCKS_AND_HOSTS;
        CollectionOptions options = new CollectionOptions(
                Long.MAX_VALUE, 0.05, Duration.ofSeconds(1), Duration.ofSeconds(10), false, spares);
        return new Collector(repository, options, clock).run();
    }

    private static void verify(Repository repository) {
        List<String> damages = new ArrayList<>();
        var result = new Verification(repository, new VerificationListener() {
                    @Override
                    public void damaged(String what) {
                        damages.add(what);
                    }

                    @Override
                    public void hit(Snapshot snapshot, Bytes path) {
                        damages.add("snapshots/" + snapshot.id().leaf() + " misses " + path);
                    }
                })
                .run(100);
        require(result.damages() == 0 && damages.isEmpty(), "a verification finds: " + damages);
    }

    private static void requireNoFailure(World world) {
        world.turns().failure().ifPresent(text -> {
            throw new AssertionError(text);
        });
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
