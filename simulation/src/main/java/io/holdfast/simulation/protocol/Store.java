package io.holdfast.simulation.protocol;

/**
 * The objects in the repository's store, and what one request can learn about them. Packs, ids and condemned lists are
 * numbered in the order in which they came to be; sets of them are bit sets. A number is never used twice, as a random
 * name is never drawn twice.
 */
final class Store {
    static final int CHUNKS = 3;
    /** The one chunk, c, that may be stored as a delta, on either of the two before it. */
    static final int DELTA = 1 << 2;

    static final int BASES = 2;
    static final int PACKS = 6;
    static final int IDS = 5;
    static final int LISTS = 3;
    /** The one chunk, b, of a host that can only write: ids of its chunks are made with a key of its own. */
    static final int OF_HOST = 1 << 1;
    /** The longest lock. Time is counted in steps that end the shortest one. */
    static final int LONGEST_LOCK = 2;

    static final int NONE = -1;

    private static final Layout LAYOUT = new Layout();

    /** For each chunk, the packs that were built with a copy of it in full, whether they (still) exist or not. */
    static final Field[] PACKS_WITH = LAYOUT.fields(CHUNKS, PACKS);
    /** For each base, the packs that were built with c as a delta on it. */
    static final Field[] PACKS_WITH_DELTA_ON = LAYOUT.fields(BASES, PACKS);

    static final Field PACKS_NAMED = LAYOUT.field(PACKS);
    static final Field PACKS_EXISTING = LAYOUT.field(PACKS);
    static final Field PACKS_INDEXED = LAYOUT.field(PACKS);
    /** Every pack that any index, of any age, has ever named. */
    static final Field PACKS_EVER_INDEXED = LAYOUT.field(PACKS);

    static final Field PACK_PUTS_IN_FLIGHT = LAYOUT.field(PACKS);

    static {
        LAYOUT.nextWord();
    }

    static final Field PACK_DELETES_IN_FLIGHT = LAYOUT.field(PACKS);

    static final Field IDS_DRAWN = LAYOUT.field(IDS);
    static final Field SESSIONS = LAYOUT.field(IDS);
    static final Field MANIFESTS = LAYOUT.field(IDS);
    static final Field TOMBSTONES = LAYOUT.field(IDS);
    static final Field FORGOTTEN = LAYOUT.field(IDS);
    static final Field COMMITS_IN_FLIGHT = LAYOUT.field(IDS);
    /** Ids that a janitor has decided to retire: its deletes land at any time from now on. */
    static final Field RETIRING = LAYOUT.field(IDS);
    /** Not in the store: whose writer was told that its backup is safe, and who has been asked to be forgotten. */
    static final Field ACKNOWLEDGED = LAYOUT.field(IDS);

    static final Field FORGET_WANTED = LAYOUT.field(IDS);
    static final Field[] GENERATION = LAYOUT.fields(IDS, 2);

    static {
        LAYOUT.nextWord();
    }

    static final Field[] TREE = LAYOUT.fields(IDS, CHUNKS);
    static final Field LISTS_NAMED = LAYOUT.field(LISTS);
    static final Field LISTS_STANDING = LAYOUT.field(LISTS);
    static final Field VERDICTS_PUT = LAYOUT.field(LISTS);
    static final Field[] LIST_GENERATION = LAYOUT.fields(LISTS, 2);
    static final Field[] CANDIDATES = LAYOUT.fields(LISTS, PACKS);
    static final Field[] MARKED = LAYOUT.fields(LISTS, IDS);

    static {
        LAYOUT.nextWord();
    }

    static final Field WAIT_SETS_PUT = LAYOUT.field(LISTS);
    static final Field[] FIRST_MARK = LAYOUT.fields(LISTS, CHUNKS);
    static final Field[] WAIT_SET = LAYOUT.fields(LISTS, IDS);
    static final Field[] VERDICT = LAYOUT.fields(LISTS, PACKS);
    static final Field[] ROSTER = LAYOUT.fields(LISTS, IDS);

    /** 0 in every state of a search that has neither locks nor hosts that can only write. */
    static final int LOCKS_WORD = LAYOUT.nextWord();
    /** How long the store will still refuse to delete each pack; 0: not at all. */
    static final Field[] PACK_LOCK = LAYOUT.fields(PACKS, 2);
    /** How long each snapshot, by its manifest, or the one that its writer is about to commit, will still be locked. */
    static final Field[] LOCK = LAYOUT.fields(IDS, 2);
    /** What the segments name that the host has kept which can only write, from all its sessions ever. */
    static final Field PACKS_KEPT = LAYOUT.field(PACKS);

    static final int FIRST_ACTOR_WORD = LAYOUT.nextWord();

    private Store() {}

    /** The newest roster's list: the highest generation, and among equals the higher name. */
    static int newestRoster(long[] state) {
        return newest(state, VERDICTS_PUT.of(state));
    }

    static int newest(long[] state, int lists) {
        int newest = NONE;
        for (int list = 0; list < LISTS; list++) {
            if (((lists >>> list) & 1) != 0
                    && (newest == NONE || LIST_GENERATION[list].of(state) >= LIST_GENERATION[newest].of(state))) {
                newest = list;
            }
        }
        return newest;
    }

    /** What {@link #newest} would be if among equal generations the lower name counted as the newer one. */
    static int newestTiesReversed(long[] state, int lists) {
        int generation = generationOf(state, newest(state, lists));
        for (int list = 0; list < LISTS; list++) {
            if (((lists >>> list) & 1) != 0 && LIST_GENERATION[list].of(state) == generation) {
                return list;
            }
        }
        return NONE;
    }

    static int generationOf(long[] state, int list) {
        return list == NONE ? 0 : LIST_GENERATION[list].of(state);
    }

    /** The ids that the newest roster does not exclude: young ones, and those it names. */
    static int admittedByRoster(long[] state) {
        int roster = newestRoster(state);
        if (roster == NONE) {
            return (1 << IDS) - 1;
        }
        int admitted = ROSTER[roster].of(state);
        for (int id = 0; id < IDS; id++) {
            if (GENERATION[id].of(state) >= LIST_GENERATION[roster].of(state)) {
                admitted |= 1 << id;
            }
        }
        return admitted;
    }

    /** Ids of an older generation than the list's, which therefore its roster has to name. */
    static int olderThan(long[] state, int list) {
        int older = 0;
        for (int id = 0; id < IDS; id++) {
            if (GENERATION[id].of(state) < LIST_GENERATION[list].of(state)) {
                older |= 1 << id;
            }
        }
        return older;
    }

    static int occupied(long[] state) {
        return MANIFESTS.of(state) | TOMBSTONES.of(state);
    }

    static int chunksOf(long[] state, int ids) {
        int chunks = 0;
        for (int rest = ids; rest != 0; rest &= rest - 1) {
            chunks |= TREE[Integer.numberOfTrailingZeros(rest)].of(state);
        }
        return chunks;
    }

    /** The chunks that have a copy in one of these packs, in full or as a delta. */
    static int chunksIn(long[] state, int packs) {
        return basesIn(state, packs) == 0 ? fullIn(state, packs) : fullIn(state, packs) | DELTA;
    }

    /** The chunks that have a copy that counts: a delta only where its base is in one of these packs in full. */
    static int countedIn(long[] state, int packs) {
        int full = fullIn(state, packs);
        return (basesIn(state, packs) & full) == 0 ? full : full | DELTA;
    }

    /** The chunks on which a delta in one of these packs is built. */
    static int basesIn(long[] state, int packs) {
        int bases = 0;
        for (int base = 0; base < BASES; base++) {
            if ((PACKS_WITH_DELTA_ON[base].of(state) & packs) != 0) {
                bases |= 1 << base;
            }
        }
        return bases;
    }

    /** These chunks, and what all deltas of them that the index knows are built on. */
    static int withBases(long[] state, int chunks) {
        return (chunks & DELTA) == 0 ? chunks : chunks | basesIn(state, PACKS_INDEXED.of(state));
    }

    /** The packs that were built with one of these chunks in full. */
    static int packsWith(long[] state, int chunks) {
        int packs = 0;
        for (int rest = chunks; rest != 0; rest &= rest - 1) {
            packs |= PACKS_WITH[Integer.numberOfTrailingZeros(rest)].of(state);
        }
        return packs;
    }

    /** The chunks that have a copy in full in one of these packs. */
    static int fullIn(long[] state, int packs) {
        int chunks = 0;
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            if ((PACKS_WITH[chunk].of(state) & packs) != 0) {
                chunks |= 1 << chunk;
            }
        }
        return chunks;
    }

    /**
     * The packs that hold nothing of these chunks but what other packs hold too, in a form for which theirs may be given up.
     *
     * @param others packs whose copies count
     * @param there those, and packs on lists: a delta is broken where its base is nowhere there in full
     */
    static int sparePacks(long[] state, int packs, int neededChunks, int others, int there, Setting setting) {
        int spare = 0;
        for (int rest = packs; rest != 0; rest &= rest - 1) {
            int pack = rest & -rest;
            if (mayGiveWay(state, pack, neededChunks, others & ~pack, there, setting)) {
                spare |= pack;
            }
        }
        return spare;
    }

    private static boolean mayGiveWay(
            long[] state, int pack, int neededChunks, int others, int there, Setting setting) {
        int full = fullIn(state, others);
        int otherBases = basesIn(state, others);
        int enough = setting.keeps(Rule.FULL_COPY_GIVES_WAY_TO_FULL) ? full : chunksIn(state, others);
        if ((fullIn(state, pack) & neededChunks & ~enough) != 0) {
            return false;
        }
        int bases = basesIn(state, pack);
        if (bases == 0 || (neededChunks & DELTA) == 0 || (full & DELTA) != 0) {
            return true;
        }
        if (!setting.keeps(Rule.DELTA_GIVES_WAY_ON_SAME_BASES)) {
            return otherBases != 0;
        }
        int alone = bases & ~otherBases;
        return alone == 0 || (alone & fullIn(state, there)) == 0 && (countedIn(state, others) & DELTA) != 0;
    }

    /** Whether such a pack goes only because the base of its delta is lost. */
    static boolean givesABrokenDeltaUp(long[] state, int doomed, int neededChunks, int others) {
        int alone = basesIn(state, doomed) & ~basesIn(state, others);
        return alone != 0 && (neededChunks & DELTA) != 0 && (fullIn(state, others) & DELTA) == 0;
    }

    /**
     * Names a new pack, not yet there; {@link #NONE} when the model has no name left.
     *
     * @param contents chunks in full, and above them the bases on which it has c as a delta
     */
    static int namePack(long[] state, int limit, int contents) {
        int pack = Integer.bitCount(PACKS_NAMED.of(state));
        if (pack >= limit) {
            return NONE;
        }
        PACKS_NAMED.add(state, pack);
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            if (((contents >>> chunk) & 1) != 0) {
                PACKS_WITH[chunk].add(state, pack);
            }
        }
        for (int base = 0; base < BASES; base++) {
            if (((contents >>> (CHUNKS + base)) & 1) != 0) {
                PACKS_WITH_DELTA_ON[base].add(state, pack);
            }
        }
        return pack;
    }

    /** The packs that the store refuses to delete. */
    static int lockedPacks(long[] state) {
        return stillLocked(state, PACK_LOCK);
    }

    /** The snapshots that are locked, or will be when they are committed. */
    static int lockedSnapshots(long[] state) {
        return stillLocked(state, LOCK);
    }

    private static int stillLocked(long[] state, Field[] locks) {
        if (state[LOCKS_WORD] == 0) {
            return 0;
        }
        int locked = 0;
        for (int i = 0; i < locks.length; i++) {
            locked |= locks[i].of(state) == 0 ? 0 : 1 << i;
        }
        return locked;
    }

    /** A lock is made longer, never shorter. */
    static void lockPack(long[] state, int pack, int duration) {
        PACK_LOCK[pack].set(state, Math.max(PACK_LOCK[pack].of(state), duration));
    }

    static void deletePack(long[] state, int pack) {
        PACKS_EXISTING.remove(state, pack);
        PACK_LOCK[pack].set(state, 0);
    }

    /** All locks come nearer to their end, and the shortest ones end. */
    static void timePasses(long[] state) {
        for (Field lock : PACK_LOCK) {
            lock.set(state, Math.max(0, lock.of(state) - 1));
        }
        for (Field lock : LOCK) {
            lock.set(state, Math.max(0, lock.of(state) - 1));
        }
    }

    static void index(long[] state, int pack) {
        PACKS_INDEXED.add(state, pack);
        PACKS_EVER_INDEXED.add(state, pack);
    }

    /** Forgets what a list said once it is gone and nobody works on it: no future depends on it any more. */
    static void dropContents(long[] state, int list) {
        CANDIDATES[list].set(state, 0);
        MARKED[list].set(state, 0);
        FIRST_MARK[list].set(state, 0);
        WAIT_SET[list].set(state, 0);
        WAIT_SETS_PUT.remove(state, list);
    }

    static void removeVerdict(long[] state, int list) {
        VERDICTS_PUT.remove(state, list);
        VERDICT[list].set(state, 0);
        ROSTER[list].set(state, 0);
    }
}
