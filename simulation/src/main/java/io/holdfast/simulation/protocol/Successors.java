package io.holdfast.simulation.protocol;

/**
 * Receives the states that one step leads to. An actor takes a copy of the state from {@link #fork}, changes it, and
 * hands it back with {@link #take} before it forks again.
 */
abstract class Successors {
    private final long[] scratch = new long[Actors.WORDS];

    final long[] fork(long[] state) {
        System.arraycopy(state, 0, scratch, 0, scratch.length);
        return scratch;
    }

    /**
     * Takes the state that a step led to.
     *
     * @param next the state; only valid during the call
     * @param step what was done
     * @param actor the number of the writer or collector that did it, or {@link Store#NONE}
     * @param subject the number of the object that it was done to, or {@link Store#NONE}
     */
    abstract void take(long[] next, Step step, int actor, int subject);

    /** Notes that something worth reaching was reached. */
    abstract void reached(Milestone milestone);
}
