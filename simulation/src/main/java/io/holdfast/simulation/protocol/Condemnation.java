package io.holdfast.simulation.protocol;

import io.holdfast.simulation.protocol.Collector.At;

/** The first half of a collector's run, C1 to C5: mark, repack, condemn, wait. */
final class Condemnation {
    private final Setting setting;
    private final int number;
    private final int word;
    private final Collector collector;

    Condemnation(Setting setting, int number, Collector collector) {
        this.setting = setting;
        this.number = number;
        this.word = Actors.collectorWord(number);
        this.collector = collector;
    }

    void steps(At at, long[] state, Successors out) {
        switch (at) {
            case IDLE -> start(state, out);
            case LIST_SNAPSHOTS -> listSnapshots(state, out);
            case LIST_MARKERS -> listMarkers(state, out);
            case GET_ROSTER -> getRoster(state, out);
            case LIST_PACKS -> listPacks(state, out);
            case CHOOSE -> choose(state, out);
            case REPACK -> repack(state, out);
            case INDEX -> index(state, out);
            case LIST_SESSIONS_EARLY -> listSessions(state, out, At.CONDEMN);
            case CONDEMN -> condemn(state, out);
            case LIST_SESSIONS -> listSessions(state, out, At.PUT_WAIT_SET);
            case PUT_WAIT_SET -> putWaitSet(state, out);
            case WAIT -> wait(state, out);
            default -> throw new IllegalStateException("not a step of the first half: " + at);
        }
    }

    private boolean aListNameIsLeft(long[] state) {
        return Integer.bitCount(Store.LISTS_NAMED.of(state)) < setting.bounds().lists();
    }

    /** The first request, the list of snapshots/, is the start itself: an idle collector has nothing to remember. */
    private void start(long[] state, Successors out) {
        if (aListNameIsLeft(state)) {
            listSnapshots(state, out);
        }
    }

    private void listSnapshots(long[] state, Successors out) {
        long[] next = out.fork(state);
        collector.listSnapshots(next);
        collector.go(next, At.LIST_MARKERS);
        out.take(next, Step.COLLECTOR_LISTS_SNAPSHOTS, number, Store.NONE);
    }

    private void listMarkers(long[] state, Successors out) {
        long[] next = out.fork(state);
        collector.listMarkers(next);
        collector.go(next, At.GET_ROSTER);
        out.take(next, Step.COLLECTOR_LISTS_MARKERS, number, Store.NONE);
    }

    private void getRoster(long[] state, Successors out) {
        long[] next = out.fork(state);
        collector.applyRoster(next);
        Collector.GENERATION.set(next, word, Store.generationOf(next, Store.newestRoster(next)));
        collector.go(next, At.LIST_PACKS);
        out.take(next, Step.COLLECTOR_GETS_ROSTER, number, Store.NONE);
    }

    private void listPacks(long[] state, Successors out) {
        long[] next = out.fork(state);
        Collector.PACKS.set(next, word, Store.PACKS_EXISTING.of(next));
        collector.go(next, At.CHOOSE);
        out.take(next, Step.COLLECTOR_LISTS_PACKS, number, Store.NONE);
    }

    private void choose(long[] state, Successors out) {
        if (!aListNameIsLeft(state)) {
            return;
        }
        int newestList = Store.newest(state, Store.LISTS_STANDING.of(state));
        int generation = 1 + Math.max(Collector.GENERATION.of(state, word), Store.generationOf(state, newestList));
        int packs = Collector.PACKS.of(state, word);
        int needed = collector.reached(state);
        int copies = setting.keeps(Rule.OTHER_COPY_INDEXED) ? packs & Store.PACKS_EVER_INDEXED.of(state) : packs;
        int spare = Store.sparePacks(state, packs, needed, copies, copies, setting);
        for (int candidates = spare; candidates != 0; candidates = (candidates - 1) & spare) {
            if (Integer.bitCount(candidates) == 1 || setting.allows(Feature.LONG_LISTS)) {
                long[] next = chosen(state, candidates, generation, out);
                collector.go(next, nextAfterChoice());
                out.take(next, Step.COLLECTOR_CHOOSES, number, Store.NONE);
            }
        }
        if (setting.allows(Feature.REPACKING)) {
            for (int rest = packs & ~spare; rest != 0; rest &= rest - 1) {
                long[] next = chosen(state, rest & -rest, generation, out);
                collector.go(next, At.REPACK);
                out.take(next, Step.COLLECTOR_CHOOSES, number, Store.NONE);
            }
        }
    }

    private long[] chosen(long[] state, int candidates, int generation, Successors out) {
        long[] next = out.fork(state);
        Collector.PACKS.set(next, word, 0);
        Collector.DOOMED.set(next, word, candidates);
        Collector.GENERATION.set(next, word, generation);
        return next;
    }

    private At nextAfterChoice() {
        return setting.keeps(Rule.CONDEMNED_BEFORE_SESSIONS_ARE_LISTED) ? At.CONDEMN : At.LIST_SESSIONS_EARLY;
    }

    private void repack(long[] state, Successors out) {
        int old = Collector.DOOMED.of(state, word);
        int live = collector.reached(state);
        int contents = Store.fullIn(state, old) & live;
        int inFull = Store.fullIn(state, Store.PACKS_EXISTING.of(state) & Store.PACKS_EVER_INDEXED.of(state));
        int there = Store.PACKS_EXISTING.of(state) & Store.PACKS_EVER_INDEXED.of(state);
        // A copy in full goes before a delta, and any before one whose base is lost: where there is one, that is not
        // copied.
        if ((live & Store.DELTA & ~inFull) != 0) {
            int bases = Store.basesIn(state, old);
            int whole = bases & Store.fullIn(state, there);
            boolean isElsewhere = (Store.countedIn(state, there) & Store.DELTA) != 0;
            contents |= (isElsewhere ? whole : bases) << Store.CHUNKS;
        }
        if ((Store.PACKS_EXISTING.of(state) & old) == 0) {
            return;
        }
        long[] next = out.fork(state);
        int pack = Store.namePack(next, setting.bounds().packs(), contents);
        if (pack == Store.NONE) {
            return;
        }
        Store.PACKS_EXISTING.add(next, pack);
        if (contents >>> Store.CHUNKS != 0) {
            out.reached(Milestone.DELTA_MOVED);
        }
        Collector.NEW_PACK.set(next, word, pack);
        collector.go(next, At.INDEX);
        out.take(next, Step.COLLECTOR_REPACKS, number, pack);
    }

    private void index(long[] state, Successors out) {
        long[] next = out.fork(state);
        int pack = Collector.NEW_PACK.of(state, word);
        Store.index(next, pack);
        Collector.NEW_PACK.set(next, word, 0);
        collector.go(next, nextAfterChoice());
        out.take(next, Step.COLLECTOR_INDEXES, number, pack);
    }

    private void condemn(long[] state, Successors out) {
        int limit = setting.bounds().lists();
        int free = ~Store.LISTS_NAMED.of(state) & ((1 << limit) - 1);
        for (int rest = free; rest != 0; rest &= rest - 1) {
            condemnAs(Integer.numberOfTrailingZeros(rest), state, out);
            if (!setting.allows(Feature.ANY_LIST_ORDER)) {
                return;
            }
        }
    }

    private void condemnAs(int list, long[] state, Successors out) {
        long[] next = out.fork(state);
        int live = Collector.LIVE.of(state, word);
        int sessions = Collector.SESSIONS.of(state, word);
        int reached = collector.reached(state);
        Store.LISTS_NAMED.add(next, list);
        Store.LISTS_STANDING.add(next, list);
        Store.LIST_GENERATION[list].set(next, Collector.GENERATION.of(state, word));
        Store.CANDIDATES[list].set(next, Collector.DOOMED.of(state, word));
        Store.MARKED[list].set(next, live);
        Store.FIRST_MARK[list].set(next, reached);
        next[word] = 0;
        Collector.LIST.set(next, word, list);
        if (setting.keeps(Rule.CONDEMNED_BEFORE_SESSIONS_ARE_LISTED)) {
            collector.go(next, At.LIST_SESSIONS);
        } else {
            Collector.SESSIONS.set(next, word, sessions);
            collector.go(next, At.PUT_WAIT_SET);
        }
        out.take(next, Step.COLLECTOR_CONDEMNS, number, list);
    }

    private void listSessions(long[] state, Successors out, At then) {
        if (collector
                .pages()
                .first(
                        state,
                        Store.SESSIONS.of(state),
                        (next, ids) -> Collector.SESSIONS.set(next, word, ids),
                        Step.COLLECTOR_LISTS_HALF_OF_THE_SESSIONS,
                        number,
                        out)) {
            return;
        }
        long[] next = out.fork(state);
        int listed = collector.pages().all(state, Store.SESSIONS.of(state), Collector.SESSIONS.of(state, word));
        collector.pages().end(next);
        Collector.SESSIONS.set(next, word, listed);
        collector.go(next, then);
        out.take(next, Step.COLLECTOR_LISTS_SESSIONS, number, Store.NONE);
    }

    /** Put if absent: a run that finds a wait set there waits for that one. */
    private void putWaitSet(long[] state, Successors out) {
        long[] next = out.fork(state);
        int list = Collector.LIST.of(state, word);
        if (!Store.WAIT_SETS_PUT.has(state, list) || !setting.keeps(Rule.WAIT_SET_PUT_ONCE)) {
            Store.WAIT_SET[list].set(next, Collector.SESSIONS.of(state, word));
            Store.WAIT_SETS_PUT.add(next, list);
        }
        Collector.SESSIONS.set(next, word, 0);
        collector.go(next, At.WAIT);
        out.take(next, Step.COLLECTOR_PUTS_WAIT_SET, number, list);
    }

    /** A session has ended when its name is occupied; that its object is gone, or its name retired, proves the same. */
    private void wait(long[] state, Successors out) {
        int list = Collector.LIST.of(state, word);
        int open = Store.SESSIONS.of(state) & ~Store.occupied(state) & ~Store.RETIRING.of(state);
        if (setting.keeps(Rule.SESSIONS_ARE_WAITED_FOR) && (Store.WAIT_SET[list].of(state) & open) != 0) {
            return;
        }
        long[] next = out.fork(state);
        if (setting.keeps(Rule.SECOND_MARK)) {
            collector.go(next, At.LIST_SNAPSHOTS_AGAIN);
        } else {
            Collector.LIVE.set(next, word, Store.MARKED[list].of(state));
            collector.mark(next, Store.FIRST_MARK[list].of(state));
            collector.go(next, At.LIST_CONDEMNED);
        }
        out.take(next, Step.COLLECTOR_WAITED, number, list);
    }
}
