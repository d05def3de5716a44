package io.holdfast.plan;

import io.holdfast.core.ByteSize;
import io.holdfast.core.HoldfastException;
import io.holdfast.plan.yaml.YamlMap;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/** Reads how a run goes about. */
final class ConductReader {
    private static final int MOST_THREADS = 256;
    private static final int MOST_RETRIES = 20;
    private static final Duration LONGEST_HOOK = Duration.ofHours(24);
    private static final Duration USUAL_HOOK = Duration.ofMinutes(10);
    private static final Duration LONGEST_WAIT = Duration.ofHours(24);
    private static final String DAY_END = "24:00";

    private ConductReader() {}

    static Conduct read(YamlMap map, ZoneId zone) {
        return new Conduct(
                (int) map.number("priority", 0, Conduct.MOST_URGENT).orElse(Conduct.USUAL_PRIORITY),
                map.maps("before").stream().map(hook -> hook(hook, false)).toList(),
                map.maps("after").stream().map(hook -> hook(hook, true)).toList(),
                new BandwidthLimits(
                        map.maps("limits").stream().map(ConductReader::rule).toList(), zone),
                map.map("courtesy").map(ConductReader::courtesy).orElse(Courtesy.NONE),
                map.map("retries").map(ConductReader::retries).orElse(Retries.DEFAULT));
    }

    private static Hook hook(YamlMap map, boolean isAfter) {
        List<String> program = map.texts("run");
        if (program.isEmpty() || !program.getFirst().startsWith("/")) {
            throw map.wrong(
                    "run",
                    program.isEmpty()
                            ? "there is no program"
                            : "'" + program.getFirst() + "' is no absolute path of a program",
                    "Write it with its arguments, such as 'run: [/usr/local/bin/freeze, now]'.");
        }
        Duration timeout = PlanReader.value(map, "timeout", text -> ShortTime.parse(text, LONGEST_HOOK))
                .orElse(USUAL_HOOK);
        // Before a run nobody knows how it ends.
        Hook.When when =
                isAfter ? PlanReader.word(map, "when", Hook.When.class).orElse(Hook.When.ALWAYS) : Hook.When.ALWAYS;
        Hook.OnFailure onFailure = PlanReader.word(map, "on-failure", Hook.OnFailure.class)
                .orElse(isAfter ? Hook.OnFailure.WARN : Hook.OnFailure.FAIL);
        map.requireNoOtherKeys();
        return new Hook(program, timeout, when, onFailure);
    }

    private static BandwidthLimits.Rule rule(YamlMap map) {
        LocalTime from = PlanReader.value(map, "from", ConductReader::time).orElse(LocalTime.MIDNIGHT);
        LocalTime to = PlanReader.value(map, "to", text -> text.equals(DAY_END) ? LocalTime.MIDNIGHT : time(text))
                .orElse(LocalTime.MIDNIGHT);
        if (from.equals(to) && !to.equals(LocalTime.MIDNIGHT)) {
            throw map.wrong("to", "it ends when it begins", "Leave both out for the whole day.");
        }
        Set<DayOfWeek> days = PlanReader.value(map, "days", ConductReader::days).orElse(BandwidthLimits.everyDay());
        Optional<ByteSize> upload = PlanReader.value(map, "upload", ConductReader::rate);
        Optional<ByteSize> download = PlanReader.value(map, "download", ConductReader::rate);
        if (upload.isEmpty() && download.isEmpty()) {
            throw HoldfastException.usage(
                    map.place() + ": limits: it limits nothing", "Write 'upload: 20M' or 'download: 50M'.");
        }
        map.requireNoOtherKeys();
        return new BandwidthLimits.Rule(days, from, to, upload, download);
    }

    private static LocalTime time(String text) {
        if (!text.matches("([01]\\d|2[0-3]):[0-5]\\d")) {
            throw HoldfastException.usage(
                    "'" + text + "' is no time of day", "Write hours and minutes in quotes, such as \"08:00\".");
        }
        return LocalTime.parse(text);
    }

    private static Set<DayOfWeek> days(String text) {
        BitSet values = CronField.DAY_OF_WEEK.parse(text);
        Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
        values.stream().forEach(value -> days.add(value == 0 ? DayOfWeek.SUNDAY : DayOfWeek.of(value)));
        return days;
    }

    private static ByteSize rate(String text) {
        ByteSize rate = ByteSize.parse(text);
        if (rate.bytes() < 1024) {
            throw HoldfastException.usage(
                    "'" + text + "' is less than 1K in a second", "Write bytes in a second, such as 20M.");
        }
        return rate;
    }

    private static Courtesy courtesy(YamlMap map) {
        OptionalLong threads = map.number("threads", 1, MOST_THREADS);
        Courtesy courtesy = new Courtesy(
                (int) map.number("nice", 0, Courtesy.MOST_NICE).orElse(0),
                PlanReader.word(map, "io", Courtesy.Io.class).orElse(Courtesy.Io.NORMAL),
                threads.isPresent() ? OptionalInt.of((int) threads.getAsLong()) : OptionalInt.empty());
        map.requireNoOtherKeys();
        return courtesy;
    }

    private static Retries retries(YamlMap map) {
        int count = (int) map.number("count", 0, MOST_RETRIES).orElse(Retries.DEFAULT.count());
        Duration first = PlanReader.value(map, "wait", text -> ShortTime.parse(text, LONGEST_WAIT))
                .orElse(Retries.DEFAULT.first());
        Optional<Duration> longest = PlanReader.value(map, "longest-wait", text -> ShortTime.parse(text, LONGEST_WAIT));
        if (longest.isPresent() && longest.get().compareTo(first) < 0) {
            throw map.wrong(
                    "longest-wait",
                    "it is shorter than the first wait of " + ShortTime.text(first),
                    "Write " + ShortTime.text(first) + " or more.");
        }
        map.requireNoOtherKeys();
        Duration usual = Retries.DEFAULT.longest();
        return new Retries(count, first, longest.orElse(usual.compareTo(first) < 0 ? first : usual));
    }
}
