package io.holdfast.repository.lock;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.time.Duration;
import java.time.Instant;

/** The dates until which snapshots are locked (step L1). */
public final class LockDates {
    private static final Duration LONGEST_GENERATION = Duration.ofDays(10);
    private static final Duration SHORTEST_GENERATION = Duration.ofHours(1);
    /** A hundred years: more is a slip of the keyboard, and cannot be taken back. */
    private static final Duration LONGEST = Duration.ofDays(36_525);

    private LockDates() {}

    /**
     * The end of a lock, rounded up so that the dates of some days are equal and packs get a new one only then: by at most a third of the time
     * wanted, at most ten days.
     *
     * @throws HoldfastException {@code USAGE} where the time is longer than a hundred years
     */
    public static Instant after(Instant now, Duration wanted) {
        requireReasonable(wanted);
        Duration third = wanted.dividedBy(3);
        Duration generation = third.compareTo(LONGEST_GENERATION) > 0
                ? LONGEST_GENERATION
                : third.compareTo(SHORTEST_GENERATION) < 0 ? SHORTEST_GENERATION : third;
        long step = generation.toSeconds();
        long end = now.plus(wanted).getEpochSecond();
        return Instant.ofEpochSecond(Math.ceilDiv(end, step) * step);
    }

    /** @throws HoldfastException {@code USAGE} where the time is longer than a hundred years */
    public static void requireReasonable(Duration wanted) {
        if (wanted.compareTo(LONGEST) > 0) {
            throw HoldfastException.usage(
                    "a lock for more than 100 years", "Locks cannot be taken back: write a time such as 30d or 1y.");
        }
    }

    /** Dates come from the clock of this machine: one that is behind would make locks too short. */
    static void requireSoundClock(Instant now, Instant newest) {
        if (now.plus(Duration.ofDays(1)).isBefore(newest)) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "the clock of this machine says " + now + ", and the newest snapshot is of " + newest
                            + ": a lock by this clock would be too short",
                    "Set the clock.");
        }
    }
}
