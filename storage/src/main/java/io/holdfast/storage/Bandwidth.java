package io.holdfast.storage;

import io.holdfast.core.ByteSize;
import io.holdfast.core.MonotonicClock;

/** What a connection to a store may take of the line, over all threads. Thread-safe. */
public record Bandwidth(RateLimit upload, RateLimit download) {
    public static final Bandwidth UNLIMITED = of(new ByteSize(0), new ByteSize(0), MonotonicClock.system());

    /**
     * @param uploadPerSecond zero for no limit
     * @param downloadPerSecond zero for no limit
     */
    public static Bandwidth of(ByteSize uploadPerSecond, ByteSize downloadPerSecond, MonotonicClock clock) {
        return new Bandwidth(new RateLimit(uploadPerSecond, clock), new RateLimit(downloadPerSecond, clock));
    }

    public boolean isLimited() {
        return upload.isLimited() || download.isLimited();
    }
}
