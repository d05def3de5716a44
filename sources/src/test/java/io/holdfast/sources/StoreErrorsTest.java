package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.sources.fixture.CommandStages;
import io.holdfast.sources.fixture.CommandStages.Stage;
import io.holdfast.sources.fixture.ObjectCopies;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.sources.fixture.Upkeep;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.StoreOperation;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.Fault.Effect;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The store answers one call with an error, each in turn, until the command makes no more calls: backup, prune, repair, key rotation and copy end with
 * that error or do without, nothing is lost, and the same command works afterwards.
 */
class StoreErrorsTest {
    @TempDir
    Path home;

    private int errors;

    /** How a call fails. */
    private record Failing(ErrorCode code, Effect effect) {
        boolean canHit(StoreOperation operation) {
            return switch (code) {
                case NO_SPACE -> operation == StoreOperation.PUT;
                // A medium that returns an error for an object says so of reads.
                case DAMAGED -> operation == StoreOperation.GET || operation == StoreOperation.GET_RANGE;
                default -> effect == Effect.NONE || operation.isMutation();
            };
        }
    }

    @Test
    @Tag("slow")
    @Timeout(900)
    void endOneCommandAndNothingElse() throws IOException {
        scenario(1, 3);
        System.out.println("StoreErrorsTest: " + errors + " errors");
        assertThat(errors).isGreaterThan(150);
    }

    /** A store that says so is not collected; everything else works, or is refused. */
    @Test
    @Timeout(300)
    void listingsThatLagBehindLoseNothing() throws IOException {
        try (CommandStages stages = new CommandStages(home, new SeededRandom(2))) {
            stages.run(stage -> {
                for (int calls : List.of(1, 2, 5, 30, 1_000)) {
                    MemoryStore objects = ObjectCopies.of(stage.before());
                    String what = stage + ", listings are " + calls + " calls old";
                    try (Workbench bench = stages.open(FaultStore.withStaleLists(objects, calls))) {
                        stage.command().run(bench);
                        assertThat(stage.name()).as(what).isNotIn("prune", "repair");
                    } catch (HoldfastException e) {
                        assertThat(e.code()).as(what + ": " + e).isIn(ErrorCode.REFUSED, ErrorCode.FENCED);
                        assertThat(stage.name()).as(what + ": " + e).doesNotStartWith("backup");
                    }
                    assertNothingIsLost(stages, stage, objects, what);
                }
            });
        }
    }

    @Test
    @Tag("long")
    @Timeout(3_600)
    void endOneCommandAndNothingElseAtEveryCallOfManyScenarios() throws IOException {
        for (int seed = 100; seed < 110; seed++) {
            scenario(seed, 1);
        }
    }

    /** @param stride of the calls that may fail, one in so many does, besides those that write, which all do */
    private void scenario(int seed, int stride) throws IOException {
        SeededRandom random = new SeededRandom(seed);
        try (CommandStages stages = new CommandStages(home, random)) {
            stages.run(stage -> {
                for (Failing error : List.of(
                        new Failing(ErrorCode.NO_SPACE, Effect.NONE),
                        new Failing(ErrorCode.FAILED, Effect.NONE),
                        new Failing(ErrorCode.FAILED, Effect.DONE),
                        new Failing(ErrorCode.DAMAGED, Effect.NONE))) {
                    int step = error.code() == ErrorCode.NO_SPACE ? 1 : stride;
                    int call = 1 + random.nextInt(step);
                    while (failsAt(stages, stage, error, call)) {
                        call += step;
                    }
                }
            });
        }
    }

    /** False where the command makes fewer calls of that kind. */
    private boolean failsAt(CommandStages stages, Stage stage, Failing error, int ordinal) throws IOException {
        MemoryStore objects = ObjectCopies.of(stage.before());
        int[] calls = {0};
        StringBuilder hit = new StringBuilder();
        FaultStore store = new FaultStore(objects, FaultScript.none());
        String what = stage + ", " + error + " at call " + ordinal;
        try (Workbench bench = stages.open(store)) {
            store.setScript(FaultScript.when(
                    call -> {
                        if (!error.canHit(call.operation()) || ++calls[0] != ordinal) {
                            return false;
                        }
                        hit.append(call.operation()).append(' ').append(call.name());
                        return true;
                    },
                    Fault.error(error.code(), error.effect())));
            stage.command().run(bench);
        } catch (HoldfastException e) {
            // A rotation takes a key slot that it cannot read for one that it may not lose.
            boolean isSlot = e.code() == ErrorCode.REFUSED && hit.indexOf("GET keys/") == 0;
            assertThat(isSlot ? error.code() : e.code())
                    .as(what + ", " + hit + ": " + e)
                    .isEqualTo(error.code());
            assertThat(e.getMessage()).as(what).isNotBlank();
        }
        if (calls[0] < ordinal) {
            return false;
        }
        errors++;
        assertNothingIsLost(stages, stage, objects, what + ", " + hit);
        return true;
    }

    private static void assertNothingIsLost(CommandStages stages, Stage stage, MemoryStore objects, String what)
            throws IOException {
        assertThat(Thread.interrupted()).as(what).isFalse();
        try (Workbench bench = stages.open(objects)) {
            Set<SnapshotId> live = new HashSet<>();
            for (Snapshot snapshot : bench.repository().snapshots().live()) {
                live.add(snapshot.id());
                assertThat(SnapshotContent.of(bench.repository(), snapshot))
                        .as(what)
                        .isEqualTo(stage.expected(snapshot.id()));
            }
            assertThat(live).as(what).containsAll(stage.kept());
            stage.command().run(bench);
            SnapshotId saved = stage.source().save(bench);
            assertThat(SnapshotContent.of(bench.repository(), bench.snapshot(saved)))
                    .as(what)
                    .isEqualTo(stage.now());
            stages.collect(bench);
            assertThat(Upkeep.verify(bench.repository())).as(what).isEqualTo(new Upkeep.Findings(List.of(), Set.of()));
            assertThat(bench.repository().sessions().open()).as(what).isEmpty();
        }
        assertThat(ObjectCopies.names(objects, ""))
                .as(what)
                .extracting(ObjectName::value)
                .noneMatch(name -> name.startsWith("condemned/") || name.startsWith("waits/"));
    }
}
