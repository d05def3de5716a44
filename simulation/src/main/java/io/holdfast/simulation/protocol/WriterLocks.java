package io.holdfast.simulation.protocol;

import io.holdfast.simulation.protocol.Writer.At;

/** What a backup locks before its commit (L3): the older packs that its snapshot reaches. A part of {@link Writer}, whose memory it uses. */
final class WriterLocks {
    private final Writer writer;
    private final Setting setting;
    private final int number;
    private final int word;

    WriterLocks(Writer writer, Setting setting, int number) {
        this.writer = writer;
        this.setting = setting;
        this.number = number;
        this.word = Actors.writerWord(number);
    }

    /** All that it has sent is there and indexed. */
    At afterPacks(long[] state) {
        return setting.keeps(Rule.LOCKED_BEFORE_COMMIT) && hasToLock(state) ? placeToLock(state) : At.COMMIT;
    }

    boolean hasToLock(long[] state) {
        return setting.keeps(Rule.OLDER_PACKS_ARE_LOCKED)
                && Store.LOCK[Writer.ID.of(state, word)].of(state) != 0
                && (!writer.isWriteOnly(state) || Writer.TO_LOCK.of(state, word) != 0);
    }

    At placeToLock(long[] state) {
        return writer.isWriteOnly(state) ? At.LOCK : At.LIST_WHAT_TO_LOCK;
    }

    /** Of what a parent reaches that is locked as long, nothing has to be locked. */
    void list(long[] state, Successors out) {
        int id = Writer.ID.of(state, word);
        int tree = Store.TREE[id].of(state);
        find(state, tree, out);
        if (!setting.allows(Feature.PARENTS)) {
            return;
        }
        for (int rest = writer.live(state) & ~(1 << id); rest != 0; rest &= rest - 1) {
            int parent = Integer.numberOfTrailingZeros(rest);
            boolean longEnough = Store.LOCK[parent].of(state) >= Store.LOCK[id].of(state);
            if ((Store.TREE[parent].of(state) & tree) != 0
                    && (longEnough || !setting.keeps(Rule.PARENT_IS_LOCKED_AS_LONG))) {
                out.reached(Milestone.PARENT_SPARED_A_LOCK);
                find(state, tree & ~Store.TREE[parent].of(state), out);
            }
        }
    }

    private void find(long[] state, int reached, Successors out) {
        int packs = Store.PACKS_EXISTING.of(state) & Store.PACKS_INDEXED.of(state);
        int found = setting.keeps(Rule.MISSING_BASE_STOPS_THE_COMMIT)
                ? Store.countedIn(state, packs)
                : Store.chunksIn(state, packs);
        long[] next = out.fork(state);
        if ((reached & ~found) != 0 && setting.keeps(Rule.MISSING_CHUNK_STOPS_THE_COMMIT)) {
            out.reached(Milestone.CHUNK_GONE_BEFORE_ITS_LOCK);
            writer.giveUp(next, Step.WRITER_MISSES_A_CHUNK, Store.NONE, out);
            return;
        }
        int copies = 0;
        for (int rest = packs; rest != 0; rest &= rest - 1) {
            copies |= (Store.chunksIn(state, rest & -rest) & reached) == 0 ? 0 : rest & -rest;
        }
        if (setting.keeps(Rule.BASES_ARE_LOCKED) && (reached & Store.DELTA) != 0) {
            int bases = Store.packsWith(state, Store.basesIn(state, copies)) & packs;
            if ((bases & ~copies) != 0) {
                out.reached(Milestone.BASE_LOCKED);
            }
            copies |= bases;
        }
        int own = (1 << Writer.PACK.of(state, word)) >> 1;
        Writer.TO_LOCK.set(next, word, copies & ~own);
        Writer.PACK.set(next, word, 0);
        writer.go(next, (copies & ~own) == 0 ? afterLocks() : At.LOCK);
        out.take(next, Step.WRITER_LISTS_WHAT_TO_LOCK, number, Store.NONE);
    }

    /** A prune that is at work beside it may have deleted a copy too many; only who can read can look for another one. */
    private void findsPackGone(long[] next, int pack, Successors out) {
        if (writer.isWriteOnly(next) || !setting.keeps(Rule.LOCKS_START_OVER_WHEN_A_PACK_IS_GONE)) {
            writer.giveUp(next, Step.WRITER_FINDS_PACK_GONE, pack, out);
            return;
        }
        Writer.TO_LOCK.set(next, word, 0);
        writer.go(next, At.LIST_WHAT_TO_LOCK);
        out.take(next, Step.WRITER_FINDS_PACK_GONE, number, pack);
    }

    private At afterLocks() {
        return setting.keeps(Rule.LOCKED_BEFORE_COMMIT) ? At.COMMIT : At.CHECK_ROSTER;
    }

    void lock(long[] state, Successors out) {
        long[] next = out.fork(state);
        int id = Writer.ID.of(state, word);
        int left = Writer.TO_LOCK.of(state, word);
        int pack = Integer.numberOfTrailingZeros(left);
        left &= left - 1;
        boolean there = Store.PACKS_EXISTING.has(state, pack);
        if (!there) {
            out.reached(Milestone.PACK_GONE_BEFORE_ITS_LOCK);
            if (setting.keeps(Rule.GONE_PACK_STOPS_THE_COMMIT)) {
                findsPackGone(next, pack, out);
                return;
            }
        } else {
            out.reached(Milestone.OLDER_PACK_LOCKED);
            Store.lockPack(next, pack, Store.LOCK[id].of(state));
        }
        Writer.TO_LOCK.set(next, word, left);
        writer.go(next, left == 0 ? afterLocks() : At.LOCK);
        out.take(next, there ? Step.WRITER_LOCKS_PACK : Step.WRITER_FINDS_PACK_GONE, number, pack);
    }
}
