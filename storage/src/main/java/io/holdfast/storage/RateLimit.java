package io.holdfast.storage;

import io.holdfast.core.ByteSize;
import io.holdfast.core.MonotonicClock;
import java.time.Duration;

/**
 * Keeps the average of what passes at or below a rate: each transfer takes its time on a line that all share, and waits until
 * those before it are through. A short one goes before all that wait, which then wait longer: a heartbeat or an index segment that had to wait for packs
 * of half an hour would come too late to be of use. Idle time is not saved up. Thread-safe.
 */
public final class RateLimit {
    private static final int SHORT_BYTES = 4 << 20;
    private static final int MAX_PIECE_BYTES = 64 << 10;
    private static final int MIN_PIECE_BYTES = 256;
    private static final int PIECES_A_SECOND = 8;

    private final double nanosPerByte;
    private final int pieceBytes;
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
    public RateLimit(ByteSize bytesPerSecond, MonotonicClock clock) {
        long rate = bytesPerSecond.bytes();
        this.nanosPerByte = rate == 0 ? 0 : 1e9 / rate;
        this.pieceBytes =
                rate == 0 ? Integer.MAX_VALUE : Math.clamp(rate / PIECES_A_SECOND, MIN_PIECE_BYTES, MAX_PIECE_BYTES);
        this.clock = clock;
    }

    public boolean isLimited() {
        return nanosPerByte != 0;
    }

    /** How much may pass at once where what passes can be cut: so little that nobody sees bursts, and nobody else waits long. */
    public int pieceBytes() {
        return pieceBytes;
    }

    /**
     * Waits for the line, and takes it for {@code bytes}.
     *
     * @throws io.holdfast.core.HoldfastException {@code INTERRUPTED}, with the thread's flag set
     */
    public void pass(long bytes) {
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
