package io.holdfast.storage;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * A storage class whose objects have to be thawed before they can be read.
 *
 * @param name as the store spells it
 * @param thawTimes for each tier that the class has, the longest that thawing usually takes
 */
public record ArchiveClass(String name, Map<ThawTier, Duration> thawTimes) {
    public ArchiveClass {
        thawTimes = Map.copyOf(thawTimes);
    }

    /** The longest that thawing usually takes; empty where the class has no such tier. */
    public Optional<Duration> thawTime(ThawTier tier) {
        return Optional.ofNullable(thawTimes.get(tier));
    }

    static ArchiveClass of(String name, Duration bulk, Duration standard, Duration expedited) {
        Map<ThawTier, Duration> times = new EnumMap<>(ThawTier.class);
        times.put(ThawTier.BULK, bulk);
        times.put(ThawTier.STANDARD, standard);
        times.put(ThawTier.EXPEDITED, expedited);
        return new ArchiveClass(name, times);
    }
}
