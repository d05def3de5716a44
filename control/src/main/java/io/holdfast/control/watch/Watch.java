package io.holdfast.control.watch;

import io.holdfast.core.ByteSize;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** Decides what is wrong: a function of what is known and the time, so that any server comes to the same. */
public final class Watch {
    private static final double SECONDS_A_DAY = 86_400;
    /** Of fewer sizes, or sizes of a shorter time, a line says nothing. */
    private static final int LEAST_SIZES = 3;

    private static final Duration LEAST_TREND = Duration.ofDays(2);

    /**
     * What is known.
     *
     * @param failing whose last job failed
     */
    public record View(
            List<Machine> hosts, List<Machine> media, List<Failing> failing, List<Run> runs, List<Store> stores) {
        /** Without media servers on machines of their own. */
        public View(List<Machine> hosts, List<Failing> failing, List<Run> runs, List<Store> stores) {
            this(hosts, List.of(), failing, runs, stores);
        }
    }

    /** @param seen absent where it never was here */
    public record Machine(String name, Instant added, Optional<Instant> seen) {}

    /**
     * @param subject host or repository
     * @param task plan, or what was to be done
     * @param failures how many have failed one after the other
     */
    public record Failing(AlertKind kind, String subject, String task, long failures, String message) {}

    /**
     * The last run of a plan whose window is over.
     *
     * @param hosts that should have begun it
     * @param begun the hosts that have begun it, or a later one
     */
    public record Run(String plan, Instant moment, Duration window, Set<String> hosts, Set<String> begun) {}

    /**
     * @param trouble empty where nothing is wrong
     * @param room absent where nobody can tell
     * @param sizes how large it was, the oldest first
     */
    public record Store(String repository, String trouble, Optional<Room> room, List<Size> sizes) {}

    public record Room(long freeBytes, long totalBytes) {}

    public record Size(Instant at, long bytes) {}

    /** Hosts that it serves wait, or go further. */
    private static final Duration MEDIA_SILENT_AFTER = Duration.ofMinutes(10);

    private Watch() {}

    /** Everything that is wrong now. */
    public static List<Finding> findings(View view, WatchSettings settings, Instant now) {
        List<Finding> findings = new ArrayList<>();
        for (Machine host : view.hosts()) {
            silent(AlertKind.HOST_SILENT, host, settings.silentAfter(), now).ifPresent(findings::add);
        }
        for (Machine server : view.media()) {
            silent(AlertKind.MEDIA_SILENT, server, MEDIA_SILENT_AFTER, now).ifPresent(findings::add);
        }
        for (Failing failing : view.failing()) {
            String times = failing.failures() > 1 ? failing.failures() + " times in a row: " : "";
            findings.add(
                    new Finding(failing.kind(), failing.subject() + "/" + failing.task(), times + failing.message()));
        }
        for (Run run : view.runs()) {
            for (String host : run.hosts()) {
                if (!run.begun().contains(host)) {
                    findings.add(new Finding(
                            AlertKind.RUN_MISSED,
                            host + "/" + run.plan(),
                            "the run of " + run.moment() + " did not begin within "
                                    + run.window().toMinutes() + " min"));
                }
            }
        }
        for (Store store : view.stores()) {
            if (!store.trouble().isEmpty()) {
                findings.add(new Finding(AlertKind.REPOSITORY_TROUBLE, store.repository(), store.trouble()));
            }
            filling(store, settings)
                    .map(text -> new Finding(AlertKind.STORE_FILLING, store.repository(), text))
                    .ifPresent(findings::add);
        }
        return findings;
    }

    private static Optional<Finding> silent(AlertKind kind, Machine host, Duration after, Instant now) {
        Instant last = host.seen().orElse(host.added());
        return last.plus(after).isBefore(now)
                ? Optional.of(new Finding(
                        kind,
                        host.name(),
                        host.seen().isPresent()
                                ? "not heard of since " + last
                                : "never heard of since it joined at " + last))
                : Optional.empty();
    }

    private static Optional<String> filling(Store store, WatchSettings settings) {
        if (store.room().isEmpty() || store.room().get().totalBytes() <= 0) {
            return Optional.empty();
        }
        Room room = store.room().get();
        long percent = Math.round(100.0 * room.freeBytes() / room.totalBytes());
        if (percent < settings.leastFree()) {
            return Optional.of("only " + percent + " % of its disk is free");
        }
        OptionalDouble grows = bytesADay(store.sizes());
        if (grows.isEmpty() || grows.getAsDouble() <= 0) {
            return Optional.empty();
        }
        double days = room.freeBytes() / grows.getAsDouble();
        return days < settings.fullWithin().toSeconds() / SECONDS_A_DAY
                ? Optional.of("its disk will be full in about " + Math.round(days) + " days as it grows now ("
                        + new ByteSize(Math.round(grows.getAsDouble())) + " a day)")
                : Optional.empty();
    }

    /** The slope of the line that is nearest to all sizes, by least squares; empty where they tell too little. */
    static OptionalDouble bytesADay(List<Size> sizes) {
        if (sizes.size() < LEAST_SIZES
                || Duration.between(sizes.getFirst().at(), sizes.getLast().at()).compareTo(LEAST_TREND) < 0) {
            return OptionalDouble.empty();
        }
        Instant begin = sizes.getFirst().at();
        double meanDay = 0;
        double meanBytes = 0;
        for (Size size : sizes) {
            meanDay += days(begin, size) / sizes.size();
            meanBytes += (double) size.bytes() / sizes.size();
        }
        double covariance = 0;
        double variance = 0;
        for (Size size : sizes) {
            double away = days(begin, size) - meanDay;
            covariance += away * (size.bytes() - meanBytes);
            variance += away * away;
        }
        return OptionalDouble.of(covariance / variance);
    }

    private static double days(Instant begin, Size size) {
        return Duration.between(begin, size.at()).toSeconds() / SECONDS_A_DAY;
    }
}
