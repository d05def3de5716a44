package io.holdfast.core;

import java.time.InstantSource;

/** Where the clock of the machine comes in: for dates that people read, and for the locks of stores. No safety rule reads it. */
public final class WallClock {
    private WallClock() {}

    public static InstantSource system() {
        return InstantSource.system();
    }
}
