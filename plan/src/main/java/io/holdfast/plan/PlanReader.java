package io.holdfast.plan;

import io.holdfast.core.HoldfastException;
import io.holdfast.plan.Plan.Selection;
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
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Reads plans: what every key says, and whether all of them make sense together. The keys are those of docs/plan.schema.json, as a test checks. */
final class PlanReader {
    static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final String NAME_HINT = "Write letters, digits, dots, dashes; 63 at most.";
    private static final int MAX_KEPT = 100_000;
    private static final Duration LONGEST_WINDOW = Duration.ofDays(31);
    private static final Duration USUAL_WINDOW = Duration.ofHours(1);

    private PlanReader() {}

    static Plan read(YamlMap map) {
        String name = map.requiredText("plan");
        if (!NAME.matcher(name).matches()) {
            throw map.wrong("plan", "'" + name + "' is no name", NAME_HINT);
        }
        ZoneId zone = value(map, "zone", PlanReader::zone).orElse(ZoneOffset.UTC);
        Schedule schedule = schedule(map, zone);
        Selection selection =
                map.map("select").map(PlanReader::selection).orElse(new Selection(List.of("*"), List.of(), List.of()));
        List<Plan.Source> sources = SourceReader.read(map);
        RetentionPolicy retention =
                map.map("keep").map(keep -> retention(keep, zone)).orElse(everything(zone));
        Placement placement = placement(map, zone);
        if (placement.encryption() == Placement.Encryption.HOST) {
            requireNothingThatTakesTheKey(map, placement, retention);
        }
        Conduct conduct = ConductReader.read(map, zone);
        map.requireNoOtherKeys();
        return new Plan(name, schedule, selection, sources, retention, placement, conduct);
    }

    private static RetentionPolicy everything(ZoneId zone) {
        return new RetentionPolicy(Map.of(), Optional.empty(), Set.of(), zone);
    }

    private static Schedule schedule(YamlMap map, ZoneId zone) {
        map.requiredText("cron");
        CronSchedule cron = value(map, "cron", CronSchedule::parse).orElseThrow();
        Duration period = cron.shortestPeriod();
        Optional<Duration> written = value(map, "window", PlanReader::window);
        if (written.isPresent() && written.get().compareTo(period) > 0) {
            throw map.wrong(
                    "window",
                    "it is longer than the " + ShortTime.text(period) + " from one run to the next",
                    "A run that begins so late is the next one: write " + ShortTime.text(period) + " at most.");
        }
        Duration usual = period.compareTo(USUAL_WINDOW) < 0 ? period : USUAL_WINDOW;
        Schedule.Missed missed = word(map, "missed", Schedule.Missed.class).orElse(Schedule.Missed.RUN_ONCE);
        return new Schedule(cron, zone, written.orElse(usual), missed);
    }

    private static Selection selection(YamlMap map) {
        Selection selection = new Selection(map.texts("hosts"), map.texts("groups"), map.texts("tags"));
        map.requireNoOtherKeys();
        if (selection.hosts().isEmpty()
                && selection.groups().isEmpty()
                && selection.tags().isEmpty()) {
            throw HoldfastException.usage(
                    map.place() + ": select: it names no host at all",
                    "Write hosts, groups or tags below it, or leave it out for all hosts.");
        }
        return selection;
    }

    private static RetentionPolicy retention(YamlMap map, ZoneId zone) {
        Map<Every, Integer> counts = new EnumMap<>(Every.class);
        for (Every every : Every.values()) {
            OptionalLong count = map.number(every.word(), 1, MAX_KEPT);
            if (count.isPresent()) {
                counts.put(every, (int) count.getAsLong());
            }
        }
        Optional<RetentionSpan> within = value(map, "within", RetentionSpan::parse);
        RetentionPolicy policy = new RetentionPolicy(counts, within, Set.copyOf(map.texts("tags")), zone);
        map.requireNoOtherKeys();
        if (counts.isEmpty() && within.isEmpty()) {
            throw HoldfastException.usage(
                    map.place() + ": keep: it keeps nothing but the last good snapshot of each source"
                            + (policy.tags().isEmpty() ? "" : " and those that somebody gives a tag"),
                    "Write how many, such as 'daily: 14', or leave it out to keep all.");
        }
        return policy;
    }

    private static Placement placement(YamlMap map, ZoneId zone) {
        Optional<String> repository = name(map, "repository");
        List<Placement.Copy> copies =
                map.maps("copy").stream().map(copy -> copy(copy, zone)).toList();
        Placement placement = new Placement(
                repository,
                copies,
                value(map, "lock-for", RetentionSpan::parseForLock),
                name(map, "data-class"),
                word(map, "encrypt", Placement.Encryption.class).orElse(Placement.Encryption.SERVER));
        Set<String> targets = new HashSet<>();
        for (Placement.Copy copy : copies) {
            if (repository.stream().anyMatch(copy.to()::equals) || !targets.add(copy.to())) {
                throw map.wrong(
                        "copy",
                        "snapshots come to the repository '" + copy.to() + "' twice",
                        "Name each repository once.");
            }
        }
        return placement;
    }

    /** What a host encrypts itself the server cannot read. */
    private static void requireNothingThatTakesTheKey(YamlMap map, Placement placement, RetentionPolicy retention) {
        if (!placement.copies().isEmpty()) {
            throw map.wrong(
                    "copy",
                    "what a host encrypts itself the server cannot read, and not copy",
                    "Leave out 'encrypt: host', or save the host by a second plan into the other repository.");
        }
        if (placement.lock().isPresent()) {
            throw map.wrong(
                    "lock-for",
                    "what a host encrypts itself the server does not lock",
                    "Leave it out; whoever has the key can lock with 'holdfast hold add'.");
        }
        if (!retention.isEmpty()) {
            throw map.wrong(
                    "keep",
                    "what a host encrypts itself the server cannot forget",
                    "Leave it out; whoever has the key runs 'holdfast forget' and 'holdfast prune' on the vault.");
        }
    }

    private static Placement.Copy copy(YamlMap map, ZoneId zone) {
        map.requiredText("to");
        Placement.Copy copy = new Placement.Copy(
                name(map, "to").orElseThrow(),
                map.map("keep").map(keep -> retention(keep, zone)),
                value(map, "lock-for", RetentionSpan::parseForLock));
        map.requireNoOtherKeys();
        return copy;
    }

    private static Optional<String> name(YamlMap map, String key) {
        Optional<String> name = map.text(key);
        if (name.isPresent() && !NAME.matcher(name.get()).matches()) {
            throw map.wrong(key, "'" + name.get() + "' is no name", NAME_HINT);
        }
        return name;
    }

    /** A value that reads itself; its error gets the place. */
    static <T> Optional<T> value(YamlMap map, String key, Function<String, T> reading) {
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

    /** One of the words of an enum: its names in lower case with dashes. */
    static <E extends Enum<E>> Optional<E> word(YamlMap map, String key, Class<E> type) {
        return value(map, key, text -> {
            for (E each : type.getEnumConstants()) {
                if (word(each).equals(text)) {
                    return each;
                }
            }
            List<String> words = List.of(type.getEnumConstants()).stream()
                    .map(PlanReader::word)
                    .toList();
            throw HoldfastException.usage(
                    "'" + text + "' is none of its words", "Write " + String.join(" or ", words) + ".");
        });
    }

    static String word(Enum<?> each) {
        return each.name().toLowerCase(Locale.ROOT).replace('_', '-');
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
        Duration window = text.endsWith("min")
                ? ShortTime.parse(text, LONGEST_WINDOW)
                : RetentionSpan.parseForLock(text).from(Instant.EPOCH, ZoneOffset.UTC);
        if (window.compareTo(LONGEST_WINDOW) > 0) {
            throw HoldfastException.usage("'" + text + "' is longer than a month", "Write hours or days, such as 6h.");
        }
        return window;
    }
}
