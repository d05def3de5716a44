package io.holdfast.core;

import java.time.Duration;

/** The machine's own clock. */
enum SystemMonotonicClock implements MonotonicClock {
    INSTANCE;

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        Thread.sleep(duration);
    }
}
