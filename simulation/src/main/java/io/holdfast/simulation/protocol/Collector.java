package io.holdfast.simulation.protocol;

import io.holdfast.simulation.protocol.Actors.Cell;
import io.holdfast.simulation.protocol.Actors.Memory;

/** A collector's memory, and what both halves of its run have in common: it dies, it adopts, it asks who is live. */
final class Collector {

    enum At {
        IDLE,
        LIST_SNAPSHOTS,
        LIST_MARKERS,
        GET_ROSTER,
        LIST_PACKS,
        CHOOSE,
        REPACK,
        INDEX,
        LIST_SESSIONS_EARLY,
        CONDEMN,
        LIST_SESSIONS,
        PUT_WAIT_SET,
        WAIT,
        LIST_SNAPSHOTS_AGAIN,
        LIST_MARKERS_AGAIN,
        GET_ROSTER_AGAIN,
        LIST_CONDEMNED,
        GET_CONDEMNED,
        LIST_PACKS_AGAIN,
        JUDGE,
        PUT_VERDICT,
        LOOK_FOR_LIST,
        REWRITE_INDEX,
        DELETE,
        REMOVE_LIST
    }

    private static final At[] PLACES = At.values();

    private static final Memory MEMORY = new Memory();
    static final Cell AT = MEMORY.cell(5);
    static final Cell LIST = MEMORY.cell(2);
    static final Cell GENERATION = MEMORY.cell(2);
    /** The live snapshots, as far as this mark has come. */
    static final Cell LIVE = MEMORY.cell(Store.IDS);

    static final Cell SESSIONS = MEMORY.cell(Store.IDS);
    static final Cell LISTS_TO_GET = MEMORY.cell(Store.LISTS);
    /** The candidates of the lists read so far. */
    static final Cell CONDEMNED = MEMORY.cell(Store.PACKS);

    static final Cell PACKS = MEMORY.cell(Store.PACKS);
    /** The packs to condemn, later the packs to delete. */
    static final Cell DOOMED = MEMORY.cell(Store.PACKS);

    static final Cell NEW_PACK = MEMORY.cell(3);
    /** Only where there are deltas: the chunks that the live snapshots reach, and their bases, as the index of that moment knows them. */
    private static final Cell REACHED = MEMORY.cell(Store.CHUNKS);
    /** Only where listings have pages: which one was seen last. */
    private static final Cell PAGE = MEMORY.cell(2);

    private final Setting setting;
    private final int number;
    private final int word;
    private final Pages pages;
    private final Condemnation condemnation;
    private final Execution execution;

    Collector(Setting setting, int number) {
        this.setting = setting;
        this.number = number;
        this.word = Actors.collectorWord(number);
        this.pages = new Pages(setting, PAGE, word);
        this.condemnation = new Condemnation(setting, number, this);
        this.execution = new Execution(setting, number, this);
    }

    void steps(long[] state, Successors out) {
        At at = at(state, word);
        if (at == At.IDLE) {
            adopt(state, out);
        }
        if (at.compareTo(At.WAIT) <= 0) {
            condemnation.steps(at, state, out);
        } else {
            execution.steps(at, state, out);
        }
        if (setting.allows(Feature.CRASHES) && at != At.IDLE) {
            long[] next = out.fork(state);
            stop(next);
            out.take(next, Step.COLLECTOR_CRASHES, number, Store.NONE);
        }
    }

    Pages pages() {
        return pages;
    }

    static At at(long[] state, int word) {
        return PLACES[AT.of(state, word)];
    }

    static boolean isIdle(long[] state, int collector) {
        return state[Actors.collectorWord(collector)] == 0;
    }

    /** The list that a collector works on, {@link Store#NONE} before it has put one. */
    static int listOf(long[] state, int collector) {
        int word = Actors.collectorWord(collector);
        return at(state, word).compareTo(At.LIST_SESSIONS) < 0 ? Store.NONE : LIST.of(state, word);
    }

    @SuppressWarnings("EnumOrdinal") // A packed state holds numbers, and lives no longer than this class.
    void go(long[] state, At at) {
        AT.set(state, word, at.ordinal());
    }

    /** Forgets all; what a list said that is gone goes with the last one who worked on it. */
    void stop(long[] next) {
        int list = listOf(next, number);
        next[word] = 0;
        if (list != Store.NONE) {
            clearIfGone(next, list);
        }
    }

    static void clearIfGone(long[] next, int list) {
        if (Store.LISTS_STANDING.has(next, list)) {
            return;
        }
        for (int collector = 0; collector < Configuration.MAX_COLLECTORS; collector++) {
            if (listOf(next, collector) == list) {
                return;
            }
        }
        Store.dropContents(next, list);
    }

    static void dropSessions(long[] state, int ended) {
        for (int collector = 0; collector < Configuration.MAX_COLLECTORS; collector++) {
            int word = Actors.collectorWord(collector);
            SESSIONS.set(state, word, SESSIONS.of(state, word) & ~ended);
        }
    }

    private void adopt(long[] state, Successors out) {
        for (int rest = Store.LISTS_STANDING.of(state); rest != 0; rest &= rest - 1) {
            int list = Integer.numberOfTrailingZeros(rest);
            long[] next = out.fork(state);
            LIST.set(next, word, list);
            if (Store.VERDICTS_PUT.has(state, list)) {
                DOOMED.set(next, word, Store.VERDICT[list].of(state));
                go(next, At.LOOK_FOR_LIST);
            } else {
                go(next, Store.WAIT_SETS_PUT.has(state, list) ? At.WAIT : At.LIST_SESSIONS);
            }
            out.reached(Milestone.LIST_ADOPTED);
            out.take(next, Step.COLLECTOR_ADOPTS, number, list);
        }
    }

    /** First the manifests; a broken collector reads the newest roster before them. */
    void listSnapshots(long[] next) {
        int live = pages.all(next, Store.MANIFESTS.of(next), LIVE.of(next, word));
        pages.end(next);
        if (!setting.keeps(Rule.ROSTER_READ_LAST)) {
            live &= Store.admittedByRoster(next);
        }
        LIVE.set(next, word, live);
    }

    void listMarkers(long[] next) {
        LIVE.set(next, word, LIVE.of(next, word) & ~Store.FORGOTTEN.of(next));
    }

    void applyRoster(long[] next) {
        if (setting.keeps(Rule.LIVE_NEEDS_ROSTER) && setting.keeps(Rule.ROSTER_READ_LAST)) {
            LIVE.set(next, word, LIVE.of(next, word) & Store.admittedByRoster(next));
        }
        mark(next, Store.chunksOf(next, LIVE.of(next, word)));
    }

    /** The index is loaded after the snapshots are listed, so that it knows what they reach. */
    void mark(long[] next, int chunks) {
        if (setting.allows(Feature.DELTAS)) {
            REACHED.set(next, word, setting.keeps(Rule.BASES_ARE_MARKED) ? Store.withBases(next, chunks) : chunks);
        }
    }

    /** What the mark has found. */
    int reached(long[] state) {
        return setting.allows(Feature.DELTAS) ? REACHED.of(state, word) : Store.chunksOf(state, LIVE.of(state, word));
    }

    void forgetMark(long[] next) {
        REACHED.set(next, word, 0);
    }
}
