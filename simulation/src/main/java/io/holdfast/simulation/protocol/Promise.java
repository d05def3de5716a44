package io.holdfast.simulation.protocol;

/** What a repository owes to each live snapshot. */
enum Promise {
    /** Each of its chunks has a copy in a pack that exists. */
    STORED,
    /** Each of its chunks has a copy in a pack that exists and is indexed, so that a reader finds it. */
    STORED_AND_INDEXED
}
