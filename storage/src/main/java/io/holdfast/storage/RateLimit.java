package io.holdfast.storage;

import io.holdfast.core.ByteSize;
import io.holdfast.core.MonotonicClock;
import java.time.Duration;

/**
 * Keeps the average of what passes at or below a rate: each transfer takes its time on a line that all share, and waits until
 * those before it are through. Idle time is not saved up. Thread-safe.
 */
final class RateLimit {
    private final double nanosPerByte;
    private final MonotonicClock clock;
    private boolean used;
    private long freeAtNanos;

    /** @param bytesPerSecond zero for no limit */
    RateLimit(ByteSize bytesPerSecond, MonotonicClock clock) {
        this.nanosPerByte = bytesPerSecond.bytes() == 0 ? 0 : 1e9 / bytesPerSecond.bytes();
        this.clock = clock;
    }

    /** Waits for the line, and takes it for {@code bytes}. */
    void pass(long bytes) {
        if (nanosPerByte == 0 || bytes == 0) {
            return;
        }
        try {
            clock.sleep(Duration.ofNanos(take((long) (bytes * nanosPerByte))));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw DiskErrors.interrupted("waiting for bandwidth");
        }
    }

    /** Nanoseconds until a transfer of this duration that begins now, or when the line is free, is over. */
    private synchronized long take(long durationNanos) {
        long now = clock.nanoTime();
        if (!used || freeAtNanos - now < 0) {
            used = true;
            freeAtNanos = now;
        }
        freeAtNanos += durationNanos;
        return freeAtNanos - now;
    }
}
