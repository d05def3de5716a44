package io.holdfast.storage;

/** How a put-if-absent ended. */
public enum PutOutcome {
    /** The object was not there; it is now, durably. */
    STORED,
    /**
     * An object of that name is there; it was left alone, and it is durable. It may be the caller's own: an earlier attempt
     * whose answer was lost, also one that a retrying decorator made within the same call. Who has to know compares.
     */
    ALREADY_THERE
}
