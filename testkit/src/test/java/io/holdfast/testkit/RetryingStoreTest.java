package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.RetryPolicy;
import io.holdfast.storage.RetryingStore;
import io.holdfast.storage.StoreOperation;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class RetryingStoreTest {
    private static final ObjectName NAME = ObjectName.of("a");
    private static final RetryPolicy POLICY = new RetryPolicy(4, Duration.ofSeconds(1), Duration.ofSeconds(3));

    private final ManualClock clock = new ManualClock();
    private final MemoryStore below = new MemoryStore();

    @Nested
    final class Contract extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            return retrying(new FaultStore(new MemoryStore(), FaultScript.none()));
        }
    }

    /** Every other call fails before it has an effect, and nobody notices. */
    @Nested
    final class ContractOverAnUnreliableStore extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            Fault fault = Fault.error(ErrorCode.STORE_UNREACHABLE, Fault.Effect.NONE);
            return retrying(new FaultStore(
                    new MemoryStore(), FaultScript.when(call -> call.ordinal() % 2 == 1, fault)));
        }
    }

    @Nested
    final class ConcurrencyContract extends ObjectStoreConcurrencyContract {
        @Override
        protected ObjectStore newStore() {
            return retrying(new MemoryStore());
        }
    }

    @Test
    void waitsLongerFromAttemptToAttemptAndGivesUpInTheEnd() {
        FaultStore failing = failing(ErrorCode.STORE_UNREACHABLE, Long.MAX_VALUE);
        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(() -> retrying(failing).get(NAME))
                .matches(e -> e.code() == ErrorCode.STORE_UNREACHABLE);
        assertThat(failing.callCount()).isEqualTo(4);
        // 1 s, 2 s and 3 s (the longest), each between half of it and all
        assertThat(clock.elapsed()).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(6));
    }

    @Test
    void doesNotRetryWhatWillNotPass() {
        for (ErrorCode code : ErrorCode.values()) {
            if (code != ErrorCode.STORE_UNREACHABLE) {
                FaultStore failing = failing(code, Long.MAX_VALUE);
                assertThatExceptionOfType(HoldfastException.class)
                        .isThrownBy(() -> retrying(failing).get(NAME))
                        .matches(e -> e.code() == code);
                assertThat(failing.callCount()).as(code.name()).isEqualTo(1);
            }
        }
        assertThat(clock.elapsed()).isZero();
    }

    @Test
    void knowsItsOwnPutWhoseAnswerWasLost() {
        byte[] content = new SeededRandom(5).bytes(3_000);
        List<ByteBuffer> parts = new SeededRandom(6).buffers(content);
        assertThat(retrying(losingOneAnswer()).put(NAME, parts)).isEqualTo(PutOutcome.STORED);
        assertThat(below.get(NAME)).contains(ByteBuffer.wrap(content));
        assertThat(parts.stream().mapToInt(ByteBuffer::remaining).sum()).isEqualTo(3_000);
    }

    /** Somebody else won the name, be it with bytes that begin or end alike. */
    @Test
    void neverClaimsWhatAnotherOnePut() {
        for (int length : new int[] {2, 3, 4, 5}) {
            ObjectName name = ObjectName.of("taken/" + length);
            byte[] theirs = {1, 2, 3, 4};
            theirs[0] = (byte) (length == 4 ? 9 : 1);
            below.put(name, ByteBuffer.wrap(theirs));
            byte[] mine = Arrays.copyOf(new byte[] {1, 2, 3, 4, 5}, length);
            FaultStore losing = losingOneAnswer();
            assertThat(retrying(losing).put(name, ByteBuffer.wrap(mine)))
                    .as("%d", length)
                    .isEqualTo(PutOutcome.ALREADY_THERE);
        }
    }

    @Test
    void putsSomeNamesOnce() {
        FaultStore losing = losingOneAnswer();
        RetryingStore store = new RetryingStore(losing, POLICY, name -> name.equals(NAME), clock, new SeededRandom(1));
        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(() -> store.put(NAME, ByteBuffer.allocate(1)))
                .matches(e -> e.code() == ErrorCode.STORE_UNREACHABLE && store.mayPass(e));
        assertThat(losing.callCount()).isEqualTo(1);
    }

    private FaultStore losingOneAnswer() {
        return new FaultStore(
                below, FaultScript.atCall(1, Fault.error(ErrorCode.STORE_UNREACHABLE, Fault.Effect.DONE)));
    }

    @Test
    void passesEachObjectOnOnceWhenAListingBreaksOff() {
        for (int i = 0; i < 10; i++) {
            below.put(ObjectName.of("n" + i), ByteBuffer.allocate(1));
        }
        List<String> names = new ArrayList<>();
        FaultStore breaking = new FaultStore(below, FaultScript.none());
        breaking.setScript(FaultScript.when(
                call -> call.operation() == StoreOperation.LIST && call.ordinal() <= 2,
                Fault.error(ErrorCode.STORE_UNREACHABLE, Fault.Effect.DONE)));
        retrying(breaking).list("", object -> names.add(object.name().value()));
        assertThat(breaking.callCount()).isEqualTo(3);
        assertThat(names).containsExactly("n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9");
    }

    @Test
    void doesNotBlameTheStoreForTheVisitor() {
        below.put(NAME, ByteBuffer.allocate(1));
        FaultStore counting = new FaultStore(below, FaultScript.none());
        HoldfastException mine = new HoldfastException(ErrorCode.STORE_UNREACHABLE, "another store");
        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(() -> retrying(counting).list("", object -> {
                    throw mine;
                }))
                .isSameAs(mine);
        assertThat(counting.callCount()).isEqualTo(1);
    }

    @Test
    void stopsWaitingWhenInterrupted() {
        FaultStore failing = failing(ErrorCode.STORE_UNREACHABLE, 1);
        failing.setScript(call -> {
            Thread.currentThread().interrupt();
            return FaultScript.atCall(1, Fault.error(ErrorCode.STORE_UNREACHABLE, Fault.Effect.NONE))
                    .faultFor(call);
        });
        try {
            assertThatExceptionOfType(HoldfastException.class)
                    .isThrownBy(() -> retrying(failing).get(NAME))
                    .matches(e -> e.code() == ErrorCode.INTERRUPTED);
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        } finally {
            boolean ignored = Thread.interrupted();
        }
    }

    private RetryingStore retrying(ObjectStore store) {
        return new RetryingStore(store, POLICY, name -> false, clock, new SeededRandom(1));
    }

    private FaultStore failing(ErrorCode code, long calls) {
        return new FaultStore(
                below, FaultScript.when(call -> call.ordinal() <= calls, Fault.error(code, Fault.Effect.NONE)));
    }
}
