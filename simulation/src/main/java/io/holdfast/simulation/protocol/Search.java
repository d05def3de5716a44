package io.holdfast.simulation.protocol;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Visits every state that can be reached, breadth first, so that the counterexample it ends with is a shortest one. Not
 * safe for use by more than one thread.
 */
final class Search {
    private final Setting setting;
    private final ProtocolModel model;
    private final Canonical canonical;
    private final int maxStates;
    private final StateTable table;
    private final Map<Milestone, Long> milestones = new EnumMap<>(Milestone.class);
    private long steps;

    /**
     * Prepares a search.
     *
     * @param setting what to search
     * @param maxStates where to give up; a search that gives up is not exhaustive
     */
    Search(Setting setting, int maxStates) {
        this.setting = setting;
        this.model = new ProtocolModel(setting);
        this.canonical = new Canonical(setting);
        this.maxStates = maxStates;
        this.table = new StateTable(Actors.wordsUsed(setting));
    }

    SearchResult run() {
        long[] state = model.start();
        canonical.bring(state);
        table.add(state, Store.NONE);
        Explorer explorer = new Explorer();
        for (int index = 0; index < table.size(); index++) {
            table.copyTo(index, state);
            Optional<String> violation = model.violation(state);
            if (violation.isPresent()) {
                return result(false, Optional.of(Counterexample.of(model, canonical, table, index, violation.get())));
            }
            if (table.size() >= maxStates) {
                return result(false, Optional.empty());
            }
            explorer.parent = index;
            model.steps(state, explorer);
        }
        return result(true, Optional.empty());
    }

    private SearchResult result(boolean exhausted, Optional<Counterexample> counterexample) {
        Map<Milestone, Long> counts = new EnumMap<>(Milestone.class);
        for (Milestone milestone : Milestone.values()) {
            counts.put(milestone, milestones.getOrDefault(milestone, 0L));
        }
        return new SearchResult(setting.bounds().name(), table.size(), steps, exhausted, counts, counterexample);
    }

    private final class Explorer extends Successors {
        private int parent;

        @Override
        void take(long[] next, Step step, int actor, int subject) {
            steps++;
            canonical.bring(next);
            table.add(next, parent);
        }

        @Override
        void reached(Milestone milestone) {
            milestones.merge(milestone, 1L, Long::sum);
        }
    }

    /** Finds out again by which step a state was reached, which the table does not keep. */
    static final class StepFinder extends Successors {
        private final Canonical canonical;
        private final long[] before;
        private final long[] sought;
        private String found = "";

        StepFinder(Canonical canonical, long[] before, long[] sought) {
            this.canonical = canonical;
            this.before = before;
            this.sought = sought;
        }

        @Override
        void take(long[] next, Step step, int actor, int subject) {
            if (!found.isEmpty()) {
                return;
            }
            String who = StateText.actor(before, next, step, actor);
            canonical.bring(next);
            if (Arrays.equals(next, sought)) {
                String what = step.describe(StateText.subject(step, subject));
                found = who.isEmpty() ? what : who + ": " + what;
            }
        }

        @Override
        void reached(Milestone milestone) {}

        String found() {
            return found;
        }
    }
}
