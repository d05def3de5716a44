package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.holdfast.core.MonotonicClock;
import io.holdfast.repository.collect.CollectionOptions;
import io.holdfast.repository.collect.CollectionResult;
import io.holdfast.repository.collect.Collector;
import io.holdfast.repository.collect.CondemnedList;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.index.IndexStore;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.verify.Verification;
import io.holdfast.repository.verify.VerificationResult;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.fixture.DamageLines;
import io.holdfast.sources.fixture.RoundTrip;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.StoreOperation;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A collection that was overtaken by another one while it slept. */
@Timeout(60)
class TwoCollectionsTest extends RoundTrip {
    /** Envelope, footer and table of contents. */
    private static final int READS_OF_AN_OUTLINE = 3;

    @Test
    void takesAPackThatIsDeletedWhileItIsCopiedForDoneAndNotForDamaged() throws IOException {
        for (int i = 0; i < 60; i++) {
            Files.write(from.resolve("f" + i), new SeededRandom(i).bytes(9_000));
        }
        SnapshotId first = bench().backup(from).snapshot().orElseThrow();
        for (int i = 0; i < 60; i += 2) {
            Files.delete(from.resolve("f" + i));
        }
        bench().backup(from);
        bench().repository().snapshots().forget(first);

        FaultStore overtaken = new FaultStore(store, FaultScript.none());
        try (Workbench other = Workbench.open(overtaken, Workbench.small(home.resolve("cache-o")), files)) {
            Map<String, Integer> reads = new HashMap<>();
            long[] deleted = {-1};
            CollectionOptions options =
                    new CollectionOptions(Long.MAX_VALUE, 0.05, Duration.ofSeconds(1), Duration.ofSeconds(5), false);
            overtaken.setScript(call -> {
                boolean copying = call.operation() == StoreOperation.GET_RANGE
                        && call.isUnder("packs/data/")
                        && reads.merge(call.name(), 1, Integer::sum) > READS_OF_AN_OUTLINE;
                if (copying && deleted[0] < 0) {
                    deleted[0] = new Collector(bench().repository(), options, MonotonicClock.system())
                            .run()
                            .deletedPacks();
                }
                return Optional.empty();
            });
            assertThatCode(() -> {
                        CollectionResult result =
                                new Collector(other.repository(), options, MonotonicClock.system()).run();
                        assertThat(result.damagedPacks()).isEmpty();
                    })
                    .doesNotThrowAnyException();
            assertThat(deleted[0]).isPositive();
            assertThat(new Collector(other.repository(), options, MonotonicClock.system())
                            .run()
                            .deletedPacks())
                    .as("nothing is left to do")
                    .isZero();
        }
    }

    /** Whoever marks reads trees for long, and meanwhile others forget and collect. */
    @Test
    void takesASnapshotThatIsForgottenWhileItIsMarkedForGoneAndNotForDamaged() throws IOException {
        for (int i = 0; i < 60; i++) {
            Files.write(from.resolve("f" + i), new SeededRandom(i).bytes(9_000));
        }
        SnapshotId first = bench().backup(from).snapshot().orElseThrow();
        for (int i = 0; i < 60; i++) {
            Files.write(from.resolve("f" + i), new SeededRandom(100 + i).bytes(9_000));
        }
        bench().backup(from);
        FaultStore overtaken = new FaultStore(store, FaultScript.none());
        try (Workbench other = Workbench.open(overtaken, Workbench.small(home.resolve("cache-o")), files)) {
            CollectionOptions options =
                    new CollectionOptions(Long.MAX_VALUE, 0.05, Duration.ofSeconds(1), Duration.ofSeconds(5), false);
            long[] deleted = {-1};
            overtaken.setScript(call -> {
                if (call.operation() == StoreOperation.GET_RANGE && call.isUnder("packs/meta/") && deleted[0] < 0) {
                    bench().repository().snapshots().forget(first);
                    deleted[0] = new Collector(bench().repository(), options, MonotonicClock.system())
                            .run()
                            .deletedPacks();
                }
                return Optional.empty();
            });

            CollectionResult result = new Collector(other.repository(), options, MonotonicClock.system()).run();

            assertThat(deleted[0]).isPositive();
            assertThat(result.damagedPacks()).isEmpty();
        }
    }

    /** A verification that lists the snapshots, and then the index for hours: what is missing by then may be needed by nobody any more. */
    @Test
    void takesASnapshotThatIsForgottenWhileItIsVerifiedForGoneAndNotForDamaged() throws IOException {
        Files.write(from.resolve("f"), new SeededRandom(1).bytes(30_000));
        SnapshotId first = bench().backup(from).snapshot().orElseThrow();
        Files.write(from.resolve("f"), new SeededRandom(2).bytes(30_000));
        bench().backup(from);
        FaultStore overtaken = new FaultStore(store, FaultScript.none());
        try (Workbench other = Workbench.open(overtaken, Workbench.small(home.resolve("cache-o")), files)) {
            int[] listings = {0};
            overtaken.setScript(call -> {
                listings[0] += call.operation() == StoreOperation.LIST && call.isUnder(IndexStore.PREFIX) ? 1 : 0;
                return Optional.empty();
            });
            assertThat(damages(other)).isEmpty();
            int last = listings[0];
            CollectionOptions options =
                    new CollectionOptions(Long.MAX_VALUE, 0.05, Duration.ofSeconds(1), Duration.ofSeconds(5), false);
            long[] deleted = {0};
            listings[0] = 0;
            overtaken.setScript(call -> {
                boolean isLast = call.operation() == StoreOperation.LIST
                        && call.isUnder(IndexStore.PREFIX)
                        && ++listings[0] == last;
                if (isLast) {
                    bench().repository().snapshots().forget(first);
                    deleted[0] = new Collector(bench().repository(), options, MonotonicClock.system())
                            .run()
                            .deletedPacks();
                }
                return Optional.empty();
            });

            assertThat(damages(other)).isEmpty();
            assertThat(deleted[0]).isPositive();
        }
    }

    private static List<String> damages(Workbench bench) {
        List<String> lines = new ArrayList<>();
        VerificationResult result = new Verification(bench.repository(), new DamageLines(lines)).run(0);
        assertThat(result.damages() > 0).isEqualTo(!lines.isEmpty());
        return lines;
    }

    /** Step W2: packs are listed after the condemned lists were read. Here the last collection ends while they are, and its list is gone. */
    @Test
    void whatIsDeletedBeforeTheListsAreReadIsStoredAnew() throws IOException {
        Files.write(from.resolve("f"), new SeededRandom(2).bytes(30_000));
        bench().backup(from);
        FaultStore overtaken = new FaultStore(store, FaultScript.none());
        try (Workbench other = Workbench.open(overtaken, Workbench.small(home.resolve("cache-o")), files)) {
            overtaken.setScript(call -> {
                if (call.operation() == StoreOperation.LIST
                        && call.isUnder(CondemnedList.PREFIX)
                        && !store.names(SnapshotId.SESSIONS).isEmpty()) {
                    store.names("packs/data/").forEach(store::delete);
                }
                return Optional.empty();
            });
            BackupResult second = other.backup(from);
            assertThat(second.snapshot()).isPresent();
            overtaken.setScript(call -> Optional.empty());

            assertThat(SnapshotContent.of(other.repository(), other.snapshot(second)))
                    .isEqualTo(SnapshotContent.of(from));
        }
    }

    /** Step C6: the same for who judges. Here the copies go that it has written itself, and does not read again. */
    @Test
    void whatIsDeletedBeforeTheListsAreReadIsNoCopy() throws IOException {
        for (int i = 0; i < 60; i++) {
            Files.write(from.resolve("f" + i), new SeededRandom(i).bytes(9_000));
        }
        SnapshotId first = bench().backup(from).snapshot().orElseThrow();
        for (int i = 0; i < 60; i += 2) {
            Files.delete(from.resolve("f" + i));
        }
        BackupResult kept = bench().backup(from);
        bench().repository().snapshots().forget(first);
        Set<ObjectName> before = Set.copyOf(store.names("packs/"));
        FaultStore overtaken = new FaultStore(store, FaultScript.none());
        try (Workbench other = Workbench.open(overtaken, Workbench.small(home.resolve("cache-o")), files)) {
            List<ObjectName> deleted = new ArrayList<>();
            overtaken.setScript(call -> {
                if (call.operation() == StoreOperation.LIST
                        && call.isUnder(CondemnedList.PREFIX)
                        && !store.names(CondemnedList.PREFIX).isEmpty()) {
                    store.names("packs/data/").stream()
                            .filter(pack -> !before.contains(pack))
                            .forEach(pack -> {
                                store.delete(pack);
                                deleted.add(pack);
                            });
                }
                return Optional.empty();
            });
            CollectionOptions options =
                    new CollectionOptions(Long.MAX_VALUE, 0.05, Duration.ofSeconds(1), Duration.ofSeconds(5), false);
            CollectionResult result = new Collector(other.repository(), options, MonotonicClock.system()).run();
            assertThat(deleted).isNotEmpty();
            assertThat(result.repackedPacks()).isPositive();
        }
        try (Workbench reader = Workbench.open(store, Workbench.small(home.resolve("cache-r")), files)) {
            assertThat(SnapshotContent.of(reader.repository(), reader.snapshot(kept)))
                    .isEqualTo(SnapshotContent.of(from));
        }
    }

    /** Step W4: what did not change is taken over only where every chunk of it may be referenced. */
    @Test
    void anUnchangedFileOnCondemnedPacksIsStoredAnew() throws IOException {
        Files.write(from.resolve("f"), new SeededRandom(1).bytes(30_000));
        bench().backup(from);
        List<PackId> packs = new ArrayList<>();
        store.list("packs/", object -> packs.add(PackId.of(object.name())));
        List<CondemnedList.Candidate> candidates = packs.stream()
                .map(pack -> new CondemnedList.Candidate(pack, new BitSet()))
                .toList();
        CondemnedList list = new CondemnedList(SnapshotId.generate(1, new SecureRandom()), candidates, List.of());
        assertThat(bench().repository().markers().put(ObjectKind.CONDEMNED_LIST, list.name(), list.encode()))
                .isEqualTo(PutOutcome.STORED);

        BackupResult second = bench().backup(from);

        packs.forEach(pack -> assertThat(store.delete(pack.name())).isTrue());
        try (Workbench other = Workbench.open(store, Workbench.small(home.resolve("cache-o")), files)) {
            assertThat(SnapshotContent.of(other.repository(), other.snapshot(second)))
                    .isEqualTo(SnapshotContent.of(from));
        }
    }

    /** Two backups at once stored a part of their data twice: after the first collection there is nothing to do. */
    @Test
    void stopsRewritingPacksThatShareAPart() throws IOException {
        Path other = Files.createDirectory(home.resolve("other")).toRealPath();
        for (int i = 0; i < 40; i++) {
            byte[] content = new SeededRandom(i).bytes(9_000);
            Files.write(from.resolve("f" + i), content);
            if (i % 2 == 0) {
                Files.write(other.resolve("f" + i), content);
                Files.write(other.resolve("f" + i + "own"), new SeededRandom(1_000 + i).bytes(9_000));
            }
        }
        FaultStore racing = new FaultStore(store, FaultScript.none());
        try (Workbench second = Workbench.open(racing, Workbench.small(home.resolve("cache-2")), files)) {
            boolean[] raced = {false};
            racing.setScript(call -> {
                if (call.operation() == StoreOperation.PUT && call.isUnder("packs/") && !raced[0]) {
                    raced[0] = true;
                    // The session of the second one knows nothing of what is stored here.
                    bench().backup(from);
                }
                return Optional.empty();
            });
            second.backup(other);
            assertThat(raced[0]).isTrue();
        }
        CollectionOptions options =
                new CollectionOptions(Long.MAX_VALUE, 0.05, Duration.ofSeconds(1), Duration.ofSeconds(5), false);
        long rewritten = 1;
        for (int round = 0; rewritten > 0; round++) {
            assertThat(round).isLessThan(4);
            rewritten = new Collector(bench().repository(), options, MonotonicClock.system())
                    .run()
                    .repackedPacks();
        }
    }
}
