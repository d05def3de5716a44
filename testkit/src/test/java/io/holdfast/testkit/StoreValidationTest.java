package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.StoreOperation;
import io.holdfast.storage.StoreValidation;
import io.holdfast.storage.StoreValidation.Check;
import io.holdfast.storage.StoreValidation.Use;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a store lacks is found out, and what that means is said. */
final class StoreValidationTest {
    private final List<Check> checks = new ArrayList<>();

    private Use use(ObjectStore first, ObjectStore second) throws InterruptedException {
        return new StoreValidation(List.of(first, second, first), new SeededRandom(1), checks::add).run();
    }

    @Test
    void findsNothingWrongWithAStoreThatKeepsTheContract() throws InterruptedException {
        MemoryStore store = new MemoryStore();
        assertThat(use(store, store)).isEqualTo(Use.EVERYTHING);
        assertThat(checks).hasSize(11).allMatch(Check::isGood);
        List<String> left = new ArrayList<>();
        store.list("", object -> left.add(object.name().value()));
        assertThat(left).isEmpty();
    }

    @Test
    void findsListingsThatLagBehind() throws InterruptedException {
        FaultStore stale = FaultStore.withStaleLists(new MemoryStore(), 3);
        assertThat(use(stale, stale)).isEqualTo(Use.BACKUP_AND_RESTORE);
        assertThat(checks).filteredOn(check -> !check.isGood()).isNotEmpty();
    }

    /** Two stores where there should be one: nothing that one client does reaches the other. */
    @Test
    void findsClientsThatDoNotSeeOneAnother() throws InterruptedException {
        assertThat(use(new MemoryStore(), new MemoryStore())).isEqualTo(Use.NOTHING);
    }

    @Test
    void tellsErrorsAsWhatTheyAre() throws InterruptedException {
        FaultStore failing = new FaultStore(
                new MemoryStore(),
                FaultScript.when(
                        call -> call.operation() == StoreOperation.GET_RANGE,
                        Fault.error(ErrorCode.STORE_UNREACHABLE, Fault.Effect.NONE)));
        assertThat(use(failing, failing)).isEqualTo(Use.NOTHING);
        assertThat(checks)
                .filteredOn(check -> !check.isGood())
                .isNotEmpty()
                .allMatch(check -> check.problem().orElse("").contains("scripted"));
    }

    /** A thousand objects would be left in somebody's bucket: no store does anything for a thread that is interrupted. */
    @Test
    void leavesNothingWhereItIsEnded() {
        MemoryStore objects = new MemoryStore();
        FaultStore store = new FaultStore(objects, call -> {
            if (Thread.currentThread().isInterrupted()) {
                throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted");
            }
            return Optional.empty();
        });
        StoreValidation validation = new StoreValidation(List.of(store, store), new SeededRandom(1), check -> {
            checks.add(check);
            if (checks.size() == 8) {
                Thread.currentThread().interrupt();
            }
        });

        assertThat(catchThrowable(validation::run)).isNotNull();

        boolean ignored = Thread.interrupted();
        assertThat(checks).hasSize(8);
        assertThat(objects.names("")).isEmpty();
    }

    /** What is on its way when it is ended arrives before everything is removed. */
    @Test
    void leavesNothingThatArrivesLate() {
        MemoryStore objects = new MemoryStore();
        Thread validating = Thread.currentThread();
        FaultStore store = new FaultStore(objects, call -> {
            if (call.operation() == StoreOperation.PUT && call.name().contains("/many/")) {
                validating.interrupt();
                long until = System.nanoTime() + 200_000_000;
                while (System.nanoTime() < until) {
                    Thread.onSpinWait();
                }
            }
            return Optional.empty();
        });

        assertThat(catchThrowable(() -> use(store, store))).isInstanceOf(InterruptedException.class);

        boolean ignored = Thread.interrupted();
        assertThat(objects.names("")).isEmpty();
    }

    /** Also those of the threads that race. */
    @Test
    void namesNoClassesOfTheProgram() throws InterruptedException {
        FaultStore failing = new FaultStore(
                new MemoryStore(),
                FaultScript.when(
                        call -> call.operation() == StoreOperation.PUT
                                && (call.name().contains("/many/")
                                        || call.name().contains("/race-")),
                        Fault.error(ErrorCode.STORE_UNREACHABLE, Fault.Effect.NONE)));
        assertThat(use(failing, failing)).isEqualTo(Use.BACKUP_AND_RESTORE);
        assertThat(checks)
                .filteredOn(check -> !check.isGood())
                .hasSize(2)
                .allSatisfy(check -> assertThat(check.problem().orElse(""))
                        .contains("scripted")
                        .doesNotContain("Exception"));
    }
}
