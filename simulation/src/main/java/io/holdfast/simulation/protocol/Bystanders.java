package io.holdfast.simulation.protocol;

/**
 * Everyone who needs no memory between steps: those who forget and fence, janitors, and the network, which delivers late
 * what was sent before. A janitor's decision rests on facts that do not change back, so decision and deed need not be
 * one; where they may lie far apart, a field of the state holds the decision.
 */
final class Bystanders {
    private final Setting setting;

    Bystanders(Setting setting) {
        this.setting = setting;
    }

    void steps(long[] state, Successors out) {
        if (setting.allows(Feature.FORGETTING)) {
            forget(state, out);
        }
        if (setting.allows(Feature.FENCING)) {
            fence(state, out);
        }
        removeEndedSessions(state, out);
        removeVerdicts(state, out);
        if (setting.allows(Feature.RETIRING)) {
            retire(state, out);
        }
        deliver(state, out);
        if (setting.allows(Feature.LOCKS) || setting.allows(Feature.LOCKS_BY_ANYONE)) {
            locks(state, out);
        }
    }

    /** The time that locks take is the store's; nobody else asks for it. */
    private void locks(long[] state, Successors out) {
        int locked = Store.lockedPacks(state);
        int free = Store.PACKS_EXISTING.of(state) & ~locked;
        if ((locked | Store.lockedSnapshots(state)) != 0) {
            long[] next = out.fork(state);
            Store.timePasses(next);
            out.reached(Milestone.LOCKS_ENDED);
            out.take(next, Step.TIME_PASSES, Store.NONE, Store.NONE);
        }
        for (int rest = free; rest != 0; rest &= rest - 1) {
            int pack = Integer.numberOfTrailingZeros(rest);
            if (setting.allows(Feature.LOCKS_BY_ANYONE)) {
                long[] next = out.fork(state);
                Store.lockPack(next, pack, 1);
                out.take(next, Step.PACK_LOCKED, Store.NONE, pack);
            }
            if (setting.allows(Feature.INTRUDER)) {
                long[] next = out.fork(state);
                Store.deletePack(next, pack);
                out.take(next, Step.INTRUDER_DELETES_PACK, Store.NONE, pack);
            }
        }
    }

    private void forget(long[] state, Successors out) {
        int there = Store.MANIFESTS.of(state) & ~Store.FORGOTTEN.of(state);
        for (int rest = there; rest != 0; rest &= rest - 1) {
            int id = Integer.numberOfTrailingZeros(rest);
            long[] next = out.fork(state);
            Store.FORGET_WANTED.add(next, id);
            if (setting.keeps(Rule.FORGOTTEN_NAME_STAYS_OCCUPIED)) {
                Store.FORGOTTEN.add(next, id);
            } else {
                Store.MANIFESTS.remove(next, id);
            }
            out.take(next, Step.SNAPSHOT_FORGOTTEN, Store.NONE, id);
        }
    }

    private void fence(long[] state, Successors out) {
        for (int rest = Store.SESSIONS.of(state); rest != 0; rest &= rest - 1) {
            int id = Integer.numberOfTrailingZeros(rest);
            if (Store.MANIFESTS.has(state, id)) {
                out.reached(Milestone.FENCE_LOST_TO_A_COMMIT);
            } else if (!Store.TOMBSTONES.has(state, id)) {
                long[] next = out.fork(state);
                Store.TOMBSTONES.add(next, id);
                out.take(next, Step.SESSION_FENCED, Store.NONE, id);
            }
        }
    }

    private void removeEndedSessions(long[] state, Successors out) {
        for (int rest = Store.SESSIONS.of(state) & Store.occupied(state); rest != 0; rest &= rest - 1) {
            int id = Integer.numberOfTrailingZeros(rest);
            long[] next = out.fork(state);
            Store.SESSIONS.remove(next, id);
            out.take(next, Step.SESSION_REMOVED, Store.NONE, id);
        }
    }

    private void removeVerdicts(long[] state, Successors out) {
        int done = Store.VERDICTS_PUT.of(state) & ~Store.LISTS_STANDING.of(state);
        if (setting.keeps(Rule.NEWEST_ROSTER_STAYS) && done != 0) {
            done &= ~(1 << Store.newestRoster(state));
        }
        for (int rest = done; rest != 0; rest &= rest - 1) {
            int list = Integer.numberOfTrailingZeros(rest);
            long[] next = out.fork(state);
            Store.removeVerdict(next, list);
            out.reached(Milestone.VERDICT_REMOVED);
            out.take(next, Step.VERDICT_REMOVED, Store.NONE, list);
        }
    }

    /**
     * Decides on an id. The janitor gets the newest roster, lists condemned/, and gets the newest roster once more: if it is
     * the same and no newer list stands, then both held at the time of the list, and the decision is one step.
     */
    private void retire(long[] state, Successors out) {
        int roster = newestRoster(state);
        boolean settled = !setting.keeps(Rule.RETIRED_ONLY_WHEN_NO_NEWER_LIST_STANDS) || noNewerListThan(roster, state);
        if (roster != Store.NONE && settled) {
            int old = setting.keeps(Rule.RETIRED_ONLY_BELOW_ROSTER) ? Store.olderThan(state, roster) : ~0;
            int unnamed = setting.keeps(Rule.RETIRED_ONLY_OFF_THE_ROSTER) ? ~Store.ROSTER[roster].of(state) : ~0;
            int named = Store.FORGOTTEN.of(state) | Store.occupied(state);
            int buried = Store.olderThan(state, roster) & ~Store.ROSTER[roster].of(state);
            int dead = Store.TOMBSTONES.of(state) | Store.FORGOTTEN.of(state) | buried;
            decide(state, named & dead & old & unnamed & ~Store.RETIRING.of(state), out);
        }
        int deletable = Store.RETIRING.of(state) & Store.occupied(state) & ~Store.lockedSnapshots(state);
        for (int rest = deletable; rest != 0; rest &= rest - 1) {
            int id = Integer.numberOfTrailingZeros(rest);
            long[] next = out.fork(state);
            Store.MANIFESTS.remove(next, id);
            Store.TOMBSTONES.remove(next, id);
            out.reached(Milestone.NAME_RETIRED);
            out.take(next, Step.NAME_RETIRED, Store.NONE, id);
        }
        for (int rest = Store.RETIRING.of(state) & Store.FORGOTTEN.of(state); rest != 0; rest &= rest - 1) {
            int id = Integer.numberOfTrailingZeros(rest);
            long[] next = out.fork(state);
            Store.FORGOTTEN.remove(next, id);
            out.take(next, Step.MARKER_RETIRED, Store.NONE, id);
        }
    }

    /** A broken janitor takes another one for the newest of several rosters of one generation than everybody else. */
    private int newestRoster(long[] state) {
        return setting.keeps(Rule.ROSTERS_ARE_TOTALLY_ORDERED)
                ? Store.newestRoster(state)
                : Store.newestTiesReversed(state, Store.VERDICTS_PUT.of(state));
    }

    private boolean noNewerListThan(int roster, long[] state) {
        int newest = Store.newest(state, Store.LISTS_STANDING.of(state) | Store.VERDICTS_PUT.of(state));
        return setting.keeps(Rule.ROSTERS_ARE_TOTALLY_ORDERED)
                ? newest == roster
                : Store.generationOf(state, newest) == Store.generationOf(state, roster);
    }

    private static void decide(long[] state, int ids, Successors out) {
        for (int rest = ids; rest != 0; rest &= rest - 1) {
            int id = Integer.numberOfTrailingZeros(rest);
            long[] next = out.fork(state);
            Store.RETIRING.add(next, id);
            out.take(next, Step.NAME_RETIREMENT_DECIDED, Store.NONE, id);
        }
    }

    private void deliver(long[] state, Successors out) {
        for (int rest = Store.COMMITS_IN_FLIGHT.of(state); rest != 0; rest &= rest - 1) {
            deliverCommit(state, Integer.numberOfTrailingZeros(rest), out);
        }
        for (int rest = Store.PACK_PUTS_IN_FLIGHT.of(state); rest != 0; rest &= rest - 1) {
            int pack = Integer.numberOfTrailingZeros(rest);
            long[] next = out.fork(state);
            Store.PACK_PUTS_IN_FLIGHT.remove(next, pack);
            Store.PACKS_EXISTING.add(next, pack);
            out.reached(Milestone.LATE_PACK_LANDED);
            out.take(next, Step.PACK_PUT_LANDS, Store.NONE, pack);
        }
        int deletes =
                Store.PACK_DELETES_IN_FLIGHT.of(state) & Store.PACKS_EXISTING.of(state) & ~Store.lockedPacks(state);
        for (int rest = deletes; rest != 0; rest &= rest - 1) {
            int pack = Integer.numberOfTrailingZeros(rest);
            long[] next = out.fork(state);
            Store.deletePack(next, pack);
            out.take(next, Step.PACK_DELETE_LANDS, Store.NONE, pack);
        }
    }

    private void deliverCommit(long[] state, int id, Successors out) {
        long[] next = out.fork(state);
        Store.COMMITS_IN_FLIGHT.remove(next, id);
        if (Store.TOMBSTONES.has(state, id) && setting.keeps(Rule.FIRST_PUT_WINS)) {
            out.reached(Milestone.LATE_COMMIT_FOUND_A_TOMBSTONE);
        } else {
            Store.TOMBSTONES.remove(next, id);
            Store.MANIFESTS.add(next, id);
            out.reached(
                    Store.RETIRING.has(state, id)
                            ? Milestone.LATE_COMMIT_LANDED_ON_A_RETIRED_NAME
                            : Milestone.LATE_COMMIT_LANDED);
        }
        out.take(next, Step.COMMIT_LANDS, Store.NONE, id);
    }
}
