package io.holdfast.plan;

import io.holdfast.plan.Expiry.Committed;
import io.holdfast.plan.Expiry.Decision;
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

    /** Decides as a server does ({@link Expiry}), for one that is never late. */
    public static Simulation of(Plan plan, Instant from, Instant to) {
        List<Instant> runs = plan.schedule().moments(from, to, MAX_RUNS);
        if (plan.retention().isEmpty()) {
            return new Simulation(
                    List.copyOf(runs),
                    runs.stream()
                            .map(run -> new Kept(run, List.of(Expiry.NO_RULE)))
                            .toList(),
                    runs.size());
        }
        List<Decision> there = List.of();
        int most = 0;
        for (int i = 0; i < runs.size(); i++) {
            List<Committed> snapshots = new ArrayList<>();
            there.forEach(kept -> snapshots.add(kept.snapshot()));
            snapshots.add(new Committed(i, runs.get(i), true, List.of()));
            most = Math.max(most, snapshots.size());
            there = Expiry.decide(plan.retention(), snapshots, runs.get(i)).stream()
                    .filter(Decision::isKept)
                    .toList();
        }
        return new Simulation(
                List.copyOf(runs),
                there.stream()
                        .map(kept -> new Kept(kept.snapshot().committed(), kept.reasons()))
                        .toList(),
                most);
    }
}
