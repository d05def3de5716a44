package io.holdfast.simulation.protocol;

import io.holdfast.simulation.protocol.Collector.At;

/** The second half of a collector's run, C6 to C9: mark again, judge, delete, clear away. */
final class Execution {
    private static final int ALL_PACKS = (1 << Store.PACKS) - 1;

    private final Setting setting;
    private final int number;
    private final int word;
    private final Collector collector;

    Execution(Setting setting, int number, Collector collector) {
        this.setting = setting;
        this.number = number;
        this.word = Actors.collectorWord(number);
        this.collector = collector;
    }

    void steps(At at, long[] state, Successors out) {
        switch (at) {
            case LIST_SNAPSHOTS_AGAIN -> listSnapshots(state, out);
            case LIST_MARKERS_AGAIN -> listMarkers(state, out);
            case GET_ROSTER_AGAIN -> getRoster(state, out);
            case LIST_CONDEMNED -> listCondemned(state, out);
            case GET_CONDEMNED -> getCondemned(state, out);
            case LIST_PACKS_AGAIN -> listPacks(state, out);
            case JUDGE -> judge(state, out);
            case PUT_VERDICT -> putVerdict(state, out);
            case LOOK_FOR_LIST -> lookForList(state, out);
            case REWRITE_INDEX -> rewriteIndex(state, out);
            case DELETE -> delete(state, out);
            case REMOVE_LIST -> removeList(state, out);
            default -> throw new IllegalStateException("not a step of the second half: " + at);
        }
    }

    private void listSnapshots(long[] state, Successors out) {
        if (collector
                .pages()
                .first(
                        state,
                        Store.MANIFESTS.of(state),
                        (next, ids) -> Collector.LIVE.set(next, word, ids),
                        Step.COLLECTOR_LISTS_HALF_OF_THE_SNAPSHOTS,
                        number,
                        out)) {
            return;
        }
        long[] next = out.fork(state);
        collector.listSnapshots(next);
        collector.go(next, At.LIST_MARKERS_AGAIN);
        out.take(next, Step.COLLECTOR_LISTS_SNAPSHOTS_AGAIN, number, Store.NONE);
    }

    private void listMarkers(long[] state, Successors out) {
        long[] next = out.fork(state);
        collector.listMarkers(next);
        collector.go(next, At.GET_ROSTER_AGAIN);
        out.take(next, Step.COLLECTOR_LISTS_MARKERS_AGAIN, number, Store.NONE);
    }

    private void getRoster(long[] state, Successors out) {
        long[] next = out.fork(state);
        collector.applyRoster(next);
        if (setting.keeps(Rule.COLLECTOR_LISTS_PACKS_AFTER_CONDEMNED)) {
            collector.go(next, At.LIST_CONDEMNED);
        } else {
            collector.go(next, At.LIST_PACKS_AGAIN);
        }
        out.take(next, Step.COLLECTOR_GETS_ROSTER_AGAIN, number, Store.NONE);
    }

    private void listCondemned(long[] state, Successors out) {
        if (collector
                .pages()
                .first(
                        state,
                        Store.LISTS_STANDING.of(state),
                        (next, lists) -> Collector.LISTS_TO_GET.set(next, word, lists),
                        Step.COLLECTOR_LISTS_HALF_OF_CONDEMNED,
                        number,
                        out)) {
            return;
        }
        long[] next = out.fork(state);
        int listed =
                collector.pages().all(state, Store.LISTS_STANDING.of(state), Collector.LISTS_TO_GET.of(state, word));
        collector.pages().end(next);
        int lists = listed & ~(1 << Collector.LIST.of(state, word));
        if (!setting.keeps(Rule.OTHER_COPY_ON_NO_OTHER_LIST)) {
            lists = 0;
        }
        Collector.CONDEMNED.set(next, word, 0);
        Collector.LISTS_TO_GET.set(next, word, lists);
        collector.go(next, lists == 0 ? afterLists() : At.GET_CONDEMNED);
        out.take(next, Step.COLLECTOR_LISTS_CONDEMNED, number, Store.NONE);
    }

    private At afterLists() {
        return setting.keeps(Rule.COLLECTOR_LISTS_PACKS_AFTER_CONDEMNED) ? At.LIST_PACKS_AGAIN : At.JUDGE;
    }

    private void getCondemned(long[] state, Successors out) {
        long[] next = out.fork(state);
        int left = Collector.LISTS_TO_GET.of(state, word);
        int list = Integer.numberOfTrailingZeros(left);
        left &= left - 1;
        if (Store.LISTS_STANDING.has(state, list)) {
            // What its verdict has spared stays, whoever executes it.
            int doomed = Store.VERDICTS_PUT.has(state, list)
                    ? Store.VERDICT[list].of(state)
                    : Store.CANDIDATES[list].of(state);
            Collector.CONDEMNED.set(next, word, Collector.CONDEMNED.of(state, word) | doomed);
        } else if (setting.keeps(Rule.START_OVER_WHEN_A_LIST_VANISHES)) {
            Collector.LISTS_TO_GET.set(next, word, 0);
            Collector.CONDEMNED.set(next, word, 0);
            collector.go(next, At.LIST_CONDEMNED);
            out.take(next, Step.COLLECTOR_GETS_CONDEMNED, number, list);
            return;
        }
        Collector.LISTS_TO_GET.set(next, word, left);
        collector.go(next, left == 0 ? afterLists() : At.GET_CONDEMNED);
        out.take(next, Step.COLLECTOR_GETS_CONDEMNED, number, list);
    }

    private void listPacks(long[] state, Successors out) {
        if (collector
                .pages()
                .first(
                        state,
                        Store.PACKS_EXISTING.of(state),
                        (next, packs) -> Collector.PACKS.set(next, word, packs),
                        Step.COLLECTOR_LISTS_HALF_OF_THE_PACKS,
                        number,
                        out)) {
            return;
        }
        long[] next = out.fork(state);
        int listed = collector.pages().all(state, Store.PACKS_EXISTING.of(state), Collector.PACKS.of(state, word));
        collector.pages().end(next);
        Collector.PACKS.set(next, word, listed);
        if (setting.keeps(Rule.COLLECTOR_LISTS_PACKS_AFTER_CONDEMNED)) {
            collector.go(next, At.JUDGE);
        } else {
            collector.go(next, At.LIST_CONDEMNED);
        }
        out.take(next, Step.COLLECTOR_LISTS_PACKS_AGAIN, number, Store.NONE);
    }

    /** Which candidates may go: those whose live chunks all have another copy that counts. */
    private void judge(long[] state, Successors out) {
        int list = Collector.LIST.of(state, word);
        int candidates = Store.CANDIDATES[list].of(state);
        int second = collector.reached(state);
        int first = Store.FIRST_MARK[list].of(state);
        int needed = setting.keeps(Rule.FIRST_MARK_COUNTS) ? first | second : second;
        int existing = setting.keeps(Rule.OTHER_COPY_EXISTS) ? Collector.PACKS.of(state, word) : ALL_PACKS;
        int indexed = setting.keeps(Rule.OTHER_COPY_INDEXED) ? Store.PACKS_EVER_INDEXED.of(state) : ALL_PACKS;
        int unlisted = ~Collector.CONDEMNED.of(state, word);
        int own = setting.keeps(Rule.OTHER_COPY_NOT_ON_THIS_LIST) ? ~candidates : ALL_PACKS;
        int there = existing & indexed;
        int others = there & unlisted & own;
        int doomed = Store.sparePacks(state, candidates, needed, others, there, setting);
        if (Store.givesABrokenDeltaUp(state, doomed, needed, others)) {
            out.reached(Milestone.BROKEN_DELTA_GAVE_WAY);
        }
        noteWhatWasSaved(state, candidates & ~doomed, first, second, there, out);

        long[] next = out.fork(state);
        Collector.CONDEMNED.set(next, word, 0);
        Collector.PACKS.set(next, word, 0);
        collector.forgetMark(next);
        Collector.LIVE.set(next, word, Collector.LIVE.of(state, word) & Store.olderThan(state, list));
        Collector.DOOMED.set(next, word, doomed);
        collector.go(next, At.PUT_VERDICT);
        out.take(next, Step.COLLECTOR_JUDGES, number, list);
    }

    private void noteWhatWasSaved(long[] state, int saved, int first, int second, int copies, Successors out) {
        if (saved == 0) {
            return;
        }
        int chunks = Store.chunksIn(state, saved);
        if ((chunks & second & ~first) != 0) {
            out.reached(Milestone.SECOND_MARK_SAVED_A_PACK);
        }
        if ((chunks & first & ~second) != 0) {
            out.reached(Milestone.FIRST_MARK_SAVED_A_PACK);
        }
        if (Store.sparePacks(state, saved, first | second, copies, copies, setting) != 0) {
            out.reached(Milestone.COPY_ON_A_LIST_NOT_COUNTED);
        }
    }

    private void putVerdict(long[] state, Successors out) {
        int list = Collector.LIST.of(state, word);
        long[] next = out.fork(state);
        collector.go(next, At.LOOK_FOR_LIST);
        if (Store.VERDICTS_PUT.has(state, list)) {
            out.reached(Milestone.VERDICT_OF_ANOTHER_RUN_OBEYED);
            if (setting.keeps(Rule.VERDICT_PUT_ONCE)) {
                Collector.DOOMED.set(next, word, Store.VERDICT[list].of(state));
            }
            Collector.LIVE.set(next, word, 0);
            out.take(next, Step.COLLECTOR_FINDS_VERDICT, number, list);
            return;
        }
        Store.VERDICTS_PUT.add(next, list);
        Store.VERDICT[list].set(next, Collector.DOOMED.of(state, word));
        Store.ROSTER[list].set(next, Collector.LIVE.of(state, word));
        Collector.LIVE.set(next, word, 0);
        out.take(next, Step.COLLECTOR_PUTS_VERDICT, number, list);
    }

    private void lookForList(long[] state, Successors out) {
        int list = Collector.LIST.of(state, word);
        long[] next = out.fork(state);
        if (Store.LISTS_STANDING.has(state, list) || !setting.keeps(Rule.LIST_STILL_STANDS_BEFORE_DELETE)) {
            collector.go(next, At.REWRITE_INDEX);
            out.take(next, Step.COLLECTOR_LOOKS_FOR_LIST, number, list);
        } else {
            out.reached(Milestone.COLLECTOR_FOUND_ITS_LIST_GONE);
            collector.stop(next);
            out.take(next, Step.COLLECTOR_FINDS_LIST_GONE, number, list);
        }
    }

    private void rewriteIndex(long[] state, Successors out) {
        long[] next = out.fork(state);
        if (setting.keeps(Rule.INDEX_REWRITTEN_BEFORE_DELETE)) {
            Store.PACKS_INDEXED.set(next, Store.PACKS_INDEXED.of(state) & ~Collector.DOOMED.of(state, word));
        }
        collector.go(next, At.DELETE);
        out.take(next, Step.COLLECTOR_REWRITES_INDEX, number, Collector.LIST.of(state, word));
    }

    /** Each delete lands at a time of its own, once or again: see {@link Bystanders}. */
    private void delete(long[] state, Successors out) {
        long[] next = out.fork(state);
        int doomed = Collector.DOOMED.of(state, word);
        Store.PACK_DELETES_IN_FLIGHT.set(next, Store.PACK_DELETES_IN_FLIGHT.of(state) | doomed);
        noteWhatIsDeleted(state, doomed, out);
        collector.go(next, At.REMOVE_LIST);
        out.take(next, Step.COLLECTOR_DELETES, number, Collector.LIST.of(state, word));
    }

    private static void noteWhatIsDeleted(long[] state, int doomed, Successors out) {
        int needed = Store.chunksOf(state, Store.MANIFESTS.of(state) & ~Store.FORGOTTEN.of(state));
        for (int rest = doomed & Store.PACKS_EXISTING.of(state); rest != 0; rest &= rest - 1) {
            int pack = rest & -rest;
            int live = Store.chunksIn(state, pack) & needed;
            if (live == 0) {
                out.reached(Milestone.GARBAGE_PACK_DELETED);
            } else if (live == Store.chunksIn(state, pack)) {
                out.reached(Milestone.REDUNDANT_PACK_DELETED);
            } else {
                out.reached(Milestone.PACK_REPACKED_AND_DELETED);
            }
        }
    }

    private void removeList(long[] state, Successors out) {
        int doomed = Collector.DOOMED.of(state, word);
        int list = Collector.LIST.of(state, word);
        int left = setting.keeps(Rule.DELETED_BEFORE_LIST_IS_REMOVED) ? Store.PACKS_EXISTING.of(state) & doomed : 0;
        int refused = left & Store.lockedPacks(state);
        if (!setting.keeps(Rule.LIST_STANDS_WHILE_A_DELETE_IS_REFUSED)) {
            left &= ~refused;
        }
        if (left != 0) {
            leaveList(state, refused, out);
            return;
        }
        long[] next = out.fork(state);
        Store.LISTS_STANDING.remove(next, list);
        collector.stop(next);
        Collector.clearIfGone(next, list);
        out.take(next, Step.COLLECTOR_REMOVES_LIST, number, list);
    }

    /** Where the store refuses a delete, a later run takes the list up again. */
    private void leaveList(long[] state, int refused, Successors out) {
        if (refused == 0) {
            return;
        }
        int list = Collector.LIST.of(state, word);
        long[] next = out.fork(state);
        out.reached(Milestone.DELETE_REFUSED);
        collector.stop(next);
        out.take(next, Step.COLLECTOR_LEAVES_LIST, number, list);
    }
}
