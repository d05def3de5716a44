package io.holdfast.sources;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotListing;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.ObjectCopies;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.sources.fixture.Upkeep;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.testkit.ManualClock;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whoever keeps the store exchanges intact objects, puts older ones back, or cuts them off. No wrong byte is ever given back, and a
 * verification names what does not belong where it lies.
 */
@Timeout(120)
class HostileStoreTest {
    @TempDir
    Path home;

    private final SeededRandom random = new SeededRandom(3);
    private final MemoryStore store = new MemoryStore();
    private final Map<SnapshotId, SortedMap<String, String>> contents = new HashMap<>();
    private Path tree = Path.of("");
    private int caches;

    @BeforeEach
    void backUpTwice() throws IOException {
        tree = Files.createDirectory(home.resolve("tree")).toRealPath();
        for (int i = 0; i < 4; i++) {
            Files.write(tree.resolve("f" + i), random.bytes(9_000));
        }
        Workbench.create(store, Workbench.small(home.resolve("cache")), HostFiles.ofThisSystem())
                .close();
        backUp();
        Files.write(tree.resolve("f0"), random.bytes(9_000));
        backUp();
    }

    private SnapshotId backUp() throws IOException {
        try (Workbench bench = open()) {
            SnapshotId id = bench.backup(tree).snapshot().orElseThrow();
            contents.put(id, SnapshotContent.of(tree));
            return id;
        }
    }

    /** A machine that has nothing in a cache. */
    private Workbench open() {
        return Workbench.open(store, Workbench.small(home.resolve("cache-" + caches++)), HostFiles.ofThisSystem());
    }

    @Test
    void packsThatWereExchangedAreNamed() {
        List<ObjectName> packs = ObjectCopies.names(store, "packs/");
        assertThat(packs).hasSizeGreaterThan(3);
        for (ObjectName one : packs) {
            for (ObjectName other : packs) {
                if (one.compareTo(other) < 0) {
                    exchange(one, other);
                    assertNamed(one, other);
                    exchange(one, other);
                }
            }
        }
        assertClean();
    }

    @Test
    void manifestsThatWereExchangedAreNamed() {
        List<ObjectName> manifests = ObjectCopies.names(store, "snapshots/");
        exchange(manifests.getFirst(), manifests.getLast());
        try (Workbench bench = open()) {
            assertThat(bench.repository().snapshots().list().damaged())
                    .extracting(SnapshotListing.Damaged::id)
                    .containsExactlyInAnyOrderElementsOf(contents.keySet());
            assertThat(codeOf(() -> Upkeep.collect(bench.repository(), new ManualClock())))
                    .isEqualTo(ErrorCode.DAMAGED);
        }
        assertNamed(manifests.getFirst(), manifests.getLast());
    }

    /** Any object in the place of any other one of its kind, and of other kinds. */
    @Test
    void noObjectStandsInForAnother() throws IOException {
        leaveOneOfEachKind();
        List<ObjectName> names = ObjectCopies.names(store, "");
        int exchanged = 0;
        for (ObjectName name : names) {
            for (ObjectName other : List.of(random.pick(names), random.pick(names), sibling(name, names))) {
                byte[] there = ObjectCopies.bytes(store, name);
                byte[] instead = ObjectCopies.bytes(store, other);
                if (!name.equals(other) && !name.value().startsWith("heartbeats/")) {
                    exchanged++;
                    ObjectCopies.replace(store, name, instead);
                    assertNamed(name);
                    ObjectCopies.replace(store, name, there);
                }
            }
        }
        assertThat(exchanged).isGreaterThan(40);
    }

    /** Of the same kind, where there is one. */
    private static ObjectName sibling(ObjectName name, List<ObjectName> names) {
        String kind = name.value().substring(0, name.value().indexOf('/'));
        return names.stream()
                .filter(each -> each.value().startsWith(kind) && !each.equals(name))
                .findFirst()
                .orElse(name);
    }

    @Test
    void objectsThatWereCutOffAreNamed() throws IOException {
        leaveOneOfEachKind();
        for (ObjectName name : ObjectCopies.names(store, "")) {
            byte[] bytes = ObjectCopies.bytes(store, name);
            if (bytes.length > 0) {
                ObjectCopies.replace(store, name, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
                assertNamed(name);
                ObjectCopies.replace(store, name, bytes);
            }
        }
    }

    /** The index of last week: what it lacks is found in the packs, and missed by a verification. */
    @Test
    void anOlderIndexLosesNothing() throws IOException {
        Map<ObjectName, byte[]> older = state("index/");
        Files.write(tree.resolve("f1"), random.bytes(9_000));
        backUp();
        putBack("index/", older);

        try (Workbench bench = open()) {
            assertAllRead(bench);
            assertThat(Upkeep.verify(bench.repository()).damages())
                    .singleElement()
                    .satisfies(line -> assertThat(line).contains("no index segment knows"));
            Upkeep.collect(bench.repository(), new ManualClock());
            assertAllRead(bench);
        }
        assertClean();
    }

    @Test
    void anOlderConfigurationIsNamedAndNoEpochIsGivenTwice() throws IOException {
        Map<ObjectName, byte[]> older = state("config/");
        try (Workbench bench = open()) {
            bench.repository().keySlots().rotate(List.of(), false, false);
        }
        Files.write(tree.resolve("f1"), random.bytes(9_000));
        backUp();
        putBack("config/", older);

        try (Workbench bench = open()) {
            assertThat(Upkeep.verify(bench.repository()).damages())
                    .singleElement()
                    .satisfies(line -> assertThat(line).contains("config/00000002"));
            assertAllRead(bench);
            assertThat(bench.repository()
                            .keySlots()
                            .rotate(List.of(), false, false)
                            .epoch())
                    .isEqualTo(3);
        }
        backUp();
        assertClean();
    }

    /** It has ended: nobody waits for it. */
    @Test
    void aSessionThatIsPutBackHoldsNobodyUp() throws IOException {
        Map<ObjectName, byte[]> sessions;
        try (Workbench bench = open();
                WriteSession session = bench.repository().beginSession("ends")) {
            sessions = state("sessions/");
            assertThat(sessions).hasSize(1);
            assertThat(session.addedBytes()).isZero();
        }
        SnapshotId gone = contents.keySet().iterator().next();
        for (int round = 0; round < 3; round++) {
            putBack("sessions/", sessions);
            try (Workbench bench = open()) {
                if (round == 0) {
                    bench.repository().removals().run(listing -> () -> Set.of(gone));
                    contents.remove(gone);
                }
                assertThat(Upkeep.collect(bench.repository(), new ManualClock()).waitingFor())
                        .isEmpty();
                assertAllRead(bench);
            }
            Files.write(tree.resolve("f2"), random.bytes(9_000));
            backUp();
        }
        assertClean();
    }

    /** A collection that is over begins again, when the chunks that it gave up may be in use. */
    @Test
    void aCollectionThatIsPutBackDeletesNothingThatIsNeeded() throws IOException {
        byte[] again = Files.readAllBytes(tree.resolve("f0"));
        SnapshotId both = backUp();
        Files.delete(tree.resolve("f0"));
        backUp();
        Map<ObjectName, byte[]> lists = new HashMap<>();
        try (Workbench bench = open();
                WriteSession session = bench.repository().beginSession("holds the collection up")) {
            Set<SnapshotId> gone = Set.of(both);
            bench.repository().removals().run(listing -> () -> gone);
            contents.remove(both);
            Upkeep.collect(bench.repository(), new ManualClock());
            for (String prefix : List.of("condemned/", "waits/", "verdict/")) {
                lists.putAll(state(prefix));
            }
            assertThat(session.addedBytes()).isZero();
        }
        try (Workbench bench = open()) {
            Upkeep.collect(bench.repository(), new ManualClock());
        }
        Files.write(tree.resolve("f0"), again);
        backUp();
        lists.forEach((name, bytes) -> ObjectCopies.replace(store, name, bytes));
        for (int round = 0; round < 3; round++) {
            try (Workbench bench = open()) {
                Upkeep.collect(bench.repository(), new ManualClock());
                assertAllRead(bench);
            }
            backUp();
        }
        assertClean();
    }

    private void leaveOneOfEachKind() throws IOException {
        SnapshotId gone = backUp();
        try (Workbench bench = open()) {
            WriteSession open = bench.repository().beginSession("dies");
            assertThat(open.addedBytes()).isZero();
            bench.repository().removals().run(listing -> () -> Set.of(gone));
            contents.remove(gone);
            // It stays open, as if its process had died.
        }
    }

    private void exchange(ObjectName one, ObjectName other) {
        byte[] first = ObjectCopies.bytes(store, one);
        byte[] second = ObjectCopies.bytes(store, other);
        ObjectCopies.replace(store, one, second);
        ObjectCopies.replace(store, other, first);
    }

    private Map<ObjectName, byte[]> state(String prefix) {
        Map<ObjectName, byte[]> state = new HashMap<>();
        ObjectCopies.names(store, prefix).forEach(name -> state.put(name, ObjectCopies.bytes(store, name)));
        return state;
    }

    private void putBack(String prefix, Map<ObjectName, byte[]> state) {
        ObjectCopies.names(store, prefix)
                .forEach(name -> assertThat(store.delete(name)).isTrue());
        state.forEach((name, bytes) -> ObjectCopies.replace(store, name, bytes));
    }

    private void assertNamed(ObjectName... names) {
        try (Workbench bench = open()) {
            List<String> damages = Upkeep.verify(bench.repository()).damages();
            for (ObjectName name : names) {
                assertThat(damages).as(name.value()).anyMatch(line -> line.contains(name.value()));
            }
            for (Snapshot snapshot : bench.repository().snapshots().list().live()) {
                assertReadsRightOrNotAtAll(bench, snapshot);
            }
        } catch (HoldfastException e) {
            assertThat(e.code()).isIn(ErrorCode.DAMAGED, ErrorCode.UNSUPPORTED_VERSION);
            assertThat(List.of(names))
                    .as(String.valueOf(e.getMessage()))
                    .anyMatch(name -> name.value().matches("(config|keys)/.*"));
        }
    }

    private void assertReadsRightOrNotAtAll(Workbench bench, Snapshot snapshot) {
        try {
            assertThat(SnapshotContent.of(bench.repository(), snapshot)).isEqualTo(contents.get(snapshot.id()));
        } catch (HoldfastException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.DAMAGED);
        }
    }

    private void assertAllRead(Workbench bench) {
        List<Snapshot> live = bench.repository().snapshots().live();
        assertThat(live).extracting(Snapshot::id).containsExactlyInAnyOrderElementsOf(contents.keySet());
        for (Snapshot snapshot : live) {
            assertThat(SnapshotContent.of(bench.repository(), snapshot)).isEqualTo(contents.get(snapshot.id()));
        }
    }

    private void assertClean() {
        try (Workbench bench = open()) {
            assertAllRead(bench);
            assertThat(Upkeep.verify(bench.repository())).isEqualTo(new Upkeep.Findings(List.of(), Set.of()));
        }
    }
}
