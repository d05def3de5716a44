package io.holdfast.plan;

import io.holdfast.repository.collect.RetentionPolicy.Taken;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What a plan does in a time to come, on a host that is always there: each run makes a snapshot, and its retention is applied after each.
 *
 * @param runs all moments
 * @param kept snapshots that are there at the end, oldest first
 * @param most how many there were at once, at the most
 */
public record Simulation(List<Instant> runs, List<Kept> kept, int most) {
    /** A year of one run each minute. */
    private static final int MAX_RUNS = 600_000;

    /** One that is there at the end, and why. */
    public record Kept(Instant taken, List<String> reasons) {}

    public static Simulation of(Plan plan, Instant from, Instant to) {
        List<Instant> runs = plan.schedule().moments(from, to, MAX_RUNS);
        List<Taken> there = new ArrayList<>();
        List<List<String>> reasons = List.of();
        int most = 0;
        for (Instant run : runs) {
            there.add(new Taken(run, List.of()));
            most = Math.max(most, there.size());
            if (plan.retention().isEmpty()) {
                continue;
            }
            reasons = plan.retention().reasons(there, run);
            List<Taken> left = new ArrayList<>();
            List<List<String>> why = new ArrayList<>();
            for (int i = 0; i < there.size(); i++) {
                if (!reasons.get(i).isEmpty()) {
                    left.add(there.get(i));
                    why.add(reasons.get(i));
                }
            }
            there = left;
            reasons = why;
        }
        List<Kept> kept = new ArrayList<>();
        for (int i = 0; i < there.size(); i++) {
            kept.add(
                    new Kept(there.get(i).started(), plan.retention().isEmpty() ? List.of("no rule") : reasons.get(i)));
        }
        return new Simulation(List.copyOf(runs), List.copyOf(kept), most);
    }
}
