package io.holdfast.storage;

/** How a put-if-absent ended. */
public enum PutOutcome {
    /** The object was not there; it is now, durably. */
    STORED,
    /** An object of that name is there; it was left alone, and it is durable. */
    ALREADY_THERE
}
