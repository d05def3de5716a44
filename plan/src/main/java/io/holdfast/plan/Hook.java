package io.holdfast.plan;

import java.time.Duration;
import java.util.List;

/**
 * A program that runs on the host before or after what is saved.
 *
 * @param program its absolute path, and its arguments
 * @param timeout after which it is ended, which is a failure
 * @param when it runs; one before always does
 * @param onFailure what becomes of the run where it ends with another code than 0
 */
public record Hook(List<String> program, Duration timeout, When when, OnFailure onFailure) {
    public Hook {
        program = List.copyOf(program);
        if (program.isEmpty() || timeout.isZero() || timeout.isNegative()) {
            throw new IllegalArgumentException("no hook: " + program + " for " + timeout);
        }
    }

    /** After which runs. */
    public enum When {
        ALWAYS,
        /** Where a snapshot was made. */
        SUCCESS,
        /** Where none was. */
        FAILURE
    }

    /** What becomes of the run. */
    public enum OnFailure {
        /** It fails. Where nothing was saved yet, nothing is; what was saved stays. */
        FAIL,
        /** It goes on, and a warning is told. */
        WARN
    }
}
