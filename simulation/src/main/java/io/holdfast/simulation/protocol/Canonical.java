package io.holdfast.simulation.protocol;

/**
 * Brings a state into the one form that stands for all states that nobody can tell from it, now or later. Every line here
 * makes the search smaller and must be argued for.
 */
final class Canonical {
    private final boolean namesAreFreed;
    private final boolean sessionsLinger;

    Canonical(Setting setting) {
        this.namesAreFreed = setting.allows(Feature.RETIRING)
                || !setting.keeps(Rule.FORGOTTEN_NAME_STAYS_OCCUPIED)
                || !setting.keeps(Rule.FIRST_PUT_WINS);
        this.sessionsLinger = setting.allows(Feature.LINGERING_SESSIONS);
    }

    void bring(long[] state) {
        int ended = Store.occupied(state) | Store.RETIRING.of(state);
        dropEndedSessions(state, ended);
        dropSpentCommits(state);
        dropTreesNobodyCommits(state);
        // Who has been forgotten on request owes his writer nothing any more.
        Store.ACKNOWLEDGED.set(state, Store.ACKNOWLEDGED.of(state) & ~Store.FORGET_WANTED.of(state));
        Actors.sort(state);
    }

    /** An ended session delays nobody, so that it is still listed makes no difference. */
    private void dropEndedSessions(long[] state, int ended) {
        if (!sessionsLinger) {
            Store.SESSIONS.set(state, Store.SESSIONS.of(state) & ~ended);
        }
        for (int list = 0; list < Store.LISTS; list++) {
            int waitedFor = Store.VERDICTS_PUT.has(state, list) ? 0 : Store.WAIT_SET[list].of(state) & ~ended;
            Store.WAIT_SET[list].set(state, waitedFor);
        }
        Collector.dropSessions(state, ended);
    }

    /** A put that finds the name occupied does nothing, and when no name is ever freed, it never will. */
    private void dropSpentCommits(long[] state) {
        if (!namesAreFreed) {
            Store.COMMITS_IN_FLIGHT.set(state, Store.COMMITS_IN_FLIGHT.of(state) & ~Store.occupied(state));
        }
    }

    /** Without a manifest, a put in flight or a writer at work, a tree and its lock will never be anyone's. */
    private static void dropTreesNobodyCommits(long[] state) {
        int needed = Store.MANIFESTS.of(state) | Store.COMMITS_IN_FLIGHT.of(state);
        for (int writer = 0; writer < Configuration.MAX_WRITERS; writer++) {
            if (!Writer.isIdle(state, writer)) {
                needed |= 1 << Writer.idOf(state, writer);
            }
        }
        for (int rest = Store.IDS_DRAWN.of(state) & ~needed; rest != 0; rest &= rest - 1) {
            int id = Integer.numberOfTrailingZeros(rest);
            Store.TREE[id].set(state, 0);
            Store.LOCK[id].set(state, 0);
        }
    }
}
