package io.holdfast.http;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Hears of requests that were answered; for any thread. */
public interface RequestListener {
    /**
     * @param pattern of the route; empty where there was none
     * @param failure what went wrong where nobody had said that it might; null where nothing did
     */
    void answered(String method, String pattern, int status, Duration took, @Nullable Throwable failure);
}
