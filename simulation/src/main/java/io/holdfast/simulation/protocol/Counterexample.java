package io.holdfast.simulation.protocol;

import java.util.ArrayList;
import java.util.List;

/**
 * A shortest way to a broken invariant.
 *
 * @param violation what is wrong at the end
 * @param steps who did what, in order
 * @param end the objects in the store at the end
 */
record Counterexample(String violation, List<String> steps, String end) {

    Counterexample {
        steps = List.copyOf(steps);
    }

    static Counterexample of(ProtocolModel model, Canonical canonical, StateTable table, int last, String violation) {
        List<Integer> path = new ArrayList<>();
        for (int index = last; index != Store.NONE; index = table.parent(index)) {
            path.addFirst(index);
        }
        List<String> steps = new ArrayList<>();
        long[] before = new long[Actors.WORDS];
        long[] after = new long[Actors.WORDS];
        table.copyTo(path.getFirst(), after);
        steps.add("at the start: " + StateText.store(after));
        for (int i = 1; i < path.size(); i++) {
            table.copyTo(path.get(i - 1), before);
            table.copyTo(path.get(i), after);
            Search.StepFinder finder = new Search.StepFinder(canonical, before.clone(), after.clone());
            model.steps(before, finder);
            steps.add(finder.found());
        }
        return new Counterexample(violation, steps, StateText.store(after));
    }

    /** The trace as text, one step a line. */
    String text() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < steps.size(); i++) {
            text.append("%3d  %s%n".formatted(i, steps.get(i)));
        }
        return text.append("at the end: %s%nbroken: %s%n".formatted(end, violation))
                .toString();
    }
}
