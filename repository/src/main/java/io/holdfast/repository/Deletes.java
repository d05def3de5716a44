package io.holdfast.repository;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;

/** Deletes of what may as well go later: a store may have locked it (docs/repository-format.md, section 13, Locks). */
public final class Deletes {
    private Deletes() {}

    /** What came of a delete. */
    public enum Outcome {
        DELETED,
        WAS_GONE,
        /** The store refuses; later it may not. */
        REFUSED
    }

    /** Deletes the object where the store lets it go. */
    public static Outcome unlessRefused(ObjectStore store, ObjectName name) {
        try {
            return store.delete(name) ? Outcome.DELETED : Outcome.WAS_GONE;
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.REFUSED) {
                throw e;
            }
            return Outcome.REFUSED;
        }
    }
}
