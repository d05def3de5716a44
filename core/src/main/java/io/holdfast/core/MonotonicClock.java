package io.holdfast.core;

import java.time.Duration;

/**
 * Time that only moves forward, for pauses, rates and time limits; it says nothing about the date. Passed in, so that tests
 * need not wait.
 */
public interface MonotonicClock {

    /** Nanoseconds since some moment; only differences mean anything. */
    long nanoTime();

    /** Waits for {@code duration}; at once where it is zero or less. */
    void sleep(Duration duration) throws InterruptedException;

    /** The clock of this machine. */
    static MonotonicClock system() {
        return SystemMonotonicClock.INSTANCE;
    }
}
