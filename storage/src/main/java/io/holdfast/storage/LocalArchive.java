package io.holdfast.storage;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The archive class of the stores that need none: {@code ARCHIVE}, whose objects can be read four hours after they were asked for, or {@code
 * ARCHIVE:30m} with another delay. It does what Glacier does, on a disk and in memory: for trying out, for tests, and for directories behind which tapes
 * are. Bulk takes twice as long as standard, expedited a sixtieth.
 */
final class LocalArchive {
    private static final Duration DEFAULT_DELAY = Duration.ofHours(4);
    private static final Pattern NAME = Pattern.compile("ARCHIVE(?::([0-9]{1,6})([smhd]))?");
    private static final int EXPEDITED_PART = 60;

    private LocalArchive() {}

    /**
     * An archived object.
     *
     * @param readyMillis when its readable copy is there, in milliseconds since 1970; 0 where nobody asked for one
     * @param untilMillis when that goes again
     */
    record State(ArchiveClass storageClass, long readyMillis, long untilMillis) {
        static State frozen(ArchiveClass storageClass) {
            return new State(storageClass, 0, 0);
        }

        Availability availability(Instant now) {
            long millis = now.toEpochMilli();
            if (readyMillis == 0 || millis >= untilMillis) {
                return Availability.ARCHIVED;
            }
            return millis < readyMillis ? Availability.THAWING : Availability.READABLE;
        }

        /** How it is once that was asked for. */
        State asked(ThawRequest request, Instant now) {
            long ready = now.plus(storageClass.thawTime(request.tier()).orElseThrow())
                    .toEpochMilli();
            long stays = Duration.ofDays(request.days()).toMillis();
            return switch (availability(now)) {
                case ARCHIVED -> new State(storageClass, ready, ready + stays);
                case THAWING -> ready < readyMillis ? new State(storageClass, ready, ready + stays) : this;
                case READABLE ->
                    new State(storageClass, readyMillis, Math.max(untilMillis, now.toEpochMilli() + stays));
            };
        }
    }

    /** The class of that name; empty where it is none. */
    static Optional<ArchiveClass> find(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        Duration delay = matcher.group(1) == null ? DEFAULT_DELAY : duration(matcher.group(1), matcher.group(2));
        Duration expedited = Duration.ofMillis(delay.toMillis() / EXPEDITED_PART);
        return Optional.of(ArchiveClass.of(name, delay.multipliedBy(2), delay, expedited));
    }

    /** @throws HoldfastException {@code USAGE} where it is no class of these stores */
    static ArchiveClass named(String name) {
        return find(name)
                .orElseThrow(
                        () -> HoldfastException.usage(
                                "a directory has no storage class '" + name + "'",
                                "It has ARCHIVE, or with another delay than four hours such as ARCHIVE:30m; see docs/stores.md."));
    }

    private static Duration duration(String count, String unit) {
        long number = Long.parseLong(count);
        return switch (unit) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }

    /** @throws HoldfastException {@code REFUSED} where it has to be thawed first */
    static void requireReadable(String where, ObjectName name, State state, Instant now) {
        Availability availability = state.availability(now);
        if (availability != Availability.READABLE) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    name + " in " + where + " lies in the storage class "
                            + state.storageClass().name()
                            + (availability == Availability.THAWING
                                    ? " and is being thawed"
                                    : " and cannot be read before it is thawed"),
                    ObjectStore.THAW_HINT);
        }
    }
}
