package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.Warnings;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.collect.CollectionOptions;
import io.holdfast.repository.collect.CollectionResult;
import io.holdfast.repository.collect.Collector;
import io.holdfast.repository.collect.CondemnedList;
import io.holdfast.repository.lock.Hold;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.verify.Verification;
import io.holdfast.repository.verify.VerificationListener;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.StoreOperation;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots that nobody can delete: whoever may delete what the store lets go still leaves all that it takes to restore them. */
@Timeout(120)
final class LocksTest {
    private static final Duration MONTH = Duration.ofDays(30);

    @TempDir
    Path home = Path.of("");

    private Instant now = Instant.parse("2060-01-01T00:00:00Z");
    private MemoryStore store = new MemoryStore(() -> now);
    private final SeededRandom random = new SeededRandom(41);
    private Path from = Path.of("");
    private int caches;

    @BeforeEach
    void make() throws IOException {
        from = Files.createDirectory(home.resolve("from")).toRealPath();
        Workbench.create(store, settings(Optional.empty()), HostFiles.ofThisSystem())
                .close();
    }

    @Test
    void allThatALockedSnapshotNeedsOutlivesWhoeverDeletesTheRest() throws IOException {
        Files.write(from.resolve("f"), random.bytes(100_000));
        // Nobody locked what the next one takes over.
        backUp(Optional.empty());
        Files.write(from.resolve("g"), random.bytes(100_000));
        BackupResult locked = backUp(Optional.of(MONTH));
        SortedMap<String, String> content = SnapshotContent.of(from);
        Files.write(from.resolve("f"), random.bytes(100_000));
        backUp(Optional.empty());

        assertSurvives(locked, content);
    }

    /** Of what a delta is built on, the snapshot has no other part. */
    @Test
    void whatDeltasAreBuiltOnIsLockedWithThem() throws IOException {
        byte[] content = random.bytes(200_000);
        Files.write(from.resolve("f"), content);
        backUp(Optional.empty());
        for (int at = 0; at < content.length; at += 3_000) {
            content[at]++;
        }
        Files.write(from.resolve("f"), content);
        BackupResult locked = backUp(Optional.of(MONTH));

        // How much depends on where the chunks end, which no two repositories agree on.
        assertThat(locked.deltas().bytes()).isPositive();
        assertSurvives(locked, SnapshotContent.of(from));
    }

    /** Locked and not, on parents of any kind, with deltas, collections and forgetting in between. */
    @Test
    void soDoAllOfAnyHistory() throws IOException {
        Map<BackupResult, SortedMap<String, String>> kept = new LinkedHashMap<>();
        Map<BackupResult, Instant> ends = new LinkedHashMap<>();
        List<byte[]> files = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            files.add(random.bytes(40_000));
        }
        for (int generation = 0; generation < 40; generation++) {
            for (int i = 0; i < files.size(); i++) {
                if (random.oneIn(2)) {
                    byte[] changed = files.get(i).clone();
                    changed[random.nextInt(changed.length)]++;
                    files.set(i, changed);
                }
                // Some content comes back under another name, some after having been gone.
                Files.write(from.resolve("f" + i), files.get(random.oneIn(5) ? random.nextInt(4) : i));
            }
            boolean isLocked = random.oneIn(2);
            BackupResult result = backUp(isLocked ? Optional.of(MONTH) : Optional.empty());
            if (isLocked) {
                kept.put(result, SnapshotContent.of(from));
                ends.put(result, snapshot(result).manifest().lockedUntil());
            }
            now = now.plus(Duration.ofDays(random.nextInt(4)));
            ends.forEach((each, end) -> {
                if (!end.isAfter(now)) {
                    kept.remove(each);
                }
            });
            if (random.oneIn(3)) {
                forgetWhatMayGo();
                collect();
            }
            if (generation % 8 == 7) {
                for (Map.Entry<BackupResult, SortedMap<String, String>> each : kept.entrySet()) {
                    assertSurvives(each.getKey(), each.getValue());
                }
                assertThat(verify()).isZero();
            }
        }
        assertThat(kept).isNotEmpty();
    }

    @Test
    void garbageGoesWhenItsLockHasEnded() throws IOException {
        Files.write(from.resolve("f"), random.bytes(100_000));
        BackupResult locked = backUp(Optional.of(MONTH));
        Files.write(from.resolve("f"), random.bytes(100_000));
        backUp(Optional.empty());
        // What only somebody with the key and without good sense would do.
        try (Workbench bench = open(Optional.empty())) {
            bench.repository().snapshots().forget(locked.snapshot().orElseThrow());
        }

        CollectionResult early = collect();

        assertThat(early.deletedPacks()).isZero();
        assertThat(early.locked().packs()).isPositive();
        assertThat(early.locked().bytes()).isGreaterThan(100_000);
        assertThat(early.locked().firstEnd()).isAfterOrEqualTo(now.plus(MONTH));
        assertThat(early.repackedPacks()).isZero();
        now = now.plus(Duration.ofDays(41));
        CollectionResult late = collect();
        assertThat(late.freedBytes()).isGreaterThan(100_000);
        assertThat(late.locked().packs()).isZero();
        assertThat(verify()).isZero();
    }

    /** Their copies would be locked by nobody, and the space would be taken twice. */
    @Test
    void lockedPacksAreNotJoined() throws IOException {
        for (int i = 0; i < 12; i++) {
            Files.write(from.resolve("f" + i), random.bytes(9_000));
            backUp(Optional.of(MONTH));
        }
        CollectionResult result = collect();
        assertThat(result.repackedPacks()).isZero();
        assertThat(result.locked().packs()).isZero();
        now = now.plus(Duration.ofDays(41));
        assertThat(collect().repackedPacks()).isGreaterThan(4);
        assertThat(verify()).isZero();
    }

    /** Ten days are one generation: nothing gets a new date meanwhile, and the session looks at what changed alone. */
    @Test
    void datesOfOneGenerationAreEqual() throws IOException {
        for (int i = 0; i < 50; i++) {
            Files.createDirectory(from.resolve("d" + i));
            Files.write(from.resolve("d" + i + "/f"), random.bytes(3_000));
        }
        backUp(Optional.of(MONTH));
        Files.write(from.resolve("d7/f"), random.bytes(3_000));
        List<String> calls = new ArrayList<>();

        FaultStore counting = new FaultStore(store, call -> {
            if (call.operation() == StoreOperation.LOCK) {
                calls.add(call.name());
            }
            return Optional.empty();
        });
        BackupResult second = backUp(counting, Optional.of(MONTH));

        assertThat(calls).isEmpty();
        assertSurvives(second, SnapshotContent.of(from));
        now = now.plus(Duration.ofDays(11));
        backUp(counting, Optional.of(MONTH));
        assertThat(calls).isNotEmpty();
        assertThat(calls).anyMatch(name -> name.startsWith("config/")).anyMatch(name -> name.startsWith("keys/"));
    }

    /** Where the session dies at any call, either there is no snapshot, or all of it is locked. */
    @Test
    void aLockedSnapshotIsNeverThereWithoutItsLocks() throws IOException {
        Files.write(from.resolve("f"), random.bytes(20_000));
        Files.write(from.resolve("g"), random.bytes(20_000));
        backUp(Optional.empty());
        Files.write(from.resolve("g"), random.bytes(20_000));
        SortedMap<String, String> content = SnapshotContent.of(from);
        MemoryStore before = store;
        int committed = 0;
        for (long ordinal = 1; ; ordinal++) {
            for (Fault.Effect effect : Fault.Effect.values()) {
                store = copyOf(before);
                FaultStore dying = new FaultStore(store, FaultScript.atCall(ordinal, Fault.crash(effect)));
                try {
                    backUp(dying, Optional.of(MONTH));
                } catch (RuntimeException e) {
                    assertThat(dying.hasCrashed()).isTrue();
                }
                dying.settle();
                for (Snapshot live : live()) {
                    if (!live.manifest().lockedUntil().equals(Instant.EPOCH)) {
                        committed++;
                        assertSurvives(live.id(), content);
                    }
                }
                if (!dying.hasCrashed()) {
                    assertThat(committed).as("some died behind the commit").isGreaterThan(2);
                    assertThat(ordinal).isGreaterThan(20);
                    return;
                }
            }
        }
    }

    /** A collection beside it deletes a copy that it has just found: it looks for the other one. */
    @Test
    void aCopyThatGoesBeforeItIsLockedStopsNoBackup() throws IOException {
        storeTwice();
        SortedMap<String, String> content = SnapshotContent.of(from);
        List<String> gone = new ArrayList<>();

        BackupResult locked = backUp(
                new FaultStore(store, call -> {
                    if (call.operation() == StoreOperation.LOCK
                            && call.isUnder(PackKind.DATA.prefix())
                            && gone.isEmpty()) {
                        gone.add(call.name());
                        assertThat(store.delete(ObjectName.of(call.name()))).isTrue();
                    }
                    return Optional.empty();
                }),
                Optional.of(MONTH));

        assertThat(gone).hasSize(1);
        assertSurvives(locked, content);
    }

    @Test
    void nothingIsCommittedOfWhichAPackGoesBeforeItIsLocked() throws IOException {
        Files.write(from.resolve("f"), random.bytes(100_000));
        backUp(Optional.empty());
        FaultStore losing = new FaultStore(store, call -> {
            if (call.operation() == StoreOperation.LOCK && call.isUnder(PackKind.DATA.prefix())) {
                boolean ignored = store.delete(ObjectName.of(call.name()));
            }
            return Optional.empty();
        });

        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(() -> backUp(losing, Optional.of(MONTH)))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.DAMAGED));

        assertThat(live()).hasSize(1);
    }

    /** A chunk that is there as a delta alone is lost when what it is built on is. */
    @Test
    void nothingIsCommittedWhoseDeltasHaveLostTheirBases() throws IOException {
        byte[] content = random.bytes(200_000);
        Files.write(from.resolve("f"), content);
        backUp(Optional.empty());
        List<ObjectName> bases = dataPacks();
        for (int at = 0; at < content.length; at += 4_000) {
            content[at]++;
        }
        Files.write(from.resolve("f"), content);
        int[] listings = new int[1];
        FaultStore losing = new FaultStore(store, call -> {
            boolean isListing =
                    call.operation() == StoreOperation.LIST && call.name().equals(PackKind.DATA.prefix());
            // The session lists first what it may refer to, then what it has to lock.
            if (isListing && ++listings[0] == 2) {
                bases.forEach(store::delete);
            }
            return Optional.empty();
        });

        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(() -> backUp(losing, Optional.of(MONTH)))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.DAMAGED));

        assertThat(listings[0]).isGreaterThanOrEqualTo(2);
        assertThat(live()).hasSize(1);
    }

    /** A collector that fell asleep before its deletes may send them when the lock has ended: nobody may rely on the pack until then. */
    @Test
    void aListStandsUntilWhatIsOnItCanGo() throws IOException {
        byte[] content = random.bytes(100_000);
        Files.write(from.resolve("f"), content);
        BackupResult first = backUp(Optional.empty());
        Files.delete(from.resolve("f"));
        backUp(Optional.empty());
        try (Workbench bench = open(Optional.empty())) {
            bench.repository().snapshots().forget(first.snapshot().orElseThrow());
        }
        List<ObjectName> garbage = dataPacks();

        CollectionResult refused = collect(lockingWhatIsDeleted());

        assertThat(refused.locked().packs()).isPositive();
        assertThat(dataPacks()).containsAll(garbage);
        assertThat(store.names(CondemnedList.PREFIX)).hasSize(1);
        collect();
        assertThat(store.names(CondemnedList.PREFIX)).hasSize(1);
        Files.write(from.resolve("f"), content);
        assertThat(backUp(Optional.empty()).statistics().addedBytes()).isGreaterThan(100_000);
        now = now.plus(MONTH);
        collect();
        assertThat(dataPacks()).doesNotContainAnyElementsOf(garbage);
        assertThat(store.names(CondemnedList.PREFIX)).isEmpty();
        assertThat(verify()).isZero();
    }

    /** By then, the copy may be gone on whose account it was to go. */
    @Test
    void whatALockHasKeptIsJudgedAnew() throws IOException {
        BackupResult kept = storeTwice();
        SortedMap<String, String> content = SnapshotContent.of(from);
        List<ObjectName> before = dataPacks();
        collect(lockingWhatIsDeleted());
        assertThat(dataPacks()).isEqualTo(before);
        for (ObjectName pack : before) {
            if (!store.stat(pack).orElseThrow().lockedUntil().isAfter(now)) {
                assertThat(store.delete(pack)).isTrue();
            }
        }
        List<ObjectName> left = dataPacks();
        assertThat(left).isNotEmpty().hasSizeLessThan(before.size());
        now = now.plus(MONTH);

        collect();

        assertThat(dataPacks()).containsAll(left);
        try (Workbench bench = open(Optional.empty())) {
            assertThat(SnapshotContent.of(bench.repository(), bench.snapshot(kept)))
                    .isEqualTo(content);
        }
    }

    /** What was needed when it was condemned is garbage when its lock ends, and has no copies then. */
    @Test
    void whatALockHasKeptGoesAlsoWhenItsCopiesAreGone() throws IOException {
        BackupResult twice = storeTwice();
        collect(lockingWhatIsDeleted());
        assertThat(store.names(CondemnedList.PREFIX)).hasSize(1);
        List<ObjectName> kept = dataPacks().stream()
                .filter(pack -> store.stat(pack).orElseThrow().lockedUntil().isAfter(now))
                .toList();
        assertThat(kept).isNotEmpty();
        Files.write(from.resolve("f"), random.bytes(100_000));
        BackupResult last = backUp(Optional.empty());
        try (Workbench bench = open(Optional.empty())) {
            for (Snapshot snapshot : bench.repository().snapshots().live()) {
                if (!snapshot.id().equals(last.snapshot().orElseThrow())) {
                    bench.repository().snapshots().forget(snapshot.id());
                }
            }
        }
        collect();
        collect();
        assertThat(dataPacks()).containsAll(kept);
        now = now.plus(MONTH);

        collect();
        collect();

        assertThat(dataPacks()).doesNotContainAnyElementsOf(kept);
        assertThat(store.names(CondemnedList.PREFIX)).isEmpty();
        assertThat(twice.snapshot()).isPresent();
        assertThat(verify()).isZero();
    }

    /** Two backups at once store the same. */
    private BackupResult storeTwice() throws IOException {
        Files.write(from.resolve("f"), random.bytes(100_000));
        List<BackupResult> others = new ArrayList<>();
        BackupResult result = backUp(
                new FaultStore(store, call -> {
                    if (others.isEmpty() && call.operation() == StoreOperation.PUT && call.isUnder("packs/")) {
                        others.add(backUp(Optional.empty()));
                    }
                    return Optional.empty();
                }),
                Optional.empty());
        assertThat(others).hasSize(1);
        return result;
    }

    private FaultStore lockingWhatIsDeleted() {
        return new FaultStore(store, call -> {
            if (call.operation() == StoreOperation.DELETE && call.isUnder("packs/")) {
                assertThat(store.lock(ObjectName.of(call.name()), now.plus(MONTH)))
                        .isTrue();
            }
            return Optional.empty();
        });
    }

    private List<ObjectName> dataPacks() {
        return store.names(PackKind.DATA.prefix());
    }

    private MemoryStore copyOf(MemoryStore original) {
        MemoryStore copy = new MemoryStore(() -> now);
        original.list(
                "",
                object -> copy.put(
                        object.name(),
                        List.of(original.get(object.name()).orElseThrow()),
                        original.stat(object.name())
                                .map(ObjectStat::lockedUntil)
                                .orElseThrow()));
        return copy;
    }

    private List<Snapshot> live() {
        try (Workbench bench = open(Optional.empty())) {
            return bench.repository().snapshots().live();
        }
    }

    @Test
    void aClockThatIsBehindLocksNothing() throws IOException {
        Files.write(from.resolve("f"), random.bytes(10_000));
        backUp(Optional.empty());
        now = now.minus(Duration.ofDays(3_650));

        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(() -> backUp(Optional.of(MONTH)))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.REFUSED))
                .withMessageContaining("clock");
        // Without a lock the backup is as good as any.
        backUp(Optional.empty());
    }

    @Test
    void aHoldForATimeLocksWhatWasNotLocked() throws IOException {
        Files.write(from.resolve("f"), random.bytes(50_000));
        BackupResult first = backUp(Optional.empty());
        SortedMap<String, String> content = SnapshotContent.of(from);
        Files.write(from.resolve("f"), random.bytes(50_000));
        backUp(Optional.empty());

        try (Workbench bench = open(Optional.empty())) {
            Hold hold = bench.repository().holds().add(bench.snapshot(first), now.plus(MONTH), "audit", "me");
            assertThat(bench.repository().holds().held()).containsExactly(hold.snapshot());
        }

        assertSurvives(first, content);
        now = now.plus(MONTH);
        try (Workbench bench = open(Optional.empty())) {
            assertThat(bench.repository().holds().held()).isEmpty();
        }
    }

    private BackupResult backUp(Optional<Duration> lockFor) {
        return backUp(new FaultStore(store, call -> Optional.empty()), lockFor);
    }

    private BackupResult backUp(FaultStore through, Optional<Duration> lockFor) {
        try (Workbench bench = Workbench.open(through, settings(lockFor), HostFiles.ofThisSystem())) {
            return bench.backup(from);
        }
    }

    private Workbench open(Optional<Duration> lockFor) {
        return Workbench.open(store, settings(lockFor), HostFiles.ofThisSystem());
    }

    private Snapshot snapshot(BackupResult result) {
        try (Workbench bench = open(Optional.empty())) {
            return bench.snapshot(result);
        }
    }

    private RepositorySettings settings(Optional<Duration> lockFor) {
        RepositorySettings small = Workbench.small(home.resolve("cache"));
        return new RepositorySettings(
                small.cacheRoot(),
                small.threads(),
                small.random(),
                () -> now,
                small.program(),
                small.chunker(),
                small.dataPackBytes(),
                small.metaPackBytes(),
                lockFor,
                Warnings.NONE);
    }

    /** It can be restored from what nobody can delete, with nothing in any cache. */
    private void assertSurvives(BackupResult result, SortedMap<String, String> content) {
        assertSurvives(result.snapshot().orElseThrow(), content);
    }

    private void assertSurvives(SnapshotId id, SortedMap<String, String> content) {
        MemoryStore left = new MemoryStore(() -> now);
        List<ObjectName> names = new ArrayList<>();
        store.list("", object -> names.add(object.name()));
        for (ObjectName name : names) {
            Instant until = store.stat(name).map(ObjectStat::lockedUntil).orElseThrow();
            if (until.isAfter(now)) {
                left.put(name, store.get(name).orElseThrow());
            }
        }
        caches++;
        RepositorySettings elsewhere = Workbench.small(home.resolve("cache-" + caches));
        try (Workbench bench = Workbench.open(left, elsewhere, HostFiles.ofThisSystem())) {
            List<Snapshot> live = bench.repository().snapshots().live();
            Snapshot snapshot = live.stream()
                    .filter(each -> each.id().equals(id))
                    .findFirst()
                    .orElseThrow();
            assertThat(SnapshotContent.of(bench.repository(), snapshot)).isEqualTo(content);
        }
    }

    private void forgetWhatMayGo() {
        try (Workbench bench = open(Optional.empty())) {
            Repository repository = bench.repository();
            Set<SnapshotId> held = repository.holds().held();
            List<Snapshot> live = repository.snapshots().live();
            for (Snapshot each : live.subList(0, live.size() - 1)) {
                if (!each.manifest().lockedUntil().isAfter(now) && !held.contains(each.id()) && random.oneIn(2)) {
                    repository.snapshots().forget(each.id());
                }
            }
        }
    }

    private CollectionResult collect() {
        return collect(new FaultStore(store, FaultScript.none()));
    }

    private CollectionResult collect(FaultStore through) {
        try (Workbench bench = Workbench.open(through, settings(Optional.empty()), HostFiles.ofThisSystem())) {
            return new Collector(
                            bench.repository(),
                            new CollectionOptions(
                                    Long.MAX_VALUE,
                                    CollectionOptions.DEFAULT_WASTE,
                                    CollectionOptions.DEFAULT_FENCE_AFTER,
                                    Duration.ZERO,
                                    false),
                            MonotonicClock.system())
                    .run();
        }
    }

    private long verify() {
        try (Workbench bench = open(Optional.empty())) {
            return new Verification(bench.repository(), VerificationListener.NONE)
                    .run(100)
                    .damages();
        }
    }
}
