package io.holdfast.simulation.protocol;

import io.holdfast.simulation.protocol.Actors.Cell;
import io.holdfast.simulation.protocol.Actors.Memory;

/**
 * A backup: W1 to W7 of the protocol. What it wants to store is chosen as late as possible, when it has learnt all that it
 * may rely on; the choice was made earlier in truth, but nobody could have seen it.
 */
final class Writer {

    enum At {
        IDLE,
        REGISTER,
        LIST_CONDEMNED,
        GET_CONDEMNED,
        LIST_PACKS,
        GET_PARENT,
        GET_PARENT_MARKER,
        JUDGE_PARENT,
        REGISTER_LATE,
        PUT_PACK,
        PUT_INDEX,
        LIST_WHAT_TO_LOCK,
        LOCK,
        COMMIT,
        CHECK_ROSTER,
        DELETE_SESSION
    }

    private static final At[] PLACES = At.values();
    private static final int ALL_IDS = (1 << Store.IDS) - 1;
    private static final int NO_PARENT = Store.IDS;

    private static final Memory MEMORY = new Memory();
    private static final Cell AT = MEMORY.cell(4);
    static final Cell ID = MEMORY.cell(3);
    private static final Cell LISTS_TO_GET = MEMORY.cell(Store.LISTS);
    /** The candidates of all lists read. */
    private static final Cell CONDEMNED = MEMORY.cell(Store.PACKS);
    /** The snapshots that are not in marked() of every list read. */
    private static final Cell UNTRUSTED = MEMORY.cell(Store.IDS);
    /** The chunks that have a usable copy. */
    private static final Cell TAKEABLE = MEMORY.cell(Store.CHUNKS);

    private static final Cell PARENT = MEMORY.cell(3);
    /** Only where there are deltas: the chunks that have a usable copy in full, and on which of them c is to be built. */
    private static final Cell POSSIBLE_BASES = MEMORY.cell(Store.BASES);

    private static final Cell BASE = MEMORY.cell(Store.BASES);
    /** Only where listings have pages: which one was seen last. */
    private static final Cell PAGE = MEMORY.cell(2);

    private static final Cell TO_UPLOAD = MEMORY.cell(Store.CHUNKS);
    /** Its own pack: 0 for none, else one more than the pack's number. */
    static final Cell PACK = MEMORY.cell(3);
    /** Only used where listings have pages, and by a broken writer that lists the packs before it reads the lists. */
    private static final Cell PACKS_LISTED_EARLY = MEMORY.cell(Store.PACKS);
    /** Only used where there are hosts that can only write: whether this is a session of one. */
    private static final Cell WRITE_ONLY = MEMORY.cell(1);
    /** Only used where there are locks; a host that can only write knows it when it plans. */
    static final Cell TO_LOCK = MEMORY.cell(Store.PACKS);

    private final Setting setting;
    private final int number;
    private final int word;
    private final Pages pages;
    private final WriterLocks locks;

    Writer(Setting setting, int number) {
        this.setting = setting;
        this.number = number;
        this.word = Actors.writerWord(number);
        this.pages = new Pages(setting, PAGE, word);
        this.locks = new WriterLocks(this, setting, number);
    }

    void steps(long[] state, Successors out) {
        At at = PLACES[AT.of(state, word)];
        switch (at) {
            case IDLE -> readGeneration(state, out);
            case REGISTER -> register(state, out, At.LIST_CONDEMNED);
            case LIST_CONDEMNED -> listCondemned(state, out);
            case GET_CONDEMNED -> getCondemned(state, out);
            case LIST_PACKS -> listPacks(state, out);
            case GET_PARENT -> getParent(state, out);
            case GET_PARENT_MARKER -> getParentMarker(state, out);
            case JUDGE_PARENT -> judgeParent(state, out);
            case REGISTER_LATE -> register(state, out, afterRegisteringLate(state));
            case PUT_PACK -> putPack(state, out);
            case PUT_INDEX -> putIndex(state, out);
            case LIST_WHAT_TO_LOCK -> locks.list(state, out);
            case LOCK -> locks.lock(state, out);
            case COMMIT -> commit(state, out);
            case CHECK_ROSTER -> checkRoster(state, out);
            case DELETE_SESSION -> deleteSession(state, out);
        }
        if (setting.allows(Feature.CRASHES) && at.compareTo(At.REGISTER) > 0) {
            long[] next = out.fork(state);
            next[word] = 0;
            out.take(next, Step.WRITER_CRASHES, number, Store.NONE);
        }
        if (setting.allows(Feature.FENCING) && at.compareTo(At.REGISTER) > 0 && at.compareTo(At.COMMIT) <= 0) {
            giveUp(out.fork(state), Step.WRITER_GIVES_UP, ID.of(state, word), out);
        }
    }

    static int idOf(long[] state, int writer) {
        return ID.of(state, Actors.writerWord(writer));
    }

    static boolean isIdle(long[] state, int writer) {
        return state[Actors.writerWord(writer)] == 0;
    }

    @SuppressWarnings("EnumOrdinal") // A packed state holds numbers, and lives no longer than this class.
    void go(long[] state, At at) {
        AT.set(state, word, at.ordinal());
    }

    /** The newest generation is that of a standing list or, when its list is done, that of the newest roster. */
    private void readGeneration(long[] state, Successors out) {
        int id = Integer.bitCount(Store.IDS_DRAWN.of(state));
        if (id >= setting.bounds().sessions()) {
            return;
        }
        int newestList = Store.newest(state, Store.LISTS_STANDING.of(state));
        int generation =
                Math.max(Store.generationOf(state, newestList), Store.generationOf(state, Store.newestRoster(state)));
        if (setting.keeps(Rule.PARENT_CHECKED_AFTER_REGISTERING) || !setting.allows(Feature.PARENTS)) {
            if (!setting.allows(Feature.WRITE_ONLY_ALONE)) {
                draw(out.fork(state), id, generation, NO_PARENT, out);
            }
            if (setting.allows(Feature.WRITE_ONLY)) {
                long[] next = out.fork(state);
                WRITE_ONLY.set(next, word, 1);
                draw(next, id, generation, NO_PARENT, out);
            }
            return;
        }
        int live = live(state);
        for (int rest = live; rest != 0; rest &= rest - 1) {
            draw(out.fork(state), id, generation, Integer.numberOfTrailingZeros(rest), out);
        }
    }

    private void draw(long[] next, int id, int generation, int parent, Successors out) {
        Store.IDS_DRAWN.add(next, id);
        Store.GENERATION[id].set(next, generation);
        ID.set(next, word, id);
        PARENT.set(next, word, parent);
        go(next, setting.keeps(Rule.REGISTER_BEFORE_READING_LISTS) ? At.REGISTER : At.LIST_CONDEMNED);
        out.take(next, Step.WRITER_READS_GENERATION, number, Store.NONE);
    }

    private void register(long[] state, Successors out, At then) {
        long[] next = out.fork(state);
        int id = ID.of(state, word);
        Store.SESSIONS.add(next, id);
        if (then == At.LIST_CONDEMNED && !setting.keeps(Rule.WRITER_LISTS_PACKS_AFTER_CONDEMNED)) {
            PACKS_LISTED_EARLY.set(next, word, Store.PACKS_EXISTING.of(next));
        }
        go(next, then);
        out.take(next, Step.WRITER_REGISTERS, number, id);
    }

    private At afterRegisteringLate(long[] state) {
        return TO_UPLOAD.of(state, word) == 0 ? locks.afterPacks(state) : At.PUT_PACK;
    }

    boolean isWriteOnly(long[] state) {
        return WRITE_ONLY.of(state, word) != 0;
    }

    private void listCondemned(long[] state, Successors out) {
        if (pages.first(
                state,
                Store.LISTS_STANDING.of(state),
                (next, lists) -> LISTS_TO_GET.set(next, word, lists),
                Step.WRITER_LISTS_HALF_OF_CONDEMNED,
                number,
                out)) {
            return;
        }
        long[] next = out.fork(state);
        int lists = pages.all(state, Store.LISTS_STANDING.of(state), LISTS_TO_GET.of(state, word));
        pages.end(next);
        if (!setting.keeps(Rule.EVERY_CONDEMNED_LIST_IS_READ) && lists != 0) {
            lists = 1 << Store.newest(state, lists);
        }
        CONDEMNED.set(next, word, 0);
        UNTRUSTED.set(next, word, 0);
        LISTS_TO_GET.set(next, word, lists);
        go(next, lists == 0 ? At.LIST_PACKS : At.GET_CONDEMNED);
        out.take(next, Step.WRITER_LISTS_CONDEMNED, number, Store.NONE);
    }

    private void getCondemned(long[] state, Successors out) {
        long[] next = out.fork(state);
        int id = ID.of(state, word);
        int list = Integer.numberOfTrailingZeros(LISTS_TO_GET.of(state, word));
        if (!Store.LISTS_STANDING.has(state, list)) {
            out.reached(Milestone.LIST_VANISHED_BEFORE_IT_WAS_READ);
            if (setting.keeps(Rule.START_OVER_WHEN_A_LIST_VANISHES)) {
                LISTS_TO_GET.set(next, word, 0);
                CONDEMNED.set(next, word, 0);
                UNTRUSTED.set(next, word, 0);
                go(next, At.LIST_CONDEMNED);
            } else {
                wasRead(next, list);
            }
            out.take(next, Step.WRITER_FINDS_LIST_GONE, number, list);
            return;
        }
        if (setting.keeps(Rule.NEWER_GENERATION_RESTARTS)
                && Store.LIST_GENERATION[list].of(state) > Store.GENERATION[id].of(state)) {
            out.reached(Milestone.NEWER_GENERATION_MADE_A_WRITER_START_AGAIN);
            giveUp(next, Step.WRITER_GIVES_UP, id, out);
            return;
        }
        if (setting.keeps(Rule.CONDEMNED_PACKS_ARE_NOT_USABLE)) {
            CONDEMNED.set(next, word, CONDEMNED.of(next, word) | Store.CANDIDATES[list].of(state));
        }
        if (setting.keeps(Rule.PARENT_MARKED_IN_EVERY_LIST)) {
            UNTRUSTED.set(next, word, UNTRUSTED.of(next, word) | (ALL_IDS & ~Store.MARKED[list].of(state)));
        }
        wasRead(next, list);
        out.take(next, Step.WRITER_GETS_CONDEMNED, number, list);
    }

    private void wasRead(long[] next, int list) {
        int left = LISTS_TO_GET.of(next, word) & ~(1 << list);
        LISTS_TO_GET.set(next, word, left);
        go(next, left == 0 ? At.LIST_PACKS : At.GET_CONDEMNED);
    }

    /** The index may be of any age; the union of all ages names the most packs and therefore misleads the most. */
    private void listPacks(long[] state, Successors out) {
        if (pages.first(
                state,
                Store.PACKS_EXISTING.of(state),
                (next, packs) -> PACKS_LISTED_EARLY.set(next, word, packs),
                Step.WRITER_LISTS_HALF_OF_THE_PACKS,
                number,
                out)) {
            return;
        }
        int listed = pages.all(state, Store.PACKS_EXISTING.of(state), PACKS_LISTED_EARLY.of(state, word));
        int indexed = isWriteOnly(state) ? Store.PACKS_KEPT.of(state) : Store.PACKS_EVER_INDEXED.of(state);
        if (!setting.keeps(Rule.INDEX_IS_A_HINT)) {
            listed = (1 << Store.PACKS) - 1;
        } else if (!setting.keeps(Rule.WRITER_LISTS_PACKS_AFTER_CONDEMNED)) {
            listed = PACKS_LISTED_EARLY.of(state, word);
        }
        int condemned = CONDEMNED.of(state, word);
        if ((indexed & ~listed) != 0) {
            out.reached(Milestone.STALE_INDEX_ENTRY_NOT_BELIEVED);
            if (isWriteOnly(state)) {
                out.reached(Milestone.HOST_FOUND_ITS_PACK_GONE);
            }
        }
        if ((indexed & listed & condemned) != 0) {
            out.reached(Milestone.CONDEMNED_COPY_NOT_USED);
            if (isWriteOnly(state)) {
                out.reached(Milestone.HOST_FOUND_ITS_PACK_CONDEMNED);
            }
        }
        int usable = indexed & listed & ~condemned;
        if (isWriteOnly(state)) {
            planOfHost(state, usable, out);
            return;
        }
        int takeable = setting.keeps(Rule.DELTA_COUNTS_WITH_ITS_BASES)
                ? Store.countedIn(state, usable)
                : Store.chunksIn(state, usable);
        int bases =
                Store.fullIn(state, setting.keeps(Rule.BASES_ARE_USABLE) ? usable : indexed) & ((1 << Store.BASES) - 1);
        bases = setting.allows(Feature.DELTAS) ? bases : 0;
        if ((Store.chunksIn(state, usable) & ~Store.countedIn(state, usable)) != 0) {
            out.reached(Milestone.DELTA_WITHOUT_A_USABLE_BASE_NOT_USED);
        }
        if (!setting.keeps(Rule.PARENT_CHECKED_AFTER_REGISTERING) && setting.allows(Feature.PARENTS)) {
            int parent = PARENT.of(state, word);
            int trusted = (UNTRUSTED.of(state, word) >>> parent) & 1;
            int tree = trusted == 0 ? Store.TREE[parent].of(state) : 0;
            plan(state, takeable, tree, bases, Step.WRITER_LISTS_PACKS, out);
            return;
        }
        plan(state, takeable, 0, bases, Step.WRITER_LISTS_PACKS, out);
        if (setting.allows(Feature.PARENTS)) {
            offerParents(state, takeable, bases, out);
        }
    }

    /** A parent that a list has not marked gives nothing beyond the usable chunks, so only trusted ones are looked at. */
    private void offerParents(long[] state, int takeable, int bases, Successors out) {
        int parents = Store.MANIFESTS.of(state) & ~UNTRUSTED.of(state, word);
        for (int rest = parents; rest != 0; rest &= rest - 1) {
            int parent = Integer.numberOfTrailingZeros(rest);
            if ((Store.TREE[parent].of(state) & ~takeable) == 0) {
                continue;
            }
            long[] next = out.fork(state);
            CONDEMNED.set(next, word, 0);
            UNTRUSTED.set(next, word, 0);
            PACKS_LISTED_EARLY.set(next, word, 0);
            pages.end(next);
            TAKEABLE.set(next, word, takeable);
            POSSIBLE_BASES.set(next, word, bases);
            PARENT.set(next, word, parent);
            go(next, At.GET_PARENT);
            out.take(next, Step.WRITER_LISTS_PACKS, number, Store.NONE);
        }
    }

    private void getParent(long[] state, Successors out) {
        int parent = PARENT.of(state, word);
        if (!Store.MANIFESTS.has(state, parent)) {
            plan(state, TAKEABLE.of(state, word), 0, POSSIBLE_BASES.of(state, word), Step.WRITER_GETS_PARENT, out);
            return;
        }
        if (!setting.keeps(Rule.ROSTER_READ_LAST) && !admittedByRoster(state, parent)) {
            plan(state, TAKEABLE.of(state, word), 0, POSSIBLE_BASES.of(state, word), Step.WRITER_GETS_PARENT, out);
            return;
        }
        long[] next = out.fork(state);
        go(next, At.GET_PARENT_MARKER);
        out.take(next, Step.WRITER_GETS_PARENT, number, parent);
    }

    private void getParentMarker(long[] state, Successors out) {
        int parent = PARENT.of(state, word);
        if (Store.FORGOTTEN.has(state, parent)) {
            out.reached(Milestone.PARENT_FOUND_FORGOTTEN);
            plan(
                    state,
                    TAKEABLE.of(state, word),
                    0,
                    POSSIBLE_BASES.of(state, word),
                    Step.WRITER_GETS_PARENT_MARKER,
                    out);
            return;
        }
        long[] next = out.fork(state);
        go(next, At.JUDGE_PARENT);
        out.take(next, Step.WRITER_GETS_PARENT_MARKER, number, parent);
    }

    private void judgeParent(long[] state, Successors out) {
        int parent = PARENT.of(state, word);
        boolean live = !setting.keeps(Rule.ROSTER_READ_LAST) || admittedByRoster(state, parent);
        int tree = live ? Store.TREE[parent].of(state) : 0;
        plan(state, TAKEABLE.of(state, word), tree, POSSIBLE_BASES.of(state, word), Step.WRITER_JUDGES_PARENT, out);
    }

    /** What it has sent itself, and nothing else. */
    private void planOfHost(long[] state, int usable, Successors out) {
        for (int wanted : setting.bounds().wantedTrees()) {
            if ((wanted & ~Store.OF_HOST) != 0) {
                continue;
            }
            planWith(state, wanted, wanted, 0, 0, Step.WRITER_LISTS_PACKS, out);
            if ((Store.fullIn(state, usable) & wanted) != 0) {
                out.reached(Milestone.HOST_TOOK_OVER_WHAT_IT_HAD_SENT);
                int used = Store.PACKS_WITH[Integer.numberOfTrailingZeros(wanted)].of(state) & usable;
                planWith(state, wanted, 0, 0, used, Step.WRITER_LISTS_PACKS, out);
            }
        }
    }

    /** For each tree that it may want and each part of it that it may take over, not always all that it could. */
    private void plan(long[] state, int takeable, int parentTree, int bases, Step step, Successors out) {
        for (int wanted : setting.bounds().wantedTrees()) {
            int known = wanted & (takeable | parentTree);
            for (int reused = known; ; reused = (reused - 1) & known) {
                int toUpload = wanted & ~reused;
                planWith(state, wanted, toUpload, 0, 0, step, out);
                if ((toUpload & Store.DELTA) != 0) {
                    for (int rest = bases; rest != 0; rest &= rest - 1) {
                        planWith(state, wanted, toUpload, rest & -rest, 0, step, out);
                    }
                }
                if ((reused & ~takeable) != 0) {
                    out.reached(Milestone.CHUNK_TAKEN_OVER_FROM_A_TRUSTED_PARENT);
                } else if (reused != 0) {
                    out.reached(Milestone.CHUNK_TAKEN_OVER_FROM_THE_INDEX);
                }
                if (reused == 0) {
                    break;
                }
            }
        }
    }

    /** How long its snapshot shall be locked, it has decided before (L1); nobody could have seen it. */
    private void planWith(long[] state, int wanted, int toUpload, int base, int used, Step step, Successors out) {
        boolean writeOnly = isWriteOnly(state);
        boolean canUpload = setting.allows(Feature.UPLOADS)
                && (writeOnly || !setting.allows(Feature.WRITE_ONLY) || (toUpload & Store.OF_HOST) == 0);
        if (toUpload != 0 && !canUpload) {
            return;
        }
        int longest = setting.allows(Feature.LOCKS) ? Store.LONGEST_LOCK : 0;
        for (int duration = 0; duration <= longest; duration++) {
            long[] next = out.fork(state);
            int id = ID.of(state, word);
            next[word] = 0;
            ID.set(next, word, id);
            Store.TREE[id].set(next, wanted);
            Store.LOCK[id].set(next, duration);
            TO_UPLOAD.set(next, word, toUpload);
            BASE.set(next, word, base);
            WRITE_ONLY.set(next, word, writeOnly ? 1 : 0);
            TO_LOCK.set(next, word, duration == 0 ? 0 : used);
            if (!setting.keeps(Rule.REGISTER_BEFORE_READING_LISTS)) {
                go(next, At.REGISTER_LATE);
            } else {
                go(next, toUpload == 0 ? locks.afterPacks(next) : At.PUT_PACK);
            }
            out.take(next, step, number, Store.NONE);
        }
    }

    private void putPack(long[] state, Successors out) {
        int base = BASE.of(state, word);
        int chunks = TO_UPLOAD.of(state, word);
        chunks = base == 0 ? chunks : (chunks & ~Store.DELTA) | base << Store.CHUNKS;
        if (!setting.keeps(Rule.FRESH_SALT)) {
            putPackUnderAnOldName(state, chunks, out);
        }
        long[] next = out.fork(state);
        int pack = Store.namePack(next, setting.bounds().packs(), chunks);
        if (pack == Store.NONE) {
            return;
        }
        Store.PACKS_EXISTING.add(next, pack);
        if (setting.keeps(Rule.NEW_PACKS_ARE_PUT_LOCKED)) {
            Store.lockPack(next, pack, Store.LOCK[ID.of(next, word)].of(next));
        }
        if (!setting.keeps(Rule.ONE_PUT_PER_PACK_NAME)) {
            Store.PACK_PUTS_IN_FLIGHT.add(next, pack);
        }
        packIsThere(next, pack, out);
        if (setting.allows(Feature.LATE_PACK_PUTS) && setting.keeps(Rule.ONE_PUT_PER_PACK_NAME)) {
            next = out.fork(state);
            Store.namePack(next, setting.bounds().packs(), chunks);
            Store.PACK_PUTS_IN_FLIGHT.add(next, pack);
            out.take(next, Step.WRITER_LOSES_PACK_PUT, number, pack);
        }
    }

    private void packIsThere(long[] next, int pack, Successors out) {
        TO_UPLOAD.set(next, word, 0);
        if (BASE.of(next, word) != 0) {
            out.reached(Milestone.DELTA_STORED);
        }
        BASE.set(next, word, 0);
        if (isWriteOnly(next) && !setting.keeps(Rule.SEGMENT_IS_PUT_BEFORE_IT_IS_KEPT)) {
            Store.PACKS_KEPT.add(next, pack);
        }
        PACK.set(next, word, pack + 1);
        if (setting.keeps(Rule.INDEXED_BEFORE_COMMIT)) {
            go(next, At.PUT_INDEX);
        } else {
            goOn(next, locks.afterPacks(next));
        }
        out.take(next, Step.WRITER_PUTS_PACK, number, pack);
    }

    private void putPackUnderAnOldName(long[] state, int chunks, Successors out) {
        for (int pack = 0; pack < Integer.bitCount(Store.PACKS_NAMED.of(state)); pack++) {
            if (Store.fullIn(state, 1 << pack) == chunks) {
                long[] next = out.fork(state);
                Store.PACKS_EXISTING.add(next, pack);
                packIsThere(next, pack, out);
            }
        }
    }

    private void putIndex(long[] state, Successors out) {
        long[] next = out.fork(state);
        int pack = PACK.of(state, word) - 1;
        Store.index(next, pack);
        if (isWriteOnly(state)) {
            Store.PACKS_KEPT.add(next, pack);
        }
        goOn(next, locks.afterPacks(next));
        out.take(next, Step.WRITER_PUTS_INDEX, number, pack);
    }

    /** Which pack is its own, it needs to know only where it is going to look for others. */
    private void goOn(long[] next, At at) {
        if (at != At.LIST_WHAT_TO_LOCK) {
            PACK.set(next, word, 0);
        }
        go(next, at);
    }

    private void commit(long[] state, Successors out) {
        int id = ID.of(state, word);
        long[] next = out.fork(state);
        if (Store.TOMBSTONES.has(state, id) && setting.keeps(Rule.FIRST_PUT_WINS)) {
            out.reached(Milestone.COMMIT_LOST_TO_A_FENCE);
            next[word] = 0;
            out.take(next, Step.WRITER_FINDS_TOMBSTONE, number, id);
        } else {
            Store.TOMBSTONES.remove(next, id);
            Store.MANIFESTS.add(next, id);
            if (!setting.keeps(Rule.LOCKED_BEFORE_COMMIT) && locks.hasToLock(next)) {
                go(next, locks.placeToLock(next));
            } else if (setting.keeps(Rule.ROSTER_CHECKED_AFTER_COMMIT)) {
                go(next, At.CHECK_ROSTER);
            } else {
                acknowledge(next, out);
            }
            out.take(next, Step.WRITER_COMMITS, number, id);
        }
        if (setting.allows(Feature.LATE_COMMITS) && !Store.COMMITS_IN_FLIGHT.has(state, id)) {
            next = out.fork(state);
            Store.COMMITS_IN_FLIGHT.add(next, id);
            out.take(next, Step.WRITER_LOSES_COMMIT, number, id);
        }
    }

    private void checkRoster(long[] state, Successors out) {
        int id = ID.of(state, word);
        long[] next = out.fork(state);
        if (((Store.admittedByRoster(state) >>> id) & 1) != 0) {
            acknowledge(next, out);
            out.take(next, Step.WRITER_CHECKS_ROSTER, number, id);
        } else {
            out.reached(Milestone.ROSTER_TOLD_A_WRITER_TO_START_AGAIN);
            next[word] = 0;
            out.take(next, Step.WRITER_FAILS_ROSTER, number, id);
        }
    }

    private void acknowledge(long[] next, Successors out) {
        Store.ACKNOWLEDGED.add(next, ID.of(next, word));
        out.reached(Milestone.SNAPSHOT_ACKNOWLEDGED);
        if (setting.allows(Feature.LINGERING_SESSIONS)) {
            go(next, At.DELETE_SESSION);
        } else {
            next[word] = 0;
        }
    }

    private void deleteSession(long[] state, Successors out) {
        long[] next = out.fork(state);
        int id = ID.of(state, word);
        Store.SESSIONS.remove(next, id);
        next[word] = 0;
        out.take(next, Step.WRITER_DELETES_SESSION, number, id);
    }

    /** Puts the tombstone; the session is then anyone's to delete. A broken writer deletes it and leaves no tombstone. */
    void giveUp(long[] next, Step step, int subject, Successors out) {
        int id = ID.of(next, word);
        if (!setting.keeps(Rule.TOMBSTONE_BEFORE_SESSION_IS_DELETED)) {
            Store.SESSIONS.remove(next, id);
        } else if (((Store.occupied(next) >>> id) & 1) == 0) {
            Store.TOMBSTONES.add(next, id);
        }
        next[word] = 0;
        out.take(next, step, number, subject);
    }

    private boolean admittedByRoster(long[] state, int id) {
        return !setting.keeps(Rule.LIVE_NEEDS_ROSTER) || ((Store.admittedByRoster(state) >>> id) & 1) != 0;
    }

    int live(long[] state) {
        int live = Store.MANIFESTS.of(state) & ~Store.FORGOTTEN.of(state);
        return setting.keeps(Rule.LIVE_NEEDS_ROSTER) ? live & Store.admittedByRoster(state) : live;
    }
}
