package io.holdfast.testkit;

import io.holdfast.core.MonotonicClock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that stands until somebody sleeps: sleeping takes no time and moves it on. Thread-safe. */
public final class ManualClock implements MonotonicClock {
    private final AtomicLong nowNanos = new AtomicLong();

    @Override
    public long nanoTime() {
        return nowNanos.get();
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        advance(duration);
    }

    public void advance(Duration duration) {
        long ignored = nowNanos.addAndGet(Math.max(0, duration.toNanos()));
    }

    /** How far it has moved since it was made. */
    public Duration elapsed() {
        return Duration.ofNanos(nowNanos.get());
    }
}
