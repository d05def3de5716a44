package io.holdfast.storage;

/** Whether the bytes of an object can be read now. */
public enum Availability {
    /** At once; of an archived object until the store takes its readable copy away again. */
    READABLE,
    /** In an archive class: a readable copy has to be asked for. */
    ARCHIVED,
    /** Asked for, and not there yet. */
    THAWING
}
