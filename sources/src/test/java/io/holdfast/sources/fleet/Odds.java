package io.holdfast.sources.fleet;

import io.holdfast.testkit.SeededRandom;
import java.util.List;

/**
 * How often things happen in a run; one in so many calls.
 *
 * @param byPriority the actor with the highest priority works until it loses that, else any
 * @param switchOneIn another actor goes on
 * @param stallOneIn an actor stops for days
 * @param dieOneIn a process dies
 * @param loseOneIn a call fails, or its answer is lost
 * @param lateOneIn a put or delete arrives that was thought lost
 * @param pageEntries so much of a listing is one answer; between two, others change what is listed
 */
record Odds(
        boolean byPriority,
        int switchOneIn,
        int stallOneIn,
        int dieOneIn,
        int loseOneIn,
        int lateOneIn,
        int pageEntries) {
    private static final int MANY = 10;
    private static final int NEVER = Integer.MAX_VALUE;

    /** @param actors many get larger pages: listings are most of what they do */
    static Odds of(SeededRandom random, int actors) {
        return new Odds(
                random.oneIn(3),
                random.pick(List.of(1, 2, 5, 20, 80)),
                random.pick(List.of(30, 150, 600)),
                random.pick(List.of(NEVER, 150, 400)),
                random.pick(List.of(NEVER, NEVER, 60, 250)),
                random.pick(List.of(4, 30, 200)),
                random.pick(actors > MANY ? List.of(10, 1_000) : List.of(1, 2, 3, 6, 1_000, 1_000, 1_000)));
    }
}
