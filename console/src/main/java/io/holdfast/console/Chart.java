package io.holdfast.console;

import io.holdfast.protocol.api.JobApi.JobView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

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
