package io.holdfast.repository.collect;

import io.holdfast.core.HoldfastException;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A length of time in the calendar's own units, as in {@code 2y5m7d3h}: a month back from 31 March is the end of February, and a
 * day back is the same time of day also across a change to summer time.
 *
 * @param text as it was written
 */
public record RetentionSpan(String text, Period days, Duration hours) {
    private static final Pattern BARE_MONTHS = Pattern.compile("m(?!o)");
    private static final Pattern WRITTEN =
            Pattern.compile("(?:(\\d{1,4})y)?(?:(\\d{1,4})mo?)?(?:(\\d{1,4})w)?(?:(\\d{1,5})d)?(?:(\\d{1,6})h)?");

    /**
     * Reads years, months, weeks, days and hours, in this order, each at most once.
     *
     * @throws HoldfastException {@code USAGE} where the text is none, or no time at all
     */
    public static RetentionSpan parse(String text) {
        String written = text.strip().toLowerCase(Locale.ROOT);
        Matcher parts = WRITTEN.matcher(written);
        if (!parts.matches()) {
            throw notASpan(text);
        }
        Period days = Period.of(number(parts, 1), number(parts, 2), 7 * number(parts, 3) + number(parts, 4));
        Duration hours = Duration.ofHours(number(parts, 5));
        if (days.isZero() && hours.isZero()) {
            throw notASpan(text);
        }
        return new RetentionSpan(written, days, hours);
    }

    /**
     * The same for what cannot be taken back: {@code 5m}, which others read as five minutes, is none then, and months are written {@code 5mo}.
     *
     * @throws HoldfastException {@code USAGE} where the text is none, or no time at all
     */
    public static RetentionSpan parseForLock(String text) {
        RetentionSpan span = parse(text);
        if (BARE_MONTHS.matcher(span.text).find()) {
            throw HoldfastException.usage(
                    "'" + text + "' could be minutes or months, and a lock cannot be taken back",
                    "Write 'mo' for months, such as 6mo; the shortest unit is an hour, 1h.");
        }
        return span;
    }

    /** The moment that lies this long before {@code end}. */
    public Instant before(Instant end, ZoneId zone) {
        return ZonedDateTime.ofInstant(end, zone).minus(days).minus(hours).toInstant();
    }

    /** How long it is from {@code start} on. */
    public Duration from(Instant start, ZoneId zone) {
        ZonedDateTime begin = ZonedDateTime.ofInstant(start, zone);
        return Duration.between(begin, begin.plus(days).plus(hours));
    }

    private static int number(Matcher parts, int group) {
        String digits = parts.group(group);
        return digits == null ? 0 : Integer.parseInt(digits);
    }

    private static HoldfastException notASpan(String text) {
        return HoldfastException.usage(
                "'" + text + "' is not a length of time",
                "Write years, months, weeks, days and hours, such as 30d or 2y5mo7d3h.");
    }
}
