package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.collect.RetentionPolicy;
import io.holdfast.repository.collect.RetentionPolicy.Every;
import io.holdfast.repository.collect.RetentionSpan;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which snapshots to keep. */
final class KeepOptions {
    @Option(names = "--keep-last", paramLabel = "N", description = "Keeps the last N.")
    private @Nullable Integer last;

    @Option(names = "--keep-hourly", paramLabel = "N", description = "Keeps the newest of each of the last N hours.")
    private @Nullable Integer hourly;

    @Option(names = "--keep-daily", paramLabel = "N", description = "Keeps the newest of each of the last N days.")
    private @Nullable Integer daily;

    @Option(names = "--keep-weekly", paramLabel = "N", description = "Keeps the newest of each of the last N weeks.")
    private @Nullable Integer weekly;

    @Option(names = "--keep-monthly", paramLabel = "N", description = "Keeps the newest of each of the last N months.")
    private @Nullable Integer monthly;

    @Option(names = "--keep-yearly", paramLabel = "N", description = "Keeps the newest of each of the last N years.")
    private @Nullable Integer yearly;

    @Option(
            names = "--keep-within",
            paramLabel = "DURATION",
            description = "Keeps all that are at most this much older than the newest, such as 30d or 2y5mo7d3h.")
    private @Nullable String within;

    @Option(names = "--keep-tag", paramLabel = "TAG", description = "Keeps all with this tag; repeatable.")
    private List<String> tags = new ArrayList<>();

    /** What was asked for, in days of this machine's time zone. */
    RetentionPolicy policy() {
        Map<Every, Integer> counts = new EnumMap<>(Every.class);
        count(counts, Every.LAST, last);
        count(counts, Every.HOURLY, hourly);
        count(counts, Every.DAILY, daily);
        count(counts, Every.WEEKLY, weekly);
        count(counts, Every.MONTHLY, monthly);
        count(counts, Every.YEARLY, yearly);
        if (tags.contains("")) {
            throw HoldfastException.usage("--keep-tag without a tag", "Write the tag to keep.");
        }
        return new RetentionPolicy(
                counts,
                Optional.ofNullable(within).map(RetentionSpan::parse),
                new HashSet<>(tags),
                ZoneId.systemDefault());
    }

    private static void count(Map<Every, Integer> counts, Every every, @Nullable Integer number) {
        if (number == null) {
            return;
        }
        if (number < 1) {
            throw HoldfastException.usage(
                    "--keep-" + every.word() + " " + number + " keeps nothing",
                    "Write a number from 1, or leave the option out.");
        }
        counts.put(every, number);
    }
}
