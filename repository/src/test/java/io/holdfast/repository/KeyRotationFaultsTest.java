package io.holdfast.repository;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.StoreOperation;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.SimulatedCrash;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rotations that die at any call, and two at once: the repository always opens, and no epoch has two keys. */
class KeyRotationFaultsTest {
    private static final Credential SECOND = new Credential.Key(KeyFile.generate(new SecureRandom()));

    @TempDir
    Path cache;

    @ParameterizedTest
    @EnumSource(
            value = Fault.Effect.class,
            names = {"NONE", "DONE"})
    void aRotationThatDiesAtAnyCallLocksNobodyOut(Fault.Effect effect) {
        boolean[] died = {true};
        int deaths = 0;
        for (int call = 1; died[0]; call++) {
            MemoryStore store = new MemoryStore();
            SmallRepository.create(store, cache).close();
            int dying = call;
            int[] calls = {0};
            died[0] = false;
            FaultStore mortal = new FaultStore(store, FaultScript.none());
            try (Repository repository = SmallRepository.open(mortal, cache)) {
                mortal.setScript(each -> {
                    died[0] |= ++calls[0] == dying;
                    return calls[0] == dying ? Optional.of(Fault.crash(effect)) : Optional.empty();
                });
                repository.keySlots().rotate(List.of(), false, false);
            } catch (SimulatedCrash e) {
                deaths++;
            }
            try (Repository again = SmallRepository.open(store, cache)) {
                int epoch = again.keyring().currentEpoch();
                assertThat(again.keySlots().rotate(List.of(), false, true).epoch())
                        .isGreaterThan(epoch);
            }
            try (Repository last = SmallRepository.open(store, cache)) {
                assertThat(last.keySlots().names()).as("after call %d", call).hasSize(1);
            }
        }
        assertThat(deaths).isGreaterThanOrEqualTo(5);
    }

    /** Of two users, one may have the new key already, and have used it. */
    @Test
    void aRotationThatWasCutOffIsFinishedByAnotherUserWithoutLosingAKey() {
        for (boolean otherGoesOn : new boolean[] {false, true}) {
            boolean[] died = {true};
            for (int call = 1; died[0]; call++) {
                MemoryStore store = twoUsers();
                int dying = call;
                int[] calls = {0};
                died[0] = false;
                FaultStore mortal = new FaultStore(store, FaultScript.none());
                try (Repository repository = SmallRepository.open(mortal, cache)) {
                    mortal.setScript(each -> {
                        died[0] |= ++calls[0] == dying;
                        return calls[0] == dying ? Optional.of(Fault.crash(Fault.Effect.NONE)) : Optional.empty();
                    });
                    repository.keySlots().rotate(List.of(SECOND), false, false);
                } catch (SimulatedCrash e) {
                    // Somebody finds out later.
                }
                Set<Integer> used = new TreeSet<>();
                try (Repository one = SmallRepository.open(store, cache);
                        Repository two = openSecond(store)) {
                    used.add(one.keyring().currentEpoch());
                    used.add(two.keyring().currentEpoch());
                }
                try (Repository going = otherGoesOn ? openSecond(store) : SmallRepository.open(store, cache)) {
                    List<Credential> further = List.of(otherGoesOn ? SmallRepository.key() : SECOND);
                    // Alone, it would take the other one's key away.
                    if (used.size() > 1) {
                        assertThat(codeOf(() -> going.keySlots().rotate(List.of(), false, false)))
                                .isEqualTo(ErrorCode.REFUSED);
                    }
                    going.keySlots().rotate(further, false, true);
                }
                try (Repository one = SmallRepository.open(store, cache);
                        Repository two = openSecond(store)) {
                    assertThat(one.keyring().epochs()).as("after call %d", call).containsAll(used);
                    assertThat(two.keyring().epochs()).isEqualTo(one.keyring().epochs());
                    assertThat(one.keySlots().names()).hasSize(2);
                }
            }
        }
    }

    /** At each call of one, another rotation or a new key comes in between: nobody has less than all keys afterwards. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoComesInBetweenDoesNotSplitTheKeys(boolean adds) {
        boolean[] came = {true};
        for (int call = 1; came[0]; call++) {
            MemoryStore store = twoUsers();
            FaultStore watched = new FaultStore(store, FaultScript.none());
            Credential third = new Credential.Key(KeyFile.generate(new SecureRandom()));
            int[] calls = {0};
            int coming = call;
            came[0] = false;
            int[] refused = {0};
            try (Repository first = SmallRepository.open(watched, cache);
                    Repository second = openSecond(store)) {
                watched.setScript(each -> {
                    if (++calls[0] == coming) {
                        came[0] = true;
                        refused[0] += outcome(() -> {
                            if (adds) {
                                second.keySlots().add(third, "third");
                            } else {
                                second.keySlots().rotate(List.of(SmallRepository.key()), false, false);
                            }
                        });
                    }
                    return Optional.empty();
                });
                refused[0] += outcome(() -> first.keySlots().rotate(List.of(SECOND), false, false));
            }
            List<List<Integer>> epochs = new ArrayList<>();
            for (Credential each : List.of(SmallRepository.key(), SECOND, third)) {
                try (Repository opened = Repository.open(store, List.of(each), SmallRepository.settings(cache))) {
                    epochs.add(opened.keyring().epochs());
                } catch (HoldfastException e) {
                    assertThat(e.code()).isEqualTo(ErrorCode.WRONG_KEY);
                    assertThat(each).isSameAs(third);
                }
            }
            assertThat(new HashSet<>(epochs))
                    .as("after call %d, %d refused", call, refused[0])
                    .hasSize(1);
        }
    }

    /** 1 where it was refused. */
    private static int outcome(Runnable action) {
        try {
            action.run();
            return 0;
        } catch (HoldfastException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.REFUSED);
            return 1;
        }
    }

    private MemoryStore twoUsers() {
        MemoryStore store = new MemoryStore();
        try (Repository made = SmallRepository.create(store, cache)) {
            made.keySlots().add(SECOND, "second");
        }
        return store;
    }

    private Repository openSecond(MemoryStore store) {
        return Repository.open(store, List.of(SECOND), SmallRepository.settings(cache));
    }

    @Test
    void ofTwoAtOnceOneIsRefused() {
        MemoryStore store = new MemoryStore();
        SmallRepository.create(store, cache).close();
        FaultStore watched = new FaultStore(store, FaultScript.none());
        Set<Integer> epochs = new HashSet<>();
        try (Repository first = SmallRepository.open(watched, cache);
                Repository second = SmallRepository.open(store, cache)) {
            watched.setScript(call -> {
                if (call.operation() == StoreOperation.PUT && call.isUnder("config/") && epochs.isEmpty()) {
                    epochs.add(second.keySlots().rotate(List.of(), false, false).epoch());
                }
                return Optional.empty();
            });
            assertThat(codeOf(() -> first.keySlots().rotate(List.of(), false, false)))
                    .isEqualTo(ErrorCode.REFUSED);
        }
        assertThat(epochs).containsExactly(2);
        try (Repository after = SmallRepository.open(store, cache)) {
            assertThat(after.keyring().currentEpoch()).isEqualTo(2);
            assertThat(after.keySlots().names()).hasSize(1);
        }
    }
}
