package io.holdfast.storage;

/** How fast a readable copy of an archived object is wanted; faster costs more. */
public enum ThawTier {
    BULK,
    STANDARD,
    EXPEDITED
}
