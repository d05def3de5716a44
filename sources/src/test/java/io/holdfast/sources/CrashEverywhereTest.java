package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.verify.Repair;
import io.holdfast.repository.verify.Verification;
import io.holdfast.repository.verify.VerificationListener;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.CrashLab;
import io.holdfast.sources.fixture.ObjectCopies;
import io.holdfast.sources.fixture.SavedSource;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.Fault.Effect;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A {@link CrashLab} for every command: backup, forget, prune, repair, copy, streams and volumes, all with deltas. */
class CrashEverywhereTest {
    private static final int LONG_POINTS = Integer.getInteger("holdfast.long.points", 200_000);
    private static final int LONG_FIRST_SEED = Integer.getInteger("holdfast.long.seed", 200);

    @TempDir
    Path home;

    private SeededRandom random = new SeededRandom(0);
    private int points;
    private int scenarios;
    private int withDeltas;

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
    @Timeout(36_000)
    void everySnapshotAndTheNextRunSurviveADeathAtEveryCallOfManyScenarios() throws IOException {
        for (int seed = LONG_FIRST_SEED; points < LONG_POINTS; seed++) {
            scenario(seed, 1);
            copies(seed, 1);
            streams(seed, 1);
            volumes(seed, 1);
        }
        System.out.println("CrashEverywhereTest: " + points + " crash points in many scenarios");
    }

    @Test
    @Timeout(120)
    void aCopySurvivesADeathAtSomeCalls() throws IOException {
        copies(1, 2);
        assertThat(points).isGreaterThan(100);
    }

    @Test
    @Timeout(120)
    void aStreamSurvivesADeathAtSomeCalls() throws IOException {
        streams(1, 3);
        assertThat(points).isGreaterThan(70);
    }

    @Test
    @Timeout(120)
    void aVolumeSurvivesADeathAtSomeCalls() throws IOException {
        volumes(1, 3);
        assertThat(points).isGreaterThan(70);
    }

    @Test
    void makingARepositoryCanBreakOffAnywhere() {
        for (long ordinal = 1; ordinal < 10; ordinal++) {
            for (Effect effect : Effect.values()) {
                MemoryStore fresh = new MemoryStore();
                FaultStore dying = new FaultStore(fresh, FaultScript.atCall(ordinal, Fault.crash(effect)));
                try {
                    create(dying).close();
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
        CrashLab lab = new CrashLab(home, random);
        Path tree = Files.createDirectory(home.resolve("tree-" + seed)).toRealPath();
        SavedSource source = new SavedSource.Tree(tree);
        for (int i = 0; i < 10; i++) {
            Files.createDirectories(tree.resolve("d" + i % 3));
            Files.write(tree.resolve("d" + i % 3 + "/f" + i), random.bytes(random.nextInt(30_000)));
        }
        CrashLab.Operation backup = bench -> source.save(bench);
        List<SnapshotId> order = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            lab.step(source, stride, backup);
            lab.snapshots().stream().filter(id -> !order.contains(id)).forEach(order::add);
            for (int i = 0; i < 4; i++) {
                Files.write(
                        tree.resolve("d" + i % 3 + "/f" + random.nextInt(10)), random.bytes(random.nextInt(30_000)));
            }
            changeInPlace(tree);
        }
        lookForDeltas(lab);
        for (SnapshotId forgotten : List.of(order.get(0), order.get(2))) {
            forget(lab, source, stride, forgotten);
            lab.step(source, stride, lab::collect);
            lab.step(source, stride, backup);
        }
        damageAnIndexSegment(lab.store());
        lab.step(source, stride, lab::collect);
        damageEndsOfPacks(lab.store());
        lab.setAfterDeath(CrashEverywhereTest::repair);
        lab.step(source, stride, CrashEverywhereTest::repair);
        lab.setAfterDeath(bench -> {});
        lab.step(source, stride, lab::collect);
        points += lab.points();
    }

    private static void forget(CrashLab lab, SavedSource source, int stride, SnapshotId forgotten) throws IOException {
        lab.step(source, stride, bench -> bench.repository().removals().run(listing -> () -> Set.of(forgotten)));
        lab.expectForgotten(forgotten);
    }

    /** Of two snapshots, the second with deltas; then the first copy goes, and a third comes. */
    private void copies(int seed, int stride) throws IOException {
        random = new SeededRandom(seed);
        Path tree = Files.createDirectory(home.resolve("original-" + seed)).toRealPath();
        for (int i = 0; i < 6; i++) {
            Files.write(tree.resolve("f" + i), random.bytes(9_000 + random.nextInt(5_000)));
        }
        // Else nobody could tell which one is the newest.
        long[] second = {Instant.parse("2060-01-01T00:00:00Z").getEpochSecond()};
        RepositorySettings settings =
                Workbench.small(home.resolve("original-cache"), () -> Instant.ofEpochSecond(second[0]++));
        try (Workbench original = Workbench.create(new MemoryStore(), settings, HostFiles.ofThisSystem())) {
            saveForgetAndSave(new CrashLab(home, random), new SavedSource.Copy(original.repository()), stride, () -> {
                original.backup(tree);
                for (int i = 0; i < 6; i += 2) {
                    changeInPlace(tree.resolve("f" + i));
                }
            });
        }
    }

    private void streams(int seed, int stride) throws IOException {
        random = new SeededRandom(seed);
        Path file = home.resolve("stream-" + seed);
        Files.write(file, random.bytes(60_000));
        saveForgetAndSave(new CrashLab(home, random), new SavedSource.Stream(file), stride, () -> changeInPlace(file));
    }

    private void volumes(int seed, int stride) throws IOException {
        random = new SeededRandom(seed);
        Path image = home.resolve("volume-" + seed);
        Files.write(image, random.bytes(150_000));
        saveForgetAndSave(
                new CrashLab(home, random), new SavedSource.Volume(image), stride, () -> changeInPlace(image));
    }

    /** Makes the next version of what is saved. */
    @FunctionalInterface
    private interface Change {
        void run() throws IOException;
    }

    private void saveForgetAndSave(CrashLab lab, SavedSource source, int stride, Change change) throws IOException {
        CrashLab.Operation save = bench -> source.save(bench);
        change.run();
        lab.step(source, stride, save);
        SnapshotId first = lab.snapshots().iterator().next();
        change.run();
        lab.step(source, stride, save);
        lookForDeltas(lab);
        forget(lab, source, stride, first);
        lab.step(source, stride, lab::collect);
        change.run();
        lab.step(source, stride, save);
        points += lab.points();
        System.out.println("CrashEverywhereTest: " + lab.points() + " crash points of " + source);
    }

    private void lookForDeltas(CrashLab lab) {
        try (Workbench bench = lab.open(lab.store())) {
            boolean hasDeltas = bench.repository().index().segments().stream()
                    .anyMatch(
                            segment -> IntStream.range(0, segment.entryCount()).anyMatch(segment::isDelta));
            scenarios++;
            withDeltas += hasDeltas ? 1 : 0;
        }
    }

    /** Where chunks are cut is secret: now and then they fall so short that deltas are not worth it. */
    @AfterEach
    void nearlyAllHadDeltas() {
        assertThat(withDeltas * 10).isGreaterThanOrEqualTo(scenarios * 9);
    }

    /** What is stored of these files are deltas. */
    private static void changeInPlace(Path tree) throws IOException {
        if (Files.isRegularFile(tree)) {
            byte[] content = Files.readAllBytes(tree);
            for (int at = 500; at < content.length; at += 3_000) {
                content[at]++;
            }
            Files.write(tree, content);
            return;
        }
        for (int i = 0; i < 10; i += 2) {
            changeInPlace(tree.resolve("d" + i % 3 + "/f" + i));
        }
    }

    /** What is in them can be read by the index alone: a repair has to move it. */
    private void damageEndsOfPacks(MemoryStore store) {
        List<ObjectName> names = ObjectCopies.names(store, "packs/");
        for (ObjectName name : names) {
            if (random.nextInt(3) == 0 || name.equals(names.getFirst())) {
                byte[] bytes = ObjectCopies.bytes(store, name);
                bytes[bytes.length - 1] ^= 1;
                ObjectCopies.replace(store, name, bytes);
            }
        }
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
    private void damageAnIndexSegment(MemoryStore store) {
        ObjectName name = random.pick(ObjectCopies.names(store, "index/"));
        byte[] bytes = ObjectCopies.bytes(store, name);
        bytes[100] ^= 1;
        ObjectCopies.replace(store, name, bytes);
    }
}
