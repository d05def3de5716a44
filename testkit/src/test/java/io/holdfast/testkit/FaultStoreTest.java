package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.StoreOperation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class FaultStoreTest {
    private static final ObjectName A = ObjectName.of("a");
    private static final ObjectName B = ObjectName.of("b");

    private final MemoryStore below = new MemoryStore();

    @Nested
    final class Contract extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            return new FaultStore(new MemoryStore(), FaultScript.none());
        }
    }

    @Nested
    final class ConcurrencyContract extends ObjectStoreConcurrencyContract {
        @Override
        protected ObjectStore newStore() {
            return new FaultStore(new MemoryStore(), FaultScript.none());
        }
    }

    @Test
    void failsOnlyTheCallTheScriptNames() {
        FaultStore store = failing(FaultScript.atCall(2, Fault.error(ErrorCode.NO_SPACE, Fault.Effect.NONE)));
        put(store, A);
        assertFails(ErrorCode.NO_SPACE, () -> put(store, B));
        assertThat(store.get(B)).isEmpty();
        assertThat(put(store, B)).isEqualTo(PutOutcome.STORED);
        assertThat(store.callCount()).isEqualTo(4);
        assertThat(store.mutationCount()).isEqualTo(3);
    }

    @Test
    void losesTheAnswerOfACallThatHappened() {
        FaultStore store = failing(FaultScript.when(
                call -> call.is(StoreOperation.PUT, A) && call.ordinal() == 1,
                Fault.error(ErrorCode.STORE_UNREACHABLE, Fault.Effect.DONE)));
        assertFails(ErrorCode.STORE_UNREACHABLE, () -> put(store, A));
        assertThat(put(store, A)).isEqualTo(PutOutcome.ALREADY_THERE);
    }

    @Test
    void letsALatePutLoseAgainstAnEarlierOne() {
        FaultStore store = failing(FaultScript.atMutation(1, Fault.crash(Fault.Effect.LATE)));
        byte[] reused = {1};
        assertThatExceptionOfType(SimulatedCrash.class).isThrownBy(() -> store.put(A, ByteBuffer.wrap(reused)));
        assertThat(below.stat(A)).isEmpty();
        reused[0] = 9;
        store.settle();
        assertThat(below.get(A)).contains(ByteBuffer.wrap(new byte[] {1}));
    }

    @Test
    void letsALateDeleteHappenAfterwards() {
        below.put(A, ByteBuffer.allocate(1));
        FaultStore store = failing(FaultScript.atMutation(1, Fault.error(ErrorCode.FAILED, Fault.Effect.LATE)));
        assertFails(ErrorCode.FAILED, () -> store.delete(A));
        assertThat(below.stat(A)).isPresent();
        store.settle();
        assertThat(below.stat(A)).isEmpty();
    }

    @Test
    void staysDeadAfterACrashWhileOthersGoOn() {
        FaultStore store = failing(FaultScript.atMutation(2, Fault.crash(Fault.Effect.NONE)));
        put(store, A);
        assertThat(store.get(A)).isPresent();
        List<Runnable> calls = List.of(
                () -> put(store, B),
                () -> store.get(A),
                () -> store.list("", object -> {}),
                () -> put(store.reserved(), B));
        for (Runnable call : calls) {
            assertThatExceptionOfType(SimulatedCrash.class).isThrownBy(call::run);
        }
        assertThat(store.hasCrashed()).isTrue();
        assertThat(below.anotherClient().get(A)).isPresent();
        assertThat(below.stat(B)).isEmpty();
    }

    @Test
    void listsWhatWasThereSomeCallsAgo() {
        FaultStore store = FaultStore.withStaleLists(below, 2);
        assertThat(store.capabilities().consistentList()).isFalse();
        put(store, A);
        assertThat(names(store)).isEmpty();
        put(store, B);
        assertThat(names(store)).containsExactly("a");
        store.delete(A);
        assertThat(names(store)).containsExactly("a", "b");
        assertThat(names(store)).containsExactly("a", "b");
        assertThat(names(store)).containsExactly("b");
        assertThat(store.get(A)).isEmpty();
    }

    @Test
    void failsAtRandomFromASeed() {
        List<Boolean> first = failures(42);
        assertThat(failures(42)).isEqualTo(first);
        assertThat(first).contains(true, false);
        assertThat(failures(43)).isNotEqualTo(first);
    }

    private static List<Boolean> failures(long seed) {
        FaultStore store = new FaultStore(
                new MemoryStore(),
                FaultScript.random(new SeededRandom(seed), 0.5, Fault.error(ErrorCode.FAILED, Fault.Effect.NONE)));
        List<Boolean> failures = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            try {
                store.get(A).ifPresent(object -> {});
                failures.add(false);
            } catch (HoldfastException e) {
                failures.add(true);
            }
        }
        return failures;
    }

    private FaultStore failing(FaultScript script) {
        return new FaultStore(below, script);
    }

    private static PutOutcome put(ObjectStore store, ObjectName name) {
        return store.put(name, ByteBuffer.allocate(1));
    }

    private static List<String> names(ObjectStore store) {
        List<String> names = new ArrayList<>();
        store.list("", object -> names.add(object.name().value()));
        return names;
    }

    private static void assertFails(ErrorCode code, Runnable call) {
        assertThatExceptionOfType(HoldfastException.class).isThrownBy(call::run).matches(e -> e.code() == code);
    }
}
