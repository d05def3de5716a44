package io.holdfast.catalog;

import java.time.Duration;

/**
 * What becomes of a job that failed.
 *
 * @param most how often it is queued again, 0 or more
 * @param first pause before it may begin again; each further one is twice as long
 * @param longest no pause is longer
 */
public record Retries(int most, Duration first, Duration longest) {
    /** It has failed. */
    public static final Retries NONE = new Retries(0, Duration.ZERO, Duration.ZERO);

    private static final int MAX_DOUBLINGS = 20;

    /** After so many failures before this one. */
    Duration pause(long failures) {
        Duration pause = first.multipliedBy(1L << Math.min(failures, MAX_DOUBLINGS));
        return pause.compareTo(longest) > 0 ? longest : pause;
    }
}
