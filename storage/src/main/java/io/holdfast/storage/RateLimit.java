package io.holdfast.storage;

import io.holdfast.core.ByteSize;
import io.holdfast.core.MonotonicClock;
import java.time.Duration;

/**
 * Keeps the average of what passes at or below a rate: each transfer takes its time on a line that all share, and waits until
 * those before it are through. A short one goes before all that wait, which then wait longer: a heartbeat or an index segment that had to wait for packs
 * of half an hour would come too late to be of use. Idle time is not saved up. Thread-safe.
 */
final class RateLimit {
    private static final int SHORT_BYTES = 4 << 20;

    private final double nanosPerByte;
    private final MonotonicClock clock;
    /** For all transfers, and for short ones, which wait for each other alone. */
    private final Line all = new Line();

    private final Line ofShort = new Line();

    /** When what was let onto it is through. */
    private static final class Line {
        private boolean used;
        private long freeAtNanos;

        /** Nanoseconds until a transfer of this duration that begins now, or when the line is free, is over. */
        long take(long now, long durationNanos) {
            if (!used || freeAtNanos - now < 0) {
                used = true;
                freeAtNanos = now;
            }
            freeAtNanos += durationNanos;
            return freeAtNanos - now;
        }
    }

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
            clock.sleep(Duration.ofNanos(take((long) (bytes * nanosPerByte), bytes <= SHORT_BYTES)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw DiskErrors.interrupted("waiting for bandwidth");
        }
    }

    private synchronized long take(long durationNanos, boolean isShort) {
        long now = clock.nanoTime();
        long wait = all.take(now, durationNanos);
        return isShort ? ofShort.take(now, durationNanos) : wait;
    }
}
