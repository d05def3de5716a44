package io.holdfast.storage;

/** The calls of an {@link ObjectStore}, for those who count or disturb them. */
public enum StoreOperation {
    PUT,
    GET,
    GET_RANGE,
    LIST,
    STAT,
    DELETE,
    LOCK,
    THAW;

    /** Whether the call changes what is stored. */
    public boolean isMutation() {
        return this == PUT || this == DELETE || this == LOCK || this == THAW;
    }
}
