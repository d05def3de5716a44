package io.holdfast.catalog;

import java.time.Instant;

/**
 * When a machine was here last, and what it said of itself.
 *
 * @param at not newer than it was, and older by up to {@link #EXACT_SECONDS} seconds
 * @param version of its program
 * @param address from which it came
 * @param facts JSON text: operating system, architecture and such
 */
public record Sighting(Instant at, String version, String address, String facts) {
    /** Machines come every few seconds; to write each time would keep the disk busy. */
    public static final int EXACT_SECONDS = 20;

    static final int MAX_FACTS = 65_536;
}
