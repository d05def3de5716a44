package io.holdfast.testkit;

import io.holdfast.core.ErrorCode;

/** How a call on a {@link FaultStore} goes wrong. */
public sealed interface Fault {

    /** What becomes of the put or delete that went wrong. A listing with {@code DONE} breaks off half-way. */
    Effect effect();

    /** The call and all that follow throw {@link SimulatedCrash}. */
    static Fault crash(Effect effect) {
        return new Crash(effect);
    }

    /** The call throws an error of this code; those that follow work. */
    static Fault error(ErrorCode code, Effect effect) {
        return new Failure(code, effect);
    }

    /** Whether a call that failed has changed the store. */
    enum Effect {
        /** It did not happen and will not. */
        NONE,
        /** It happened; only the answer was lost. */
        DONE,
        /** It is still under way, and happens when {@link FaultStore#settle} is called. */
        LATE
    }

    /** See {@link #crash}. */
    record Crash(Effect effect) implements Fault {}

    /** See {@link #error}. */
    record Failure(ErrorCode code, Effect effect) implements Fault {}
}
