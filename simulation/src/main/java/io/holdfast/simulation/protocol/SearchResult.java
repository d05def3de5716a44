package io.holdfast.simulation.protocol;

import java.util.Map;
import java.util.Optional;

/**
 * What a search found.
 *
 * @param name the configuration's name
 * @param states distinct states visited
 * @param steps steps tried
 * @param exhausted whether every reachable state was visited
 * @param milestones how often each situation came up
 * @param counterexample how to break the invariant, if that can be done
 */
record SearchResult(
        String name,
        int states,
        long steps,
        boolean exhausted,
        Map<Milestone, Long> milestones,
        Optional<Counterexample> counterexample) {}
