package io.holdfast.control.watch;

import io.holdfast.core.ByteSize;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * Judges a backup by those of the same host, plan and source before it. What is usual is their median; how far from it they usually are is their median absolute deviation, which, times 1.4826,
 * estimates the standard deviation where values are spread normally. Both stay where they are while less than half of the values are odd, so a night that was odd does not make the next one
 * usual. Who is more than {@value #DEVIATIONS} such deviations away is unusual; a host that never changes has none, so there is a least one for each figure.
 */
public final class UsualRun {
    /** Of fewer nothing is said. */
    public static final int LEAST_HISTORY = 5;

    /** Of those before, so many count, the newest. */
    public static final int MOST_HISTORY = 30;

    private static final double DEVIATIONS = 6;
    private static final double TO_STANDARD_DEVIATION = 1.4826;
    /** Of a figure that may be of any size: so much of its median is never unusual. */
    private static final double LEAST_SHARE = 0.05;

    private static final double LEAST_FILES = 10;
    private static final double LEAST_BYTES = 1 << 20;
    private static final double LEAST_CHURN = 0.02;
    private static final double LEAST_RATIO = 0.03;
    /** Less new content says nothing of how it compresses, or is nothing to talk about. */
    private static final long TELLING_BYTES = 4 << 20;
    /** What was encrypted does not compress: less than that did. */
    private static final double INCOMPRESSIBLE = 0.9;

    /**
     * What a backup came to.
     *
     * @param addedBytes of content that the repository did not have, before compression
     * @param storedBytes the same after it
     */
    public record Run(long files, long bytes, long addedBytes, long storedBytes) {
        double churn() {
            return bytes == 0 ? 0 : (double) addedBytes / bytes;
        }

        double ratio() {
            return (double) storedBytes / addedBytes;
        }

        boolean tellsOfContent() {
            return addedBytes >= TELLING_BYTES;
        }
    }

    /**
     * What is odd about a backup; empty where nothing is.
     *
     * @param unusual about its size, number of files, or share of new content
     * @param entropy about how its new content compresses
     */
    public record Verdict(Optional<String> unusual, Optional<String> entropy) {
        public static final Verdict USUAL = new Verdict(Optional.empty(), Optional.empty());
    }

    /** What is usual of one figure. */
    private record Usual(ToDoubleFunction<Run> figure, double median, double allowed) {
        static Usual of(List<Run> before, ToDoubleFunction<Run> figure, double leastShare, double least) {
            double median = UsualRun.median(before.stream().mapToDouble(figure).toArray());
            double spread = UsualRun.median(before.stream()
                    .mapToDouble(run -> Math.abs(figure.applyAsDouble(run) - median))
                    .toArray());
            double deviation = Math.max(TO_STANDARD_DEVIATION * spread, Math.max(leastShare * median, least));
            return new Usual(figure, median, DEVIATIONS * deviation);
        }

        boolean isBelow(Run run) {
            return figure.applyAsDouble(run) < median - allowed;
        }

        boolean isAbove(Run run) {
            return figure.applyAsDouble(run) > median + allowed;
        }
    }

    private UsualRun() {}

    /** @param history those before it, the newest first */
    public static Verdict judge(Run run, List<Run> history) {
        List<Run> before = history.subList(0, Math.min(history.size(), MOST_HISTORY));
        if (before.size() < LEAST_HISTORY) {
            return Verdict.USUAL;
        }
        return new Verdict(unusual(run, before), entropy(run, before));
    }

    private static Optional<String> unusual(Run run, List<Run> before) {
        Usual bytes = Usual.of(before, Run::bytes, LEAST_SHARE, LEAST_BYTES);
        Usual files = Usual.of(before, Run::files, LEAST_SHARE, LEAST_FILES);
        Usual churn = Usual.of(before, Run::churn, 0, LEAST_CHURN);
        // A source that became empty has no room to fall far below.
        boolean isEmpty = run.files() == 0 && files.median() >= 1 || run.bytes() == 0 && bytes.median() >= 1;
        if (isEmpty || bytes.isBelow(run) || bytes.isAbove(run)) {
            return Optional.of(
                    isSmaller(run, bytes) + ": " + new ByteSize(run.bytes()) + ", usually " + size(bytes.median()));
        }
        if (files.isBelow(run) || files.isAbove(run)) {
            return Optional.of("unusual number of files: " + run.files() + ", usually " + Math.round(files.median()));
        }
        if (churn.isAbove(run) && run.tellsOfContent()) {
            return Optional.of(
                    "unusually much is new: " + percent(run.churn()) + ", usually " + percent(churn.median()));
        }
        return Optional.empty();
    }

    private static String isSmaller(Run run, Usual bytes) {
        return run.bytes() < bytes.median() ? "unusually small" : "unusually large";
    }

    private static Optional<String> entropy(Run run, List<Run> before) {
        List<Run> telling = before.stream().filter(Run::tellsOfContent).toList();
        if (telling.size() < LEAST_HISTORY || !run.tellsOfContent() || run.ratio() < INCOMPRESSIBLE) {
            return Optional.empty();
        }
        Usual ratio = Usual.of(telling, Run::ratio, 0, LEAST_RATIO);
        return ratio.isAbove(run)
                ? Optional.of("new content hardly compresses, as what was encrypted does: " + percent(run.ratio())
                        + " of " + new ByteSize(run.addedBytes()) + " is left, usually " + percent(ratio.median()))
                : Optional.empty();
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static String size(double bytes) {
        return new ByteSize(Math.round(bytes)).toString();
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f %%", 100 * share);
    }
}
