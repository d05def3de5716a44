package io.holdfast.plan;

import io.holdfast.core.HoldfastException;
import io.holdfast.plan.yaml.YamlMap;
import io.holdfast.repository.collect.RetentionPolicy;
import io.holdfast.repository.collect.RetentionPolicy.Every;
import io.holdfast.repository.collect.RetentionSpan;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * What is saved on which hosts, when, and for how long (docs/plans.md).
 *
 * @param name unique on a server
 * @param selection on which hosts
 * @param sources what of them, at least one
 * @param retention which snapshots of each host and source stay; of none at all, every one
 */
public record Plan(
        String name, Schedule schedule, Selection selection, List<Source> sources, RetentionPolicy retention) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final int MAX_KEPT = 100_000;
    private static final Duration LONGEST_WINDOW = Duration.ofDays(31);

    public Plan {
        sources = List.copyOf(sources);
    }

    /**
     * The hosts that one of these names.
     *
     * @param hosts names, in which {@code *} stands for any letters
     */
    public record Selection(List<String> hosts, List<String> groups, List<String> tags) {
        public Selection {
            hosts = List.copyOf(hosts);
            groups = List.copyOf(groups);
            tags = List.copyOf(tags);
        }

        /** Whether it names a host of this name, in these groups, with these tags. */
        public boolean names(String host, Set<String> itsGroups, Set<String> itsTags) {
            return hosts.stream().anyMatch(pattern -> matches(pattern, host))
                    || groups.stream().anyMatch(itsGroups::contains)
                    || tags.stream().anyMatch(itsTags::contains);
        }

        private static boolean matches(String pattern, String host) {
            String[] parts = pattern.toLowerCase(Locale.ROOT).split("\\*", -1);
            String name = host.toLowerCase(Locale.ROOT);
            if (parts.length == 1) {
                return name.equals(parts[0]);
            }
            if (!name.startsWith(parts[0])) {
                return false;
            }
            int at = parts[0].length();
            for (int i = 1; i < parts.length - 1; i++) {
                int found = name.indexOf(parts[i], at);
                if (found < 0) {
                    return false;
                }
                at = found + parts[i].length();
            }
            String last = parts[parts.length - 1];
            return name.length() - last.length() >= at && name.endsWith(last);
        }
    }

    /** One thing to be saved on each host. */
    public sealed interface Source {
        /** Files and directories, absolute; patterns as {@code --exclude} has them. */
        record Files(List<String> paths, List<String> excludes) implements Source {
            public Files {
                paths = List.copyOf(paths);
                excludes = List.copyOf(excludes);
            }
        }

        /** A block device or image. */
        record Volume(String path) implements Source {}

        /** What a program writes. */
        record Command(String name, List<String> command) implements Source {
            public Command {
                command = List.copyOf(command);
            }
        }
    }

    /**
     * Reads a plan.
     *
     * @throws HoldfastException {@code USAGE} with file and line where something in it is wrong or unknown
     */
    public static Plan read(YamlMap map) {
        String name = map.requiredText("plan");
        if (!NAME.matcher(name).matches()) {
            throw map.wrong("plan", "'" + name + "' is no name", "Write letters, digits, dots, dashes; 63 at most.");
        }
        ZoneId zone = value(map, "zone", Plan::zone).orElse(ZoneOffset.UTC);
        Schedule schedule = schedule(map, zone);
        Selection selection =
                map.map("select").map(Plan::selection).orElse(new Selection(List.of("*"), List.of(), List.of()));
        List<Source> sources = map.maps("sources").stream().map(Plan::source).toList();
        if (sources.isEmpty()) {
            throw map.wrong(
                    "sources",
                    "nothing is to be saved",
                    "Write 'sources:' with '- files: [/etc, /home]', for instance.");
        }
        RetentionPolicy retention = map.map("keep")
                .map(keep -> retention(keep, zone))
                .orElse(new RetentionPolicy(Map.of(), Optional.empty(), Set.of(), zone));
        map.requireNoOtherKeys();
        return new Plan(name, schedule, selection, sources, retention);
    }

    private static Schedule schedule(YamlMap map, ZoneId zone) {
        map.requiredText("cron");
        CronSchedule cron = value(map, "cron", CronSchedule::parse).orElseThrow();
        Duration window = value(map, "window", Plan::window).orElse(Duration.ofHours(1));
        Schedule.Missed missed = value(map, "missed", Plan::missed).orElse(Schedule.Missed.RUN_ONCE);
        return new Schedule(cron, zone, window, missed);
    }

    private static Selection selection(YamlMap map) {
        Selection selection = new Selection(map.texts("hosts"), map.texts("groups"), map.texts("tags"));
        map.requireNoOtherKeys();
        return selection;
    }

    private static Source source(YamlMap map) {
        List<String> files = map.texts("files");
        Optional<String> volume = map.text("volume");
        List<String> command = map.texts("command");
        int kinds = (files.isEmpty() ? 0 : 1) + (volume.isPresent() ? 1 : 0) + (command.isEmpty() ? 0 : 1);
        if (kinds != 1) {
            throw map.wrong("sources", "a source is one of files, volume or command", "Begin another one with '- '.");
        }
        Source source;
        if (volume.isPresent()) {
            source = new Source.Volume(volume.get());
        } else if (files.isEmpty()) {
            source = new Source.Command(map.requiredText("name"), command);
        } else {
            source = new Source.Files(absolute(map, files), map.texts("exclude"));
        }
        map.requireNoOtherKeys();
        return source;
    }

    private static List<String> absolute(YamlMap map, List<String> files) {
        for (String file : files) {
            if (!file.startsWith("/") && !file.matches("[A-Za-z]:[/\\\\].*")) {
                throw map.wrong(
                        "files",
                        "'" + file + "' is no absolute path",
                        "It is looked for on every host: begin it with /.");
            }
        }
        return files;
    }

    private static RetentionPolicy retention(YamlMap map, ZoneId zone) {
        Map<Every, Integer> counts = new EnumMap<>(Every.class);
        for (Every every : Every.values()) {
            OptionalLong count = map.number(every.word(), 1, MAX_KEPT);
            if (count.isPresent()) {
                counts.put(every, (int) count.getAsLong());
            }
        }
        RetentionPolicy policy = new RetentionPolicy(
                counts, value(map, "within", RetentionSpan::parse), Set.copyOf(map.texts("tags")), zone);
        map.requireNoOtherKeys();
        return policy;
    }

    private static <T> Optional<T> value(YamlMap map, String key, Function<String, T> reading) {
        Optional<String> text = map.text(key);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(reading.apply(text.get()));
        } catch (HoldfastException e) {
            throw map.wrong(key, e);
        }
    }

    private static ZoneId zone(String text) {
        try {
            return ZoneId.of(text);
        } catch (DateTimeException e) {
            throw HoldfastException.usage(
                    "'" + text + "' is no time zone", "Write one of the IANA database, such as Europe/Berlin, or UTC.");
        }
    }

    private static Duration window(String text) {
        Duration window = RetentionSpan.parseForLock(text).from(Instant.EPOCH, ZoneOffset.UTC);
        if (window.compareTo(LONGEST_WINDOW) > 0) {
            throw HoldfastException.usage("'" + text + "' is longer than a month", "Write hours or days, such as 6h.");
        }
        return window;
    }

    private static Schedule.Missed missed(String text) {
        return switch (text) {
            case "run-once" -> Schedule.Missed.RUN_ONCE;
            case "skip" -> Schedule.Missed.SKIP;
            default ->
                throw HoldfastException.usage("'" + text + "' is no rule for missed runs", "Write run-once or skip.");
        };
    }
}
