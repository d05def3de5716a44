package io.holdfast.storage;

import java.time.Duration;

/**
 * How often and how patiently a transient failure is tried again. The pause doubles from one attempt to the next; what is
 * waited is a random part of it, at least half, so that many clients do not come back in step.
 *
 * @param maxAttempts 1 or more; 1 is no retry
 * @param firstPause before the second attempt
 * @param maxPause no pause is longer
 */
public record RetryPolicy(int maxAttempts, Duration firstPause, Duration maxPause) {
    /** Five attempts within some three seconds: rides out a hiccup, not an outage. */
    public static final RetryPolicy DEFAULT = new RetryPolicy(5, Duration.ofMillis(200), Duration.ofSeconds(10));

    /** Eight attempts within a minute: a server that restarts, or asks to go slower. */
    public static final RetryPolicy PATIENT = new RetryPolicy(8, Duration.ofMillis(500), Duration.ofSeconds(20));

    public RetryPolicy {
        if (maxAttempts < 1 || firstPause.isNegative() || maxPause.compareTo(firstPause) < 0) {
            throw new IllegalArgumentException(
                    "attempts " + maxAttempts + ", pauses " + firstPause + " to " + maxPause);
        }
    }

    /** @param attempt that failed, from 1 on
     * @param part random, from 0 to 1
     */
    public Duration pauseAfter(int attempt, double part) {
        double full = Math.min(firstPause.toNanos() * Math.pow(2, attempt - 1.0), (double) maxPause.toNanos());
        return Duration.ofNanos((long) (full * (0.5 + part / 2)));
    }
}
