package io.holdfast.console;

import io.holdfast.core.HoldfastException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What somebody wants to protect, in words.
 *
 * @param folder as it was written
 * @param name of the plan; empty for one that is made of the folder's
 * @param rhythm word of a {@link Rhythm}
 * @param time of day, {@code HH:MM}
 * @param zone whose clocks count
 * @param keeping word of a {@link Keeping}
 */
public record ProtectWish(String folder, String name, String rhythm, String time, String zone, String keeping) {
    /** The choices there are. */
    static final List<Rhythm> RHYTHMS = List.of(
            new Rhythm("hourly", "Every hour", "%2$d * * * *"),
            new Rhythm("daily", "Every day", "%2$d %1$d * * *"),
            new Rhythm("workdays", "Monday to Friday", "%2$d %1$d * * mon-fri"),
            new Rhythm("weekly", "Every Sunday", "%2$d %1$d * * sun"));

    static final List<Keeping> KEEPINGS = List.of(
            new Keeping("fortnight", "Two weeks: one of each day", List.of("daily: 14")),
            new Keeping(
                    "half-year",
                    "Half a year: 7 days, 5 weeks, 6 months",
                    List.of("daily: 7", "weekly: 5", "monthly: 6")),
            new Keeping(
                    "decade",
                    "Ten years: 14 days, 8 weeks, 24 months, 10 years",
                    List.of("daily: 14", "weekly: 8", "monthly: 24", "yearly: 10")),
            new Keeping("all", "Everything, for ever", List.of()));

    private static final Pattern TIME = Pattern.compile("([01]?[0-9]|2[0-3]):([0-5][0-9])");
    private static final int MAX_NAME = 40;

    /**
     * How often.
     *
     * @param cron with the hour and the minute left open
     */
    public record Rhythm(String word, String label, String cron) {}

    /**
     * How long.
     *
     * @param rules as a plan has them
     */
    public record Keeping(String word, String label, List<String> rules) {}

    static ProtectWish of(Map<String, String> form) {
        return new ProtectWish(
                form.getOrDefault("folder", "").strip(),
                form.getOrDefault("name", "").strip(),
                form.getOrDefault("rhythm", ""),
                form.getOrDefault("time", "").strip(),
                form.getOrDefault("zone", "").strip(),
                form.getOrDefault("keeping", ""));
    }

    /** With a name in any case. */
    ProtectWish named(Path path) {
        if (!name.isEmpty()) {
            return this;
        }
        String made = path.toString()
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("^-+|-+$", "");
        made = made.substring(Math.max(0, made.length() - MAX_NAME)).replaceAll("^-+", "");
        return new ProtectWish(folder, made.isEmpty() ? "everything" : made, rhythm, time, zone, keeping);
    }

    /**
     * The plan that does this.
     *
     * @param host on which
     * @throws HoldfastException {@code USAGE} where a choice is none
     */
    String text(String host) {
        Rhythm often = RHYTHMS.stream()
                .filter(each -> each.word().equals(rhythm))
                .findFirst()
                .orElseThrow(() -> HoldfastException.usage("nothing says how often", "Choose one."));
        Keeping longTime = KEEPINGS.stream()
                .filter(each -> each.word().equals(keeping))
                .findFirst()
                .orElseThrow(() -> HoldfastException.usage("nothing says how long", "Choose one."));
        Matcher clock = TIME.matcher(time);
        if (!clock.matches()) {
            throw HoldfastException.usage("'" + time + "' is no time of day", "Write one such as 01:30.");
        }
        StringBuilder text = new StringBuilder("plan: " + quoted(name) + "\n");
        text.append("cron: ")
                .append(quoted(
                        often.cron().formatted(Integer.parseInt(clock.group(1)), Integer.parseInt(clock.group(2)))))
                .append('\n');
        text.append("zone: ").append(quoted(zone)).append('\n');
        text.append("select:\n  hosts: [").append(quoted(host)).append("]\n");
        text.append("sources:\n  - files: [").append(quoted(folder)).append("]\n");
        if (!longTime.rules().isEmpty()) {
            text.append("keep:\n");
            longTime.rules().forEach(rule -> text.append("  ").append(rule).append('\n'));
        }
        return text.toString();
    }

    /** As YAML has texts in which anything may stand; the words of everyday need no quotes. */
    private static String quoted(String text) {
        return text.matches("[A-Za-z][A-Za-z0-9./-]*")
                ? text
                : "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
