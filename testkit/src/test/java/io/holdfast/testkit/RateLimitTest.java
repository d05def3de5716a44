package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ByteSize;
import io.holdfast.core.MonotonicClock;
import io.holdfast.storage.RateLimit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transfers that go in pieces; whole objects are in {@link ThrottledStoreTest}. */
@Timeout(60)
final class RateLimitTest {
    private static final int RATE = 1 << 20;
    private static final long LONG = 64 << 20;
    private static final int PIECES = 24;

    @Test
    void keepsToTheRate() {
        ManualClock clock = new ManualClock();
        RateLimit limit = new RateLimit(new ByteSize(RATE), clock);
        RateLimit.Transfer transfer = limit.begin(LONG);
        for (int sent = 0; sent < 8 * RATE; sent += limit.pieceBytes()) {
            transfer.pass(limit.pieceBytes());
        }
        assertThat(clock.elapsed()).isBetween(Duration.ofMillis(7_500), Duration.ofMillis(8_100));
    }

    /** Threads wake up late; else each time some of the line would be lost. */
    @Test
    void makesUpForAThreadThatComesALittleLate() {
        ManualClock clock = new ManualClock();
        RateLimit limit = new RateLimit(new ByteSize(RATE), clock);
        RateLimit.Transfer transfer = limit.begin(LONG);
        for (int sent = 0; sent < 8 * RATE; sent += limit.pieceBytes()) {
            transfer.pass(limit.pieceBytes());
            clock.advance(Duration.ofMillis(70));
        }
        assertThat(clock.elapsed()).isLessThan(Duration.ofMillis(9_500));
    }

    @Test
    void savesUpNoMoreThanThat() {
        ManualClock clock = new ManualClock();
        RateLimit limit = new RateLimit(new ByteSize(RATE), clock);
        RateLimit.Transfer transfer = limit.begin(LONG);
        transfer.pass(limit.pieceBytes());
        clock.advance(Duration.ofMinutes(1));
        Duration before = clock.elapsed();
        for (int sent = 0; sent < 2 * RATE; sent += limit.pieceBytes()) {
            transfer.pass(limit.pieceBytes());
        }
        assertThat(clock.elapsed().minus(before)).isGreaterThan(Duration.ofMillis(1_700));
    }

    /** Packs that share the line would all be there at the end alone: nothing of what was sent by then would count. */
    @Test
    void finishesWhatBeganFirst() throws Exception {
        assertThat(ofTheSecondWhenTheFirstIsDone(LONG, LONG)).isLessThan(PIECES / 2);
    }

    /** Such as the index segment that makes packs count. */
    @Test
    void letsTheShortGoFirst() throws Exception {
        assertThat(ofTheSecondWhenTheFirstIsDone(LONG, PIECES)).isGreaterThan(PIECES / 2);
    }

    @Test
    void letsFewShareASlowLine() {
        ManualClock clock = new ManualClock();
        assertThat(new RateLimit(new ByteSize(0), clock).parallelTransfers(LONG, 4))
                .isEqualTo(4);
        assertThat(new RateLimit(new ByteSize(100 << 20), clock).parallelTransfers(LONG, 4))
                .isEqualTo(4);
        assertThat(new RateLimit(new ByteSize(16 << 20), clock).parallelTransfers(LONG, 4))
                .isEqualTo(2);
        assertThat(new RateLimit(new ByteSize(100_000), clock).parallelTransfers(LONG, 4))
                .isEqualTo(1);
    }

    private static long ofTheSecondWhenTheFirstIsDone(long firstBytes, long secondBytes) throws Exception {
        RateLimit limit = new RateLimit(new ByteSize(RATE), MonotonicClock.system());
        List<Integer> order = Collections.synchronizedList(new ArrayList<>());
        List<RateLimit.Transfer> transfers = List.of(limit.begin(firstBytes), limit.begin(secondBytes));
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                int which = i;
                all.add(threads.submit(() -> {
                    for (int piece = 0; piece < PIECES; piece++) {
                        transfers.get(which).pass(limit.pieceBytes());
                        order.add(which);
                    }
                }));
            }
            for (Future<?> each : all) {
                Object ignored = each.get();
            }
        }
        return order.subList(0, order.lastIndexOf(0)).stream()
                .filter(which -> which == 1)
                .count();
    }
}
