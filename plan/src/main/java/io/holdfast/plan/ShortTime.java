package io.holdfast.plan;

import io.holdfast.core.HoldfastException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times of seconds to hours. Minutes are {@code min}, as {@code m} is a month in the times that snapshots are kept. */
final class ShortTime {
    private static final Pattern WRITTEN = Pattern.compile("(?:(\\d{1,4})h)?(?:(\\d{1,6})min)?(?:(\\d{1,6})s)?");

    private ShortTime() {}

    /**
     * Reads {@code 90s}, {@code 10min}, {@code 1h30min}.
     *
     * @throws HoldfastException {@code USAGE} where it is none, no time at all, or more than {@code longest}
     */
    static Duration parse(String text, Duration longest) {
        Matcher parts = WRITTEN.matcher(text);
        if (!parts.matches()) {
            throw HoldfastException.usage(
                    "'" + text + "' is not a time of hours, minutes and seconds",
                    "Write h, min and s, such as 1h, 10min or 90s.");
        }
        Duration time =
                Duration.ofHours(number(parts, 1)).plusMinutes(number(parts, 2)).plusSeconds(number(parts, 3));
        if (time.isZero() || time.compareTo(longest) > 0) {
            throw HoldfastException.usage(
                    "'" + text + "' is not from 1s to " + text(longest), "Write a time such as 10min.");
        }
        return time;
    }

    private static long number(Matcher parts, int group) {
        String digits = parts.group(group);
        return digits == null ? 0 : Long.parseLong(digits);
    }

    /** The same as people write it. */
    static String text(Duration time) {
        StringBuilder text = new StringBuilder();
        append(text, time.toHours(), "h");
        append(text, time.toMinutesPart(), "min");
        append(text, time.toSecondsPart(), "s");
        return text.toString();
    }

    private static void append(StringBuilder text, long number, String unit) {
        if (number > 0) {
            text.append(number).append(unit);
        }
    }
}
