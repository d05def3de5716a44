package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.CollectionOptions;
import io.holdfast.repository.collect.CollectionResult;
import io.holdfast.repository.collect.Collector;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.verify.Repair;
import io.holdfast.repository.verify.Verification;
import io.holdfast.repository.verify.VerificationListener;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.StoreOperation;
import io.holdfast.testkit.Buffers;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.Fault.Effect;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.ManualClock;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The process dies at every call on the store, with a put or delete that did not happen, did happen, or happens later: then every
 * snapshot that was committed is read back, the next backup and the next collection work, and a verification finds nothing.
 */
class CrashEverywhereTest {
    @TempDir
    Path home;

    private final ManualClock clock = new ManualClock();
    private final Map<SnapshotId, SortedMap<String, String>> contents = new HashMap<>();
    private MemoryStore store = new MemoryStore();
    private SeededRandom random = new SeededRandom(0);
    private Operation afterDeath = bench -> {};
    private int points;

    /** What a process does with the repository. */
    @FunctionalInterface
    private interface Operation {
        void run(Workbench bench) throws IOException;
    }

    @Test
    @Tag("slow")
    @Timeout(240)
    void everySnapshotAndTheNextRunSurviveADeathAtEveryCall() throws IOException {
        for (int seed = 1; points < 2_000; seed++) {
            scenario(seed, 1);
        }
        System.out.println("CrashEverywhereTest: " + points + " crash points");
    }

    /** A sample of the above, for quick runs. */
    @Test
    @Timeout(120)
    void everySnapshotAndTheNextRunSurviveADeathAtSomeCalls() throws IOException {
        scenario(100, 7);
        assertThat(points).isGreaterThan(30);
    }

    @Test
    @Tag("long")
    @Timeout(3_600)
    void everySnapshotAndTheNextRunSurviveADeathAtEveryCallOfManyScenarios() throws IOException {
        for (int seed = 200; points < 20_000; seed++) {
            scenario(seed, 1);
        }
    }

    @Test
    void makingARepositoryCanBreakOffAnywhere() {
        for (long ordinal = 1; ordinal < 10; ordinal++) {
            for (Effect effect : Effect.values()) {
                MemoryStore fresh = new MemoryStore();
                FaultStore dying = new FaultStore(fresh, FaultScript.atCall(ordinal, Fault.crash(effect)));
                try {
                    Workbench.create(dying, Workbench.small(home.resolve("cache")), HostFiles.ofThisSystem())
                            .close();
                } catch (RuntimeException e) {
                    assertThat(dying.hasCrashed()).isTrue();
                }
                dying.settle();
                boolean made = Repository.exists(fresh);
                try (Workbench next = made ? open(fresh) : create(fresh)) {
                    assertThat(next.repository().snapshots().live()).isEmpty();
                }
                open(fresh).close();
            }
        }
    }

    private Workbench create(ObjectStore objects) {
        return Workbench.create(objects, Workbench.small(home.resolve("cache")), HostFiles.ofThisSystem());
    }

    private Workbench open(ObjectStore objects) {
        return Workbench.open(objects, Workbench.small(home.resolve("cache")), HostFiles.ofThisSystem());
    }

    /** @param stride 1 to die at every call, n at every n-th */
    private void scenario(int seed, int stride) throws IOException {
        random = new SeededRandom(seed);
        store = new MemoryStore();
        contents.clear();
        create(store).close();
        Path tree = Files.createDirectory(home.resolve("tree-" + seed)).toRealPath();
        for (int i = 0; i < 10; i++) {
            Files.createDirectories(tree.resolve("d" + i % 3));
            Files.write(tree.resolve("d" + i % 3 + "/f" + i), random.bytes(random.nextInt(30_000)));
        }
        Operation backup = bench -> bench.backup(tree);
        List<SnapshotId> order = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            step(tree, stride, backup);
            contents.keySet().stream().filter(id -> !order.contains(id)).forEach(order::add);
            for (int i = 0; i < 4; i++) {
                Files.write(
                        tree.resolve("d" + i % 3 + "/f" + random.nextInt(10)), random.bytes(random.nextInt(30_000)));
            }
            changeInPlace(tree);
        }
        assertHasDeltas();
        for (SnapshotId forgotten : List.of(order.get(0), order.get(2))) {
            step(tree, stride, bench -> bench.repository().removals().run(listing -> () -> Set.of(forgotten)));
            contents.remove(forgotten);
            step(tree, stride, bench -> collect(bench));
            step(tree, stride, backup);
        }
        damageAnIndexSegment();
        step(tree, stride, bench -> collect(bench));
        damageEndsOfPacks();
        afterDeath = CrashEverywhereTest::repair;
        step(tree, stride, CrashEverywhereTest::repair);
        afterDeath = bench -> {};
        step(tree, stride, bench -> collect(bench));
    }

    private void assertHasDeltas() {
        try (Workbench bench = open(store)) {
            assertThat(bench.repository().index().segments())
                    .anyMatch(
                            segment -> IntStream.range(0, segment.entryCount()).anyMatch(segment::isDelta));
        }
    }

    /** What is stored of these files are deltas. */
    private void changeInPlace(Path tree) throws IOException {
        for (int i = 0; i < 10; i += 2) {
            Path file = tree.resolve("d" + i % 3 + "/f" + i);
            byte[] content = Files.readAllBytes(file);
            for (int at = 500; at < content.length; at += 3_000) {
                content[at]++;
            }
            Files.write(file, content);
        }
    }

    /** What is in them can be read by the index alone: a repair has to move it. */
    private void damageEndsOfPacks() {
        List<ObjectName> names = new ArrayList<>();
        store.list("packs/", object -> names.add(object.name()));
        for (ObjectName name : names) {
            if (random.nextInt(3) == 0 || name.equals(names.getFirst())) {
                byte[] bytes = Buffers.toArray(store.get(name).orElseThrow());
                bytes[bytes.length - 1] ^= 1;
                replace(name, bytes);
            }
        }
    }

    private void replace(ObjectName name, byte[] bytes) {
        assertThat(store.delete(name)).isTrue();
        assertThat(store.put(name, ByteBuffer.wrap(bytes))).isEqualTo(PutOutcome.STORED);
    }

    private static void repair(Workbench bench) {
        Repair repair = new Repair(bench.repository());
        boolean ignored = repair.makeIndex();
        Verification found = new Verification(bench.repository(), new VerificationListener() {
            @Override
            public void damaged(String what) {}

            @Override
            public void hit(Snapshot snapshot, Bytes path) {
                throw new AssertionError(snapshot.id() + " misses " + path);
            }
        });
        found.run(100);
        assertThat(repair.run(found).lostChunks()).isZero();
    }

    /** Invariant 3: nothing is lost with it, and whoever collects does not take the packs that it knew for garbage. */
    private void damageAnIndexSegment() {
        List<ObjectName> names = new ArrayList<>();
        store.list("index/", object -> names.add(object.name()));
        ObjectName name = names.get(random.nextInt(names.size()));
        byte[] bytes = Buffers.toArray(store.get(name).orElseThrow());
        bytes[100] ^= 1;
        replace(name, bytes);
    }

    /** Lets the operation die at every call, each time on a copy of the store, then lets it happen. */
    private void step(Path tree, int stride, Operation operation) throws IOException {
        List<FaultScript.Call> calls = new ArrayList<>();
        FaultStore counting = new FaultStore(
                copy(),
                FaultScript.when(
                        call -> {
                            calls.add(call);
                            return false;
                        },
                        Fault.crash(Effect.NONE)));
        try (Workbench bench = open(counting)) {
            operation.run(bench);
        }
        for (int at = random.nextInt(stride); at < calls.size(); at += stride) {
            StoreOperation kind = calls.get(at).operation();
            die(tree, operation, at + 1, Effect.NONE, false);
            if (kind.isMutation()) {
                die(tree, operation, at + 1, Effect.DONE, false);
                die(tree, operation, at + 1, Effect.LATE, false);
                die(tree, operation, at + 1, Effect.LATE, true);
            }
        }
        try (Workbench bench = open(store)) {
            SortedMap<String, String> now = SnapshotContent.of(tree);
            operation.run(bench);
            for (Snapshot snapshot : bench.repository().snapshots().live()) {
                contents.putIfAbsent(snapshot.id(), now);
            }
        }
    }

    private MemoryStore copy() {
        MemoryStore copy = new MemoryStore();
        store.list("", object -> {
            PutOutcome outcome =
                    copy.put(object.name(), store.get(object.name()).orElseThrow());
            assertThat(outcome).isEqualTo(PutOutcome.STORED);
        });
        return copy;
    }

    private void die(Path tree, Operation operation, long ordinal, Effect effect, boolean veryLate) throws IOException {
        points++;
        MemoryStore objects = copy();
        FaultStore dying = new FaultStore(objects, FaultScript.atCall(ordinal, Fault.crash(effect)));
        String what = "seed with tree " + tree.getFileName() + ", death at call " + ordinal + ", " + effect
                + (veryLate ? ", very late" : "");
        try (Workbench bench = open(dying)) {
            operation.run(bench);
        } catch (RuntimeException e) {
            assertThat(dying.hasCrashed()).as(what).isTrue();
        }
        // The operation may have been interrupted by its own end; the next process is another one.
        assertThat(Thread.interrupted()).as(what).isFalse();
        if (!veryLate) {
            dying.settle();
        }
        SortedMap<String, String> now = SnapshotContent.of(tree);
        Set<SnapshotId> mayBeForgotten = new HashSet<>(contents.keySet());
        try (Workbench next = open(objects)) {
            Set<SnapshotId> live = new HashSet<>();
            for (Snapshot snapshot : next.repository().snapshots().live()) {
                live.add(snapshot.id());
                assertContent(next, snapshot, now, what);
            }
            mayBeForgotten.removeAll(live);
            // Only the one that the operation was about to forget.
            assertThat(mayBeForgotten).as(what).hasSizeLessThanOrEqualTo(1);
            assertThat(mayBeForgotten).as(what).allMatch(id -> isForgotten(next, id));

            afterDeath.run(next);
            BackupResult backup = next.backup(tree);
            assertThat(next.takeTold()).as(what).isEmpty();
            assertContent(next, next.snapshot(backup), now, what);
            collect(next);
            dying.settle();
            assertThat(collect(next).waitingFor()).as(what).isEmpty();
            verify(next, what);
            for (Snapshot snapshot : next.repository().snapshots().live()) {
                assertContent(next, snapshot, now, what);
                assertThat(live.remove(snapshot.id())
                                || snapshot.id().equals(backup.snapshot().orElseThrow())
                                || effect == Effect.LATE)
                        .as(what)
                        .isTrue();
            }
            // What was live stays so, but for a marker that arrived late; by now the name may be retired.
            assertThat(live)
                    .as(what)
                    .hasSizeLessThanOrEqualTo(veryLate ? 1 : 0)
                    .allMatch(id -> isForgotten(next, id)
                            || !next.repository().snapshots().hasEnded(id));
            if (points % 50 == 0) {
                Path target = Files.createDirectory(home.resolve("restored-" + points))
                        .toRealPath();
                assertThat(next.restore(backup, target, Overwrite.NEVER).failed())
                        .as(what)
                        .isZero();
                assertThat(SnapshotContent.of(Workbench.below(target, tree)).values())
                        .as(what)
                        .containsExactlyElementsOf(now.values());
            }
        }
        // The dead session may stay: to this machine its process looks alive, and nobody had to wait for it.
        assertThat(names(objects))
                .as(what)
                .noneMatch(name -> name.startsWith("condemned/") || name.startsWith("waits/"));
    }

    private void assertContent(Workbench bench, Snapshot snapshot, SortedMap<String, String> now, String what) {
        assertThat(SnapshotContent.of(bench.repository(), snapshot))
                .as(what)
                .isEqualTo(contents.getOrDefault(snapshot.id(), now));
    }

    private static boolean isForgotten(Workbench bench, SnapshotId id) {
        return bench.repository().store().stat(id.forgottenName()).isPresent();
    }

    private CollectionResult collect(Workbench bench) {
        CollectionOptions options =
                new CollectionOptions(Long.MAX_VALUE, 0.05, Duration.ofSeconds(1), Duration.ofSeconds(10), false);
        return new Collector(bench.repository(), options, clock).run();
    }

    private static void verify(Workbench bench, String what) {
        List<String> damages = new ArrayList<>();
        new Verification(bench.repository(), new VerificationListener() {
                    @Override
                    public void damaged(String text) {
                        damages.add(text);
                    }

                    @Override
                    public void hit(Snapshot snapshot, Bytes path) {
                        damages.add(snapshot.id() + " " + path);
                    }
                })
                .run(100);
        assertThat(damages).as(what).isEmpty();
    }

    private static List<String> names(ObjectStore objects) {
        List<String> names = new ArrayList<>();
        objects.list("", object -> names.add(object.name().value()));
        return names;
    }
}
