package io.holdfast.plan;

import java.util.OptionalInt;

/**
 * How much a run gives way to whatever else its host does.
 *
 * @param nice 0 to {@value #MOST_NICE}, as nice(1) has it
 * @param io its reads and writes
 * @param threads how many it uses at most; absent for one per processor
 */
public record Courtesy(int nice, Io io, OptionalInt threads) {
    /** Gives way to everybody. */
    public static final int MOST_NICE = 19;

    /** What a plan has that says nothing of it. */
    public static final Courtesy NONE = new Courtesy(0, Io.NORMAL, OptionalInt.empty());

    public Courtesy {
        if (nice < 0 || nice > MOST_NICE || (threads.isPresent() && threads.getAsInt() < 1)) {
            throw new IllegalArgumentException("no courtesy: nice " + nice + ", threads " + threads);
        }
    }

    /** Classes of ionice(1). */
    public enum Io {
        /** Best effort, in its middle. */
        NORMAL,
        /** Best effort, after all others. */
        LOW,
        /** Only when nobody else wants the disk. */
        IDLE
    }
}
