package io.holdfast.plan;

import io.holdfast.core.HoldfastException;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/** One field of a schedule: which of its values fit. Lists, ranges, steps and names, as crontab(5) has them. */
enum CronField {
    MINUTE(0, 59, ""),
    HOUR(0, 23, ""),
    DAY_OF_MONTH(1, 31, ""),
    MONTH(1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"),
    /** 0 and 7 are Sunday. */
    DAY_OF_WEEK(0, 7, "sun mon tue wed thu fri sat");

    private final int first;
    private final int last;
    /** Of the values from {@code first} on. */
    private final String names;

    CronField(int first, int last, String names) {
        this.first = first;
        this.last = last;
        this.names = names;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /**
     * Reads {@code *}, {@code 5}, {@code 1-5}, {@code 1,3,5}, {@code 0-30/10}, {@code *}{@code /15} or {@code mon-fri}.
     *
     * @throws HoldfastException {@code USAGE} where it is none of these, or out of range
     */
    BitSet parse(String text) {
        BitSet values = new BitSet();
        for (String part : text.split(",", -1)) {
            add(part, values, text);
        }
        if (this == DAY_OF_WEEK && values.get(last)) {
            values.clear(last);
            values.set(first);
        }
        return values;
    }

    private void add(String part, BitSet values, String whole) {
        String[] stepped = part.split("/", -1);
        int step = stepped.length == 1 ? 1 : number(stepped[1], whole);
        if (stepped.length > 2 || step < 1 || step > last) {
            throw wrong(whole, "a step is a number from 1 to " + last);
        }
        int from;
        int to;
        if (stepped[0].equals("*")) {
            from = first;
            // Monday to Saturday and Sunday twice would be eight days.
            to = this == DAY_OF_WEEK ? last - 1 : last;
        } else {
            String[] range = stepped[0].split("-", -1);
            if (range.length > 2) {
                throw wrong(whole, "a range has two ends");
            }
            from = value(range[0], whole);
            to = range.length == 2 ? value(range[1], whole) : stepped.length == 2 ? last : from;
            if (from > to) {
                throw wrong(whole, "the range " + stepped[0] + " ends before it begins");
            }
        }
        for (int value = from; value <= to; value += step) {
            values.set(value);
        }
    }

    private int value(String text, String whole) {
        int name = List.of(names.split(" ")).indexOf(text.toLowerCase(Locale.ROOT));
        int value = name >= 0 && !text.isEmpty() ? first + name : number(text, whole);
        if (value < first || value > last) {
            throw wrong(whole, text + " is not from " + first + " to " + last);
        }
        return value;
    }

    private int number(String text, String whole) {
        if (text.isEmpty() || text.length() > 3 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw wrong(whole, "'" + text + "' is no number" + (names.isEmpty() ? "" : " or name, one of " + names));
        }
        return Integer.parseInt(text);
    }

    private HoldfastException wrong(String whole, String why) {
        return HoldfastException.usage(
                "the " + word() + " '" + whole + "' of a schedule is wrong: " + why,
                "Write five fields: minute, hour, day of month, month, day of week, such as '30 2 * * mon-fri'.");
    }
}
