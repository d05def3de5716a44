package io.holdfast.repository;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.StoreOperation;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.SimulatedCrash;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rotations that die at any call, and two at once: the repository always opens, and no epoch has two keys. */
class KeyRotationFaultsTest {
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
                repository.rotateKeys(List.of(), false);
            } catch (SimulatedCrash e) {
                deaths++;
            }
            try (Repository again = SmallRepository.open(store, cache)) {
                int epoch = again.keyring().currentEpoch();
                assertThat(again.rotateKeys(List.of(), false).epoch()).isGreaterThan(epoch);
            }
            try (Repository last = SmallRepository.open(store, cache)) {
                assertThat(last.keySlotNames()).as("after call %d", call).hasSize(1);
            }
        }
        assertThat(deaths).isGreaterThanOrEqualTo(5);
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
                    epochs.add(second.rotateKeys(List.of(), false).epoch());
                }
                return Optional.empty();
            });
            assertThat(codeOf(() -> first.rotateKeys(List.of(), false))).isEqualTo(ErrorCode.REFUSED);
        }
        assertThat(epochs).containsExactly(2);
        try (Repository after = SmallRepository.open(store, cache)) {
            assertThat(after.keyring().currentEpoch()).isEqualTo(2);
            assertThat(after.keySlotNames()).hasSize(1);
        }
    }
}
