package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotListing;
import io.holdfast.sources.fixture.CommandStages;
import io.holdfast.sources.fixture.CommandStages.Stage;
import io.holdfast.sources.fixture.ObjectCopies;
import io.holdfast.sources.fixture.SavedSource;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.sources.fixture.Upkeep;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.sources.fixture.WrittenWrong;
import io.holdfast.sources.fixture.WrittenWrong.Way;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each object that a command writes ends up absent, torn, full of zeros, twice, late, or with a wrong answer. Whatever is read back afterwards
 * is right or ends in an error, a verification names what is wrong, and the repair, the backup and the collection that follow make the repository whole.
 */
class ObjectWriteStatesTest {
    private static final int STATES = 10_000;
    /** Of a repository of a few objects of a few sectors each; more would mean that states went missing. */
    private static final int MAX_SCENARIOS = 14;

    private static final Upkeep.Findings CLEAN = new Upkeep.Findings(List.of(), Set.of());

    @TempDir
    Path home;

    private final Map<String, Integer> counts = new TreeMap<>();
    private SeededRandom random = new SeededRandom(0);
    private int states;
    private int limit;
    /** One in so many states is taken all the way to a whole repository again. */
    private int recoveries;

    @Test
    @Tag("slow")
    @Timeout(900)
    void areNoticedNeverRestoredAndMended() throws IOException {
        limit = STATES;
        recoveries = 60;
        int scenarios = 0;
        while (states < limit) {
            scenario(++scenarios, scenarios == 1);
        }
        System.out.println("ObjectWriteStatesTest: " + states + " states of " + scenarios + " scenarios " + counts);
        assertThat(states).isEqualTo(STATES);
        assertThat(scenarios).isLessThanOrEqualTo(MAX_SCENARIOS);
        for (Way way : Way.values()) {
            assertThat(counts.get(way.toString())).as(way.toString()).isGreaterThan(30);
        }
    }

    @Test
    @Tag("long")
    @Timeout(3_600)
    void areNoticedNeverRestoredAndMendedInManyScenarios() throws IOException {
        limit = 3 * STATES;
        recoveries = 1;
        for (int seed = 1_000; states < limit; seed++) {
            scenario(seed, true);
        }
    }

    /** @param inFlight whether the commands go on with what was written wrongly, too */
    private void scenario(int seed, boolean inFlight) throws IOException {
        random = new SeededRandom(seed);
        try (CommandStages stages = new CommandStages(home, random)) {
            stages.run(stage -> {
                if (inFlight) {
                    whileTheCommandGoesOn(stages, stage);
                }
                whatItLeaves(stages, stage);
            });
        }
    }

    private boolean count(Object way) {
        if (states == limit) {
            return false;
        }
        states++;
        counts.merge(String.valueOf(way), 1, Integer::sum);
        return true;
    }

    /** Every object that the command has put and left, cut at every sector. */
    private void whatItLeaves(CommandStages stages, Stage stage) throws IOException {
        MemoryStore objects = ObjectCopies.of(stage.after());
        List<ObjectName> written = ObjectCopies.names(objects, "");
        written.removeAll(ObjectCopies.names(stage.before(), ""));
        assertThat(written).isNotEmpty();
        for (ObjectName name : written) {
            byte[] intact = ObjectCopies.bytes(objects, name);
            if (count(Way.ABSENT)) {
                assertThat(objects.delete(name)).isTrue();
                look(stages, stage, objects, name, false, stage + " without " + name);
            }
            for (int sector = 0; sector < WrittenWrong.sectors(intact); sector++) {
                for (Way way : List.of(Way.TORN, Way.ZEROED)) {
                    byte[] wrong =
                            way == Way.TORN ? WrittenWrong.torn(intact, sector) : WrittenWrong.zeroed(intact, sector);
                    if (!Arrays.equals(wrong, intact) && count(way)) {
                        ObjectCopies.replace(objects, name, wrong);
                        look(stages, stage, objects, name, true, stage + ", " + way + " " + name + " at " + sector);
                    }
                }
            }
            ObjectCopies.replace(objects, name, intact);
        }
    }

    private void whileTheCommandGoesOn(CommandStages stages, Stage stage) throws IOException {
        for (Way way : Way.values()) {
            boolean more = true;
            for (int put = 1; more && states < limit; put++) {
                MemoryStore objects = ObjectCopies.of(stage.before());
                WrittenWrong wrong = new WrittenWrong(objects, put, way, random.nextInt(1_000));
                String what = stage + ", put " + put + " " + way;
                boolean done = runs(stages, stage, wrong, what);
                more = wrong.hit().isPresent();
                if (!more || !count(way)) {
                    break;
                }
                ObjectName name = wrong.hit().orElseThrow();
                what += " of " + name;
                look(stages, stage, objects, name, false, what);
                wrong.settle();
                if (way.keepsTheContract() && !stage.name().equals("repair")) {
                    try (Workbench bench = stages.open(objects)) {
                        assertThat(Upkeep.verify(bench.repository())).as(what).isEqualTo(CLEAN);
                    }
                }
                if (!done) {
                    assertThat(way).as(what).isNotIn(Way.TWICE, Way.ANSWERED_BY_A_RETRY);
                }
                recover(stages, stage, objects, name, what);
            }
        }
    }

    /** Whether it said that it was done. */
    private static boolean runs(CommandStages stages, Stage stage, ObjectStore store, String what) throws IOException {
        try (Workbench bench = stages.open(store)) {
            stage.command().run(bench);
            return true;
        } catch (HoldfastException e) {
            assertThat(e.code())
                    .as(what + ": " + e)
                    .isIn(ErrorCode.STORE_UNREACHABLE, ErrorCode.DAMAGED, ErrorCode.REFUSED, ErrorCode.FENCED);
            return false;
        }
    }

    /** @param named whether a verification must say that this object is damaged */
    private void look(
            CommandStages stages, Stage stage, MemoryStore objects, ObjectName name, boolean named, String what)
            throws IOException {
        boolean cached = name.value().startsWith("packs/");
        try (Workbench bench = cached ? stages.open(objects) : stages.openAfresh(objects)) {
            Upkeep.Findings found = Upkeep.verify(bench.repository());
            if (named) {
                assertThat(found.damages()).as(what).anyMatch(line -> line.contains(name.value()));
            }
            SnapshotListing listing = bench.repository().snapshots().list();
            Set<SnapshotId> there = new HashSet<>();
            for (Snapshot snapshot : listing.live()) {
                there.add(snapshot.id());
                boolean readable = reads(bench, stage, snapshot, what);
                assertThat(found.hit().contains(snapshot.id()))
                        .as("%s, %s: hit, where it cannot be read: %s", what, snapshot.id(), found)
                        .isEqualTo(!readable);
            }
            listing.damaged().forEach(damaged -> there.add(damaged.id()));
            assertThat(there).as(what).containsAll(without(stage.kept(), name));
        } catch (HoldfastException e) {
            assertThat(e.code()).as(what + ": " + e).isEqualTo(ErrorCode.DAMAGED);
            assertThat(name.value()).as(what + ": " + e).matches("(config|keys)/.*");
        }
        if (random.oneIn(recoveries)) {
            recover(stages, stage, ObjectCopies.of(objects), name, what);
        }
    }

    private static Set<SnapshotId> without(Set<SnapshotId> ids, ObjectName name) {
        Set<SnapshotId> others = new HashSet<>(ids);
        others.removeIf(id -> id.snapshotName().equals(name));
        return others;
    }

    /** What can be read is right. */
    private static boolean reads(Workbench bench, Stage stage, Snapshot snapshot, String what) {
        try {
            assertThat(SnapshotContent.of(bench.repository(), snapshot))
                    .as(what)
                    .isEqualTo(stage.expected(snapshot.id()));
            return true;
        } catch (HoldfastException e) {
            assertThat(e.code()).as(what + ": " + e).isEqualTo(ErrorCode.DAMAGED);
            return false;
        }
    }

    /** Repair, the same backup again, and a collection; what is hit for good is given up in between. */
    private void recover(CommandStages stages, Stage stage, MemoryStore objects, ObjectName name, String what)
            throws IOException {
        putBack(stage, objects, name);
        try (Workbench bench = stages.openAfresh(objects)) {
            if (name.value().startsWith("condemned/")) {
                stages.collect(bench); // No backup begins before it is out of the way, and says so.
            }
            Upkeep.Findings found = Upkeep.repair(bench.repository());
            if (name.value().startsWith("verdict/")
                    && found.damages().stream().anyMatch(line -> line.startsWith(name.value()))) {
                assertThat(objects.delete(name)).as("as its message says").isTrue();
            }
            SnapshotId saved = stage.source().save(bench);
            if (stage.source() instanceof SavedSource.Copy && !reads(bench, stage, bench.snapshot(saved), what)) {
                // What has a copy is not copied again: the damaged one has to go first.
                SnapshotId damaged = saved;
                bench.repository().removals().run(listing -> () -> Set.of(damaged));
                saved = stage.source().save(bench);
            }
            assertThat(reads(bench, stage, bench.snapshot(saved), what))
                    .as(what)
                    .isTrue();
            Set<SnapshotId> lost =
                    new TreeSet<>(Upkeep.verify(bench.repository()).hit());
            bench.repository().snapshots().list().damaged().forEach(damaged -> lost.add(damaged.id()));
            assertThat(lost).as(what).doesNotContain(saved);
            bench.repository().removals().run(listing -> () -> lost);
            stages.collect(bench);
            stages.collect(bench);
            Upkeep.Findings left = Upkeep.verify(bench.repository());
            assertThat(left.hit()).as(what).isEmpty();
            // What was given up stays under its name until a collection has found something to delete, and the last
            // removal until the next one.
            Set<String> mayStay = new HashSet<>();
            lost.forEach(id -> mayStay.add(id.snapshotName().value()));
            if (name.value().matches("(removals|forgotten)/.*")) {
                mayStay.add(name.value());
            }
            assertThat(left.damages())
                    .as(what)
                    .allMatch(line -> mayStay.stream().anyMatch(line::startsWith));
            for (Snapshot snapshot : bench.repository().snapshots().live()) {
                assertThat(reads(bench, stage, snapshot, what)).as(what).isTrue();
            }
        }
    }

    /** What has no second copy here comes from a copy of the repository, as the messages say. */
    private static void putBack(Stage stage, MemoryStore objects, ObjectName name) {
        if (name.value().matches("(config|keys)/.*") && stage.after().stat(name).isPresent()) {
            ObjectCopies.replace(objects, name, ObjectCopies.bytes(stage.after(), name));
        }
    }
}
