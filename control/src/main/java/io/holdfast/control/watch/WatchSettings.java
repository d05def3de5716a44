package io.holdfast.control.watch;

import io.holdfast.catalog.Settings;
import io.holdfast.http.Json;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Optional;

/**
 * From when on something is worth an alert.
 *
 * @param silentAfter without a word of a host; an hour to a year
 * @param fullWithin in which a store will be full as it grows now; a day to a year
 * @param leastFree percent of a disk that should be free, 0 to 50
 * @param summary when those who want to know are told of the whole; empty: never
 */
public record WatchSettings(Duration silentAfter, Duration fullWithin, int leastFree, Optional<SummaryTime> summary) {
    public static final WatchSettings DEFAULT =
            new WatchSettings(Duration.ofDays(1), Duration.ofDays(14), 10, Optional.empty());

    private static final String KEY = "watch";

    /**
     * Once a day.
     *
     * @param hour 0 to 23, as clocks of the zone show it
     */
    public record SummaryTime(int hour, ZoneId zone) {
        public SummaryTime {
            require(hour >= 0 && hour <= 23, "the hour " + hour + " is none from 0 to 23");
        }
    }

    /** How the catalog has it. */
    private record Stored(
            long silentAfterSeconds,
            long fullWithinSeconds,
            int leastFree,
            Optional<Integer> hour,
            Optional<String> zone) {}

    public WatchSettings {
        requireBetween(silentAfter, Duration.ofHours(1), "hosts are silent after");
        requireBetween(fullWithin, Duration.ofDays(1), "stores are full within");
        require(leastFree >= 0 && leastFree <= 50, leastFree + " % of a disk are none from 0 to 50");
    }

    private static void requireBetween(Duration value, Duration least, String what) {
        require(
                value.compareTo(least) >= 0 && value.compareTo(Duration.ofDays(366)) <= 0,
                what + " " + value.toSeconds() + " s is none from " + least.toHours() + " h to a year");
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    /** Those of this catalog. */
    public static WatchSettings of(Settings settings) {
        return settings.of(KEY)
                .map(text -> {
                    Stored stored = Json.parse(text, Stored.class);
                    return new WatchSettings(
                            Duration.ofSeconds(stored.silentAfterSeconds()),
                            Duration.ofSeconds(stored.fullWithinSeconds()),
                            stored.leastFree(),
                            stored.hour().map(hour -> new SummaryTime(hour, zone(stored.zone()))));
                })
                .orElse(DEFAULT);
    }

    /** @throws IllegalArgumentException where there is no such zone */
    public static ZoneId zone(Optional<String> name) {
        try {
            return ZoneId.of(name.orElse("UTC"));
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("there is no time zone '" + name.orElse("") + "'", e);
        }
    }

    /** Makes them those of this catalog. */
    public void put(Settings settings) {
        settings.put(
                KEY,
                Json.text(new Stored(
                        silentAfter.toSeconds(),
                        fullWithin.toSeconds(),
                        leastFree,
                        summary.map(SummaryTime::hour),
                        summary.map(time -> time.zone().getId()))));
    }
}
