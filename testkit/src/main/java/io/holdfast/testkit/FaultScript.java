package io.holdfast.testkit;

import io.holdfast.storage.ObjectName;
import io.holdfast.storage.StoreOperation;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/** Decides for each call on a {@link FaultStore} whether it goes wrong. Called for one call at a time. */
@FunctionalInterface
public interface FaultScript {

    Optional<Fault> faultFor(Call call);

    /** Nothing goes wrong. */
    static FaultScript none() {
        return call -> Optional.empty();
    }

    /** @param ordinal of the call, from 1 on */
    static FaultScript atCall(long ordinal, Fault fault) {
        return when(call -> call.ordinal() == ordinal, fault);
    }

    /** @param ordinal among the puts and deletes, from 1 on */
    static FaultScript atMutation(long ordinal, Fault fault) {
        return when(call -> call.operation().isMutation() && call.mutationOrdinal() == ordinal, fault);
    }

    static FaultScript when(Predicate<Call> condition, Fault fault) {
        return call -> condition.test(call) ? Optional.of(fault) : Optional.empty();
    }

    /** Each call goes wrong with this probability, 0 to 1. */
    static FaultScript random(RandomGenerator random, double probability, Fault fault) {
        return when(call -> random.nextDouble() < probability, fault);
    }

    /** This script, and where it has no fault, the other one. */
    default FaultScript or(FaultScript other) {
        return call -> faultFor(call).or(() -> other.faultFor(call));
    }

    /**
     * One call.
     *
     * @param name of the object; the prefix for a listing
     * @param ordinal among all calls, from 1 on
     * @param mutationOrdinal puts and deletes so far, with this one
     */
    record Call(StoreOperation operation, String name, long ordinal, long mutationOrdinal) {
        public boolean isUnder(String prefix) {
            return name.startsWith(prefix);
        }

        public boolean is(StoreOperation wanted, ObjectName object) {
            return operation == wanted && name.equals(object.value());
        }
    }
}
