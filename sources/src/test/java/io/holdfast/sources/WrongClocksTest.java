package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.repository.collect.CollectionOptions;
import io.holdfast.repository.collect.CollectionResult;
import io.holdfast.repository.collect.Collector;
import io.holdfast.repository.collect.LastGood;
import io.holdfast.repository.collect.RetentionPolicy;
import io.holdfast.repository.collect.RetentionPolicy.Every;
import io.holdfast.repository.collect.RetentionSpan;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.sources.fixture.Upkeep;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.storage.MemoryStore;
import io.holdfast.testkit.ManualClock;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Hosts whose clocks are ten years wrong, stand still, or jump in the middle of a command (invariant 4). */
@Timeout(120)
class WrongClocksTest {
    private static final Instant NOW = Instant.parse("2031-06-15T12:00:00Z");
    private static final Duration TEN_YEARS = Duration.ofDays(3_652);

    @TempDir
    Path home;

    private final SeededRandom random = new SeededRandom(7);
    private final MemoryStore store = new MemoryStore();
    private final ManualClock monotonic = new ManualClock();
    private Path tree = Path.of("");

    @BeforeEach
    void create() throws IOException {
        tree = Files.createDirectory(home.resolve("tree")).toRealPath();
        for (int i = 0; i < 5; i++) {
            Files.write(tree.resolve("f" + i), random.bytes(8_000));
        }
        Workbench.create(store, Workbench.small(home.resolve("cache"), () -> NOW), HostFiles.ofThisSystem())
                .close();
    }

    private List<InstantSource> clocks() {
        long[] second = {0};
        return List.of(
                () -> NOW.plusSeconds(second[0]++),
                () -> NOW.plus(TEN_YEARS),
                () -> NOW.minus(TEN_YEARS),
                () -> Instant.EPOCH,
                // Another one each time it is asked, also within one command.
                () -> NOW.plus(TEN_YEARS.multipliedBy(random.nextInt(3) - 1)).plusSeconds(second[0]++));
    }

    private Workbench open(InstantSource clock) {
        return Workbench.open(store, Workbench.small(home.resolve("cache"), clock), HostFiles.ofThisSystem());
    }

    @Test
    void nothingLiveIsDeletedAndAllGarbageIs() throws IOException {
        List<InstantSource> clocks = clocks();
        Map<SnapshotId, SortedMap<String, String>> live = new HashMap<>();
        for (int round = 0; round < 40; round++) {
            Files.write(tree.resolve("f" + random.nextInt(5)), random.bytes(8_000));
            SnapshotId made;
            try (Workbench bench = open(random.pick(clocks))) {
                made = bench.backup(tree).snapshot().orElseThrow();
                live.put(made, SnapshotContent.of(tree));
            }
            try (Workbench bench = open(random.pick(clocks))) {
                if (random.oneIn(2)) {
                    SnapshotId gone = random.pick(List.copyOf(live.keySet()));
                    bench.repository().removals().run(listing -> () -> Set.of(gone));
                    live.remove(gone);
                }
                if (random.oneIn(3)) {
                    assertThat(Upkeep.collect(bench.repository(), monotonic).waitingFor())
                            .isEmpty();
                }
                assertWhole(bench, live);
            }
        }
        try (Workbench bench = open(random.pick(clocks))) {
            Set<SnapshotId> all = Set.copyOf(live.keySet());
            bench.repository().removals().run(listing -> () -> all);
        }
        for (InstantSource clock : clocks) {
            try (Workbench bench = open(clock)) {
                Upkeep.collect(bench.repository(), monotonic);
            }
        }
        List<String> packs = new ArrayList<>();
        store.list("packs/", object -> packs.add(object.name().value()));
        assertThat(packs).isEmpty();
    }

    private static void assertWhole(Workbench bench, Map<SnapshotId, SortedMap<String, String>> live) {
        Set<SnapshotId> found = new HashSet<>();
        for (Snapshot snapshot : bench.repository().snapshots().live()) {
            found.add(snapshot.id());
            assertThat(SnapshotContent.of(bench.repository(), snapshot)).isEqualTo(live.get(snapshot.id()));
        }
        assertThat(found).isEqualTo(live.keySet());
        assertThat(Upkeep.verify(bench.repository()).damages()).isEmpty();
    }

    /** Neither its date nor the collector's says that a session is dead; only a heartbeat that stands still does. */
    @Test
    void nobodyIsFencedByTheDate() {
        for (InstantSource clock : clocks()) {
            CollectionOptions patient = new CollectionOptions(0, 1, Duration.ofHours(2), Duration.ofHours(1), false);
            try (Workbench writing = open(() -> NOW.minus(TEN_YEARS.multipliedBy(2)));
                    Workbench collecting = open(clock);
                    WriteSession session = writing.repository().beginSession("slow")) {
                garbage(collecting);
                CollectionResult waits = new Collector(collecting.repository(), patient, monotonic).run();
                assertThat(waits.waitingFor()).containsExactly(session.id());
                assertThat(collecting.repository().snapshots().hasEnded(session.id()))
                        .isFalse();

                CollectionOptions longer = new CollectionOptions(0, 1, Duration.ofHours(2), Duration.ofHours(3), false);
                assertThat(new Collector(collecting.repository(), longer, monotonic)
                                .run()
                                .waitingFor())
                        .isEmpty();
                assertThat(collecting.repository().snapshots().hasEnded(session.id()))
                        .isTrue();
            }
        }
    }

    /** A snapshot that is gone. */
    private void garbage(Workbench bench) {
        try {
            Files.write(tree.resolve("f0"), random.bytes(8_000));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        SnapshotId gone = bench.backup(tree).snapshot().orElseThrow();
        bench.repository().removals().run(listing -> () -> Set.of(gone));
    }

    /** The same size and time as in the parent: only what the kernel says of the inode tells, and no date of a snapshot hides it. */
    @Test
    void whatChangedIsReadAgainWhateverTheDateOfTheParent() throws IOException {
        for (InstantSource before : clocks()) {
            for (InstantSource after : clocks()) {
                Path file = tree.resolve("f1");
                FileTime time = Files.getLastModifiedTime(file);
                try (Workbench bench = open(before)) {
                    bench.backup(tree);
                }
                Files.write(file, random.bytes(8_000));
                Files.setLastModifiedTime(file, time);
                try (Workbench bench = open(after)) {
                    SnapshotId made = bench.backup(tree).snapshot().orElseThrow();
                    assertThat(SnapshotContent.of(bench.repository(), bench.snapshot(made)))
                            .isEqualTo(SnapshotContent.of(tree));
                }
            }
        }
    }

    /** One backup a day; the clock was wrong on two of the days. */
    @Test
    void rulesKeepWhatTheyShouldBesidesWhatIsDatedWrongly() {
        List<Instant> dates = new ArrayList<>();
        for (int day = 0; day < 30; day++) {
            dates.add(NOW.minus(Duration.ofDays(29 - day)));
        }
        dates.set(12, NOW.plus(TEN_YEARS));
        dates.set(14, NOW.minus(TEN_YEARS));

        List<Instant> daily =
                kept(dates, new RetentionPolicy(Map.of(Every.DAILY, 7), Optional.empty(), Set.of(), ZoneOffset.UTC));
        assertThat(daily).hasSize(7).contains(NOW, NOW.plus(TEN_YEARS)).contains(NOW.minus(Duration.ofDays(5)));

        List<Instant> within = kept(
                dates,
                new RetentionPolicy(Map.of(), Optional.of(RetentionSpan.parse("10d")), Set.of(), ZoneOffset.UTC));
        for (int day = 0; day <= 10; day++) {
            assertThat(within).contains(NOW.minus(Duration.ofDays(day)));
        }
        assertThat(within).doesNotContain(NOW.minus(Duration.ofDays(11)), NOW.minus(TEN_YEARS));
    }

    /** All of one instant: a period has one snapshot, and one stays. */
    @Test
    void aClockThatStandsStillLosesNoLastGoodSnapshot() {
        List<Instant> dates = List.of(NOW, NOW, NOW, NOW);
        assertThat(kept(dates, new RetentionPolicy(Map.of(Every.DAILY, 7), Optional.empty(), Set.of(), ZoneOffset.UTC)))
                .hasSize(1);
        assertThat(kept(dates, new RetentionPolicy(Map.of(Every.LAST, 3), Optional.empty(), Set.of(), ZoneOffset.UTC)))
                .hasSize(3);
    }

    /** Makes a snapshot with each of these dates, and tells which of them the rules keep. */
    private List<Instant> kept(List<Instant> dates, RetentionPolicy policy) {
        MemoryStore fresh = new MemoryStore();
        Workbench.create(fresh, Workbench.small(home.resolve("cache"), () -> NOW), HostFiles.ofThisSystem())
                .close();
        for (Instant date : dates) {
            try (Workbench bench = Workbench.open(
                    fresh, Workbench.small(home.resolve("cache"), () -> date), HostFiles.ofThisSystem())) {
                assertThat(bench.backup(tree).snapshot()).isPresent();
            }
        }
        try (Workbench bench =
                Workbench.open(fresh, Workbench.small(home.resolve("cache"), () -> NOW), HostFiles.ofThisSystem())) {
            List<Snapshot> live = bench.repository().snapshots().live();
            return policy.decide(live, LastGood.of(live), NOW).stream()
                    .filter(RetentionPolicy.Decision::isKept)
                    .map(decision -> decision.snapshot().manifest().started().toInstant())
                    .toList();
        }
    }
}
