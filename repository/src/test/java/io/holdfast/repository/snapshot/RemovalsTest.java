package io.holdfast.repository.snapshot;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.Warnings;
import io.holdfast.repository.SmallRepository;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.StoreOperation;
import io.holdfast.testkit.Buffers;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.SeededRandom;
import io.holdfast.testkit.SimulatedCrash;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RemovalsTest {
    @TempDir
    Path cache;

    private final Keyring keyring = SmallRepository.keyring();
    private final Sealer sealer = new Sealer(keyring, new SecureRandom());
    private final List<String> warnings = new ArrayList<>();
    private MemoryStore objects = new MemoryStore();
    private final List<SnapshotId> ids = new ArrayList<>();

    private Snapshots snapshots(ObjectStore store) {
        return new Snapshots(store, sealer, new ObjectCache(cache), Warnings.NONE);
    }

    private final Set<SnapshotId> held = new HashSet<>();

    private Removals removals(ObjectStore store) {
        return new Removals(store, sealer, snapshots(store), (what, message) -> warnings.add(message), () -> held);
    }

    /** Snapshots 0, 1, 2 and so on, all of one source. */
    private void create(int count) {
        objects = new MemoryStore();
        ids.clear();
        SeededRandom random = new SeededRandom(count);
        for (int i = 0; i < count; i++) {
            SnapshotId id = new SnapshotId(0, Bytes.wrap(random.bytes(16)));
            ids.add(id);
            snapshots(objects).commit(id, TestManifests.at(i));
        }
    }

    private Set<SnapshotId> live() {
        Set<SnapshotId> live = new HashSet<>();
        snapshots(objects).live().forEach(snapshot -> live.add(snapshot.id()));
        return live;
    }

    private List<String> turns() {
        List<String> turns = new ArrayList<>();
        objects.list(Removals.PREFIX, object -> turns.add(object.name().leaf()));
        return turns;
    }

    /** Removes what it wants, except where that would leave nothing. */
    private void removeUnlessLast(ObjectStore store, int... wanted) {
        removals(store).run(listing -> {
            Set<SnapshotId> there = new HashSet<>();
            listing.live().forEach(snapshot -> there.add(snapshot.id()));
            Set<SnapshotId> chosen = new HashSet<>();
            Arrays.stream(wanted).mapToObj(ids::get).filter(there::contains).forEach(chosen::add);
            return (Removals.Decision) () -> chosen.size() < there.size() ? chosen : Set.of();
        });
    }

    private static boolean survives(Runnable run) {
        try {
            run.run();
            return true;
        } catch (SimulatedCrash e) {
            return false;
        }
    }

    @Test
    void removesAndKeepsOneTurn() {
        create(4);
        removeUnlessLast(objects, 0, 1);
        assertThat(live()).containsExactlyInAnyOrder(ids.get(2), ids.get(3));
        removeUnlessLast(objects, 2);
        assertThat(live()).containsExactly(ids.get(3));
        removeUnlessLast(objects, 3);
        assertThat(live()).containsExactly(ids.get(3));
        assertThat(turns()).containsExactly("00000002");
        assertThat(warnings).isEmpty();
    }

    /** A hold that comes between the choice and the marker is seen, and the choice made anew. */
    @Test
    void whatIsHeldSinceItWasChosenStays() {
        create(3);
        int[] asked = new int[1];
        removals(objects).run(listing -> {
            boolean isFirst = asked[0]++ == 0;
            held.add(ids.get(0));
            return (Removals.Decision) () -> isFirst ? Set.of(ids.get(0), ids.get(1)) : Set.of(ids.get(1));
        });
        assertThat(asked[0]).isEqualTo(2);
        assertThat(live()).containsExactlyInAnyOrder(ids.get(0), ids.get(2));
    }

    /** Of a process that died behind its choice. */
    @Test
    void nobodyFinishesATurnOverAHold() {
        create(3);
        FaultStore dying = new FaultStore(
                objects,
                FaultScript.when(
                        call -> call.operation() == StoreOperation.PUT && call.isUnder(SnapshotId.FORGOTTEN),
                        Fault.crash(Fault.Effect.NONE)));
        assertThat(survives(() -> removeUnlessLast(dying, 0, 1))).isFalse();
        assertThat(turns()).hasSize(1);
        held.add(ids.get(0));

        removals(objects).run(listing -> (Removals.Decision) () -> Set.of());

        assertThat(live()).containsExactlyInAnyOrder(ids.get(0), ids.get(2));
    }

    @Test
    void aRefusalRemovesNothing() {
        create(2);
        assertThat(codeOf(() -> removals(objects).run(listing -> {
                    throw new HoldfastException(ErrorCode.REFUSED, "no", "none");
                })))
                .isEqualTo(ErrorCode.REFUSED);
        assertThat(live()).hasSize(2);
        assertThat(turns()).isEmpty();
    }

    /**
     * One that wants to remove 0 stops before each of its calls, while another removes 2 and a third removes 1 or dies at any of its
     * calls. Whatever happened, a snapshot stays, and what was chosen is removed at the latest by the next.
     */
    @Test
    void oneSnapshotStaysWhoeverRemovesAtOnceOrDies() {
        int runs = 0;
        for (int pauseAt = 1, pauses = 1; pauseAt <= pauses; pauseAt++) {
            for (int others = 0; others < 2; others++) {
                for (Fault.Effect effect : Fault.Effect.values()) {
                    boolean died = true;
                    for (int dieAt = 1; died; dieAt++) {
                        create(3);
                        FaultStore dying = new FaultStore(objects, FaultScript.atCall(dieAt, Fault.crash(effect)));
                        boolean[] survived = {true};
                        int at = pauseAt;
                        boolean withMiddle = others == 1;
                        FaultStore paused = new FaultStore(
                                objects,
                                FaultScript.when(
                                        call -> {
                                            if (call.ordinal() == at) {
                                                if (withMiddle) {
                                                    removeUnlessLast(objects, 2);
                                                }
                                                survived[0] = survives(() -> removeUnlessLast(dying, 1, 2));
                                            }
                                            return false;
                                        },
                                        Fault.crash(Fault.Effect.NONE)));
                        removeUnlessLast(paused, 0);
                        pauses = Math.max(pauses, (int) paused.callCount());
                        String what = "paused at %d, others %d, died at %d, %s".formatted(at, others, dieAt, effect);
                        assertThat(live()).as(what).isNotEmpty();
                        dying.settle();
                        removeUnlessLast(objects, 2);
                        assertThat(live()).as(what).isNotEmpty().doesNotContain(ids.get(2));
                        removeUnlessLast(objects, 0);
                        removeUnlessLast(objects, 1);
                        assertThat(live()).as(what).hasSize(1);
                        assertThat(turns()).as(what).hasSizeLessThanOrEqualTo(2);
                        died = !survived[0];
                        runs++;
                    }
                }
            }
        }
        assertThat(runs).isGreaterThan(300);
        assertThat(warnings).isEmpty();
    }

    /** It would otherwise be lost which snapshots the dead one had chosen, and a later one would spare what is nearly gone. */
    @Test
    void theNextFinishesWhatADeadOneBegan() {
        create(5);
        FaultStore dying = new FaultStore(
                objects,
                FaultScript.when(
                        call -> call.operation().isMutation() && call.isUnder(SnapshotId.FORGOTTEN),
                        Fault.crash(Fault.Effect.NONE)));
        assertThat(survives(() -> removals(dying).run(listing -> () -> Set.of(ids.get(0), ids.get(1)))))
                .isFalse();
        assertThat(live()).hasSizeGreaterThanOrEqualTo(4);
        removals(objects).run(listing -> {
            assertThat(listing.live()).hasSize(3);
            return () -> Set.of();
        });
        assertThat(live()).containsExactlyInAnyOrder(ids.get(2), ids.get(3), ids.get(4));
    }

    @Test
    void anAnswerThatWasLostIsNoOtherProcess() {
        create(3);
        ObjectName first = ObjectName.of(Removals.PREFIX + "00000001");
        FaultStore store = new FaultStore(
                objects,
                FaultScript.when(
                        call -> call.operation().isMutation() && call.name().equals(first.value()),
                        Fault.error(ErrorCode.STORE_UNREACHABLE, Fault.Effect.DONE)));
        assertThat(codeOf(() -> removals(store).run(listing -> () -> Set.of(ids.getFirst()))))
                .isEqualTo(ErrorCode.STORE_UNREACHABLE);
        assertThat(live()).hasSize(3);
        removeUnlessLast(objects);
        assertThat(live()).doesNotContain(ids.getFirst());
    }

    @Test
    void whatALaterTurnFinishedIsNotChosenAgain() {
        create(3);
        int[] looks = {0};
        FaultStore paused = new FaultStore(
                objects,
                FaultScript.when(
                        call -> {
                            if (call.name().equals(Removals.PREFIX) && ++looks[0] == 2) {
                                removeUnlessLast(objects, 1);
                            }
                            return false;
                        },
                        Fault.crash(Fault.Effect.NONE)));
        int[] asked = {0};
        removals(paused).run(listing -> {
            asked[0]++;
            return () -> Set.of(ids.getFirst());
        });
        assertThat(asked[0]).isEqualTo(1);
        assertThat(live()).containsExactly(ids.get(2));
    }

    @Test
    void aDamagedTurnIsToldAndHoldsNobodyUp() {
        create(3);
        removeUnlessLast(objects, 0);
        ObjectName turn = ObjectName.of(Removals.PREFIX + "00000001");
        byte[] bytes = Buffers.toArray(objects.get(turn).orElseThrow());
        bytes[60] ^= 1;
        assertThat(objects.delete(turn)).isTrue();
        assertThat(objects.put(turn, ByteBuffer.wrap(bytes))).isEqualTo(PutOutcome.STORED);
        removeUnlessLast(objects, 1);
        assertThat(live()).containsExactly(ids.get(2));
        assertThat(warnings).hasSize(1);
        assertThat(turns()).containsExactly("00000002");
    }
}
