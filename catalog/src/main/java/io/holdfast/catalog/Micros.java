package io.holdfast.catalog;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Moments as the database has them: microseconds since 1970 in UTC; 0 where there is none. */
final class Micros {
    private Micros() {}

    static long of(Instant instant) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    }

    static long orZero(@Nullable Instant instant) {
        return instant == null ? 0 : of(instant);
    }

    static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    static @Nullable Instant orNull(long micros) {
        return micros == 0 ? null : instant(micros);
    }

    /** Now, as it will be read again. */
    static Instant exact(InstantSource clock) {
        return exact(clock.instant());
    }

    static Instant exact(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MICROS);
    }

    static @Nullable Instant exactOrNull(@Nullable Instant instant) {
        return instant == null ? null : exact(instant);
    }
}
