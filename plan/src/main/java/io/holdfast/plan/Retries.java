package io.holdfast.plan;

import java.time.Duration;

/**
 * How often a run that fails is tried again, and after what time.
 *
 * @param count how often, after the first attempt
 * @param first the time before the first of them; each further one waits twice as long
 * @param longest the most that one waits
 */
public record Retries(int count, Duration first, Duration longest) {
    /** What a plan has that says nothing of it. */
    public static final Retries DEFAULT = new Retries(3, Duration.ofMinutes(1), Duration.ofMinutes(30));

    private static final int MOST_DOUBLINGS = 30;

    public Retries {
        if (count < 0 || first.isNegative() || first.isZero() || longest.compareTo(first) < 0) {
            throw new IllegalArgumentException("no retries: " + count + " after " + first + " to " + longest);
        }
    }

    /**
     * The time before the next attempt.
     *
     * @param failed how many attempts have failed, at least 1
     */
    public Duration waitAfter(int failed) {
        Duration wait = first.multipliedBy(1L << Math.min(failed - 1, MOST_DOUBLINGS));
        return wait.compareTo(longest) < 0 ? wait : longest;
    }

    /** Whether there is a next attempt when so many have failed. */
    public boolean allowsAfter(int failed) {
        return failed <= count;
    }
}
