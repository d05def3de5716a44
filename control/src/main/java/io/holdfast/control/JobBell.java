package io.holdfast.control;

import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Jobs;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Wakes the hosts that wait for work. One look at the catalog serves all of them, whichever server has put the jobs. Thread-safe.
 */
final class JobBell {
    private final Jobs jobs;
    private final Map<HostId, Semaphore> waiting = new ConcurrentHashMap<>();
    private volatile boolean closed;

    JobBell(Jobs jobs) {
        this.jobs = jobs;
    }

    /** Whether the server stops. */
    boolean isClosed() {
        return closed;
    }

    /** Waits until there may be work for this host, or for so long. */
    void await(HostId host, Duration patience) throws InterruptedException {
        Semaphore woken = waiting.computeIfAbsent(host, id -> new Semaphore(0));
        if (closed) {
            return;
        }
        boolean ignored = woken.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS);
        waiting.remove(host, woken);
    }

    /** Looks whether there is work for anybody who waits. To be called each second, and when jobs were put. */
    void look() {
        if (waiting.isEmpty()) {
            return;
        }
        Set<HostId> wanted = jobs.waiting();
        waiting.forEach((host, semaphore) -> {
            if (wanted.contains(host)) {
                semaphore.release();
            }
        });
    }

    /** Lets everybody go, and nobody wait any more: the server stops. */
    void close() {
        closed = true;
        waiting.values().forEach(Semaphore::release);
    }
}
