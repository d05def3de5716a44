package io.holdfast.storage;

import io.holdfast.core.ByteSize;
import io.holdfast.core.MonotonicClock;
import java.time.Duration;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Keeps the average of what passes at or below a rate: each transfer takes its time on a line that all share, and waits until
 * those before it are through. A short one goes before all that wait, which then wait longer: a heartbeat or an index segment that had to wait for packs
 * of half an hour would come too late to be of use. Idle time is not saved up, but for {@value #SLACK_NANOS} nanoseconds of it, as threads wake up late.
 *
 * <p>What can be cut goes in pieces ({@link #begin}), of several transfers those of the one that began first: packs that shared the line would all be there at the
 * end alone, and whoever is cut off before has sent for nothing. Others take what that one leaves free. Thread-safe.
 */
public final class RateLimit {
    private static final int SHORT_BYTES = 4 << 20;
    private static final int MAX_PIECE_BYTES = 64 << 10;
    private static final int MIN_PIECE_BYTES = 256;
    private static final int PIECES_A_SECOND = 8;
    private static final long SLACK_NANOS = 100_000_000;
    private static final double MAX_SILENCE_NANOS = 10e9;
    /** For a thread that goes first to wake up. */
    private static final Duration TURN = Duration.ofMillis(1);

    private final double nanosPerByte;
    private final int pieceBytes;
    private final MonotonicClock clock;
    /** For all transfers, and for short ones, which wait for each other alone. */
    private final Line all = new Line();

    private final Line ofShort = new Line();

    private final NavigableSet<Transfer> waiting = new TreeSet<>();
    private long transfers;
    private boolean used;
    private long freeAtNanos;

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

    /**
     * So many transfers at once make sense: of those that wait for one that began first, none is silent for so long that a server would take it for dead.
     *
     * @param bytesEach how long they are
     * @param most what makes sense without a limit
     */
    public int parallelTransfers(long bytesEach, int most) {
        return isLimited() ? Math.clamp((long) (MAX_SILENCE_NANOS / (bytesEach * nanosPerByte)), 1, most) : most;
    }

    /** How long so much takes where nothing else passes; zero without a limit. */
    public Duration duration(long bytes) {
        return Duration.ofNanos((long) (bytes * nanosPerByte));
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

    /**
     * Begins a transfer that goes in pieces.
     *
     * @param totalBytes about how much it will be
     */
    public synchronized Transfer begin(long totalBytes) {
        return new Transfer(totalBytes <= SHORT_BYTES, transfers++);
    }

    /** One transfer, for one thread at a time. */
    public final class Transfer implements Comparable<Transfer> {
        private final boolean isShort;
        private final long number;

        private Transfer(boolean isShort, long number) {
            this.isShort = isShort;
            this.number = number;
        }

        /**
         * Waits until the line is free and nobody waits who goes first, and takes it for these bytes.
         *
         * @param bytes at most {@link #pieceBytes}, or others wait long
         * @throws io.holdfast.core.HoldfastException {@code INTERRUPTED}, with the thread's flag set
         */
        public void pass(long bytes) {
            if (nanosPerByte == 0 || bytes == 0) {
                return;
            }
            try {
                takeInTurn(this, (long) (bytes * nanosPerByte));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw DiskErrors.interrupted("waiting for bandwidth");
            }
        }

        @Override
        public int compareTo(Transfer other) {
            return isShort == other.isShort ? Long.compare(number, other.number) : isShort ? -1 : 1;
        }
    }

    private void takeInTurn(Transfer transfer, long durationNanos) throws InterruptedException {
        try {
            for (Duration wait = turn(transfer, durationNanos); !wait.isZero(); wait = turn(transfer, durationNanos)) {
                clock.sleep(wait);
            }
        } finally {
            synchronized (this) {
                waiting.remove(transfer);
            }
        }
    }

    /** How long to wait before the next look; zero where the line was taken. */
    private synchronized Duration turn(Transfer transfer, long durationNanos) {
        long now = clock.nanoTime();
        waiting.add(transfer);
        if (!used || freeAtNanos - (now - SLACK_NANOS) < 0) {
            used = true;
            freeAtNanos = now - SLACK_NANOS;
        }
        if (freeAtNanos - now > 0) {
            return Duration.ofNanos(freeAtNanos - now);
        }
        if (!waiting.first().equals(transfer)) {
            return TURN;
        }
        freeAtNanos += durationNanos;
        return Duration.ZERO;
    }

    private synchronized long take(long durationNanos, boolean isShort) {
        long now = clock.nanoTime();
        long wait = all.take(now, durationNanos);
        return isShort ? ofShort.take(now, durationNanos) : wait;
    }
}
