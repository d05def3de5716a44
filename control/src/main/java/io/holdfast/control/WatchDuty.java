package io.holdfast.control;

import io.holdfast.control.watch.Watcher;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import java.time.Duration;
import java.util.Map;

/** Watches as long as the server runs, on a thread of its own: whoever is told may be slow. */
final class WatchDuty implements AutoCloseable {
    private static final Duration BETWEEN = Duration.ofSeconds(15);

    private final Watcher watcher;
    private final MonotonicClock clock;
    private final EventLog log;
    private final Thread thread;

    private WatchDuty(Watcher watcher, MonotonicClock clock, EventLog log) {
        this.watcher = watcher;
        this.clock = clock;
        this.log = log;
        this.thread = Thread.ofVirtual().name("holdfast-watch").unstarted(this::run);
    }

    static WatchDuty start(Watcher watcher, MonotonicClock clock, EventLog log) {
        WatchDuty duty = new WatchDuty(watcher, clock, log);
        duty.thread.start();
        return duty;
    }

    private void run() {
        try {
            while (true) {
                look();
                clock.sleep(BETWEEN);
            }
        } catch (InterruptedException e) {
            // The server stops.
        }
    }

    private void look() throws InterruptedException {
        try {
            watcher.look();
        } catch (HoldfastException e) {
            log.error("watching failed", Map.of("why", String.valueOf(e.getMessage())));
        } catch (RuntimeException e) {
            // A database that does not answer is asked again.
            log.error("watching failed", Map.of("defect", e));
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
            watcher.release();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            // Another server waits for the end of the lease then.
            log.warning("leadership was not given up", Map.of("why", String.valueOf(e.getMessage())));
        }
    }
}
