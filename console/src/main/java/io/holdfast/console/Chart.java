package io.holdfast.console;

import io.holdfast.protocol.api.JobApi.JobView;
import io.holdfast.protocol.api.RepositoryApi.Size;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** Charts as numbers, which templates draw as SVG: no script is needed, and all of a picture can be read as text. */
public final class Chart {
    private static final int WIDTH = 600;
    private static final int HEIGHT = 80;
    private static final int LEAST_HEIGHT = 3;
    private static final int SLOTS = 30;

    private Chart() {}

    /** Parts of a bar that is 1,000 wide. */
    public record Shares(List<Bar> bars) {}

    /**
     * A bar.
     *
     * @param kind a word that has a colour
     * @param label what it is, for people
     */
    public record Bar(long x, long y, long width, long height, String kind, String label) {}

    /** A picture of bars. */
    public record Bars(int width, int height, List<Bar> bars) {}

    /**
     * Two lines, each from 0 to its own largest value.
     *
     * @param stored points of the first, as SVG has them
     * @param label what can be read off it
     */
    public record Growth(int width, int height, String stored, String plain, String label) {}

    /** How a repository has grown; empty as long as there are not two points. */
    static Optional<Growth> growth(List<Size> sizes) {
        if (sizes.size() < 2) {
            return Optional.empty();
        }
        Size first = sizes.getFirst();
        Size last = sizes.getLast();
        return Optional.of(new Growth(
                WIDTH,
                HEIGHT,
                line(sizes, Size::storeBytes),
                line(sizes, Size::bytes),
                "From " + Formats.size(first.storeBytes()) + " stored on " + Formats.day(first.at()) + " to "
                        + Formats.size(last.storeBytes()) + " on " + Formats.day(last.at())));
    }

    private static String line(List<Size> sizes, ToLongFunction<Size> value) {
        long begins = sizes.getFirst().at().getEpochSecond();
        long lasts = Math.max(1, sizes.getLast().at().getEpochSecond() - begins);
        long most = Math.max(1, sizes.stream().mapToLong(value).max().orElse(1));
        return sizes.stream()
                .map(size -> (size.at().getEpochSecond() - begins) * WIDTH / lasts + ","
                        + (HEIGHT - Math.round((double) value.applyAsLong(size) / most * (HEIGHT - 2)) - 1))
                .collect(Collectors.joining(" "));
    }

    /** How many hosts are saved, late and unsaved. A part that there is can be seen, however small it is. */
    static Shares shares(long saved, long late, long never) {
        long all = saved + late + never;
        List<Bar> bars = new ArrayList<>();
        long x = 0;
        long[] parts = {saved, late, never};
        String[] kinds = {"done", "partial", "failed"};
        String[] labels = {"saved", "late", "never saved"};
        for (int i = 0; i < parts.length; i++) {
            if (parts[i] > 0) {
                long width = Math.max(8, parts[i] * 1_000 / all);
                bars.add(new Bar(x, 0, Math.min(width, 1_000 - x), 1, kinds[i], parts[i] + " " + labels[i]));
                x += width;
            }
        }
        return new Shares(bars);
    }

    /** What the last jobs have stored, oldest first; those that failed are there without height. */
    static Bars stored(List<JobView> newestFirst) {
        List<JobView> ended = newestFirst.stream()
                .filter(job -> job.ended().isPresent())
                .limit(SLOTS)
                .sorted(Comparator.comparing(JobView::queued))
                .toList();
        long most = Math.max(1, ended.stream().mapToLong(Chart::added).max().orElse(1));
        long slot = WIDTH / SLOTS;
        List<Bar> bars = new ArrayList<>();
        for (int i = 0; i < ended.size(); i++) {
            JobView job = ended.get(i);
            long height = Math.max(LEAST_HEIGHT, Math.round((double) added(job) / most * HEIGHT));
            long x = (SLOTS - ended.size() + i) * slot;
            bars.add(new Bar(
                    x,
                    HEIGHT - height,
                    slot - 4,
                    height,
                    job.state(),
                    Formats.exact(job.queued()) + ": " + job.state() + ", " + Formats.size(added(job)) + " new"));
        }
        return new Bars(WIDTH, HEIGHT, bars);
    }

    private static long added(JobView job) {
        return job.made().stream().mapToLong(made -> made.addedBytes()).sum();
    }
}
