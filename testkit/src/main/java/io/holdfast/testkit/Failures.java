package io.holdfast.testkit;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;

/** Asks calls that must fail for the code they fail with. */
public final class Failures {
    private Failures() {}

    /** A call that may throw anything. */
    @FunctionalInterface
    public interface Call {
        void run() throws Exception;
    }

    /**
     * The code of the {@link HoldfastException} that the call throws.
     *
     * @throws AssertionError where it returns, or throws anything else
     */
    // Whatever else comes is what the test wants to know.
    @SuppressWarnings("CatchingUnchecked")
    public static ErrorCode codeOf(Call call) {
        try {
            call.run();
        } catch (HoldfastException e) {
            return e.code();
        } catch (Exception e) {
            throw new AssertionError("expected an error with a code, not " + e, e);
        }
        throw new AssertionError("expected an error, but the call returned");
    }
}
