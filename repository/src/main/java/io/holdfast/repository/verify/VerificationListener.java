package io.holdfast.repository.verify;

import io.holdfast.core.Bytes;
import io.holdfast.repository.snapshot.Snapshot;

/** Told what a verification finds, from several threads. */
public interface VerificationListener {
    /** Hears nothing: only the result counts. */
    VerificationListener NONE = new VerificationListener() {
        @Override
        public void damaged(String what) {}

        @Override
        public void hit(Snapshot snapshot, Bytes path) {}
    };

    /** An object, or something in it, is not what was written. */
    void damaged(String what);

    /** Something that is no damage but worth knowing. */
    default void note(String text) {}

    /** Damage that hits this path of a live snapshot: it cannot be restored whole. */
    void hit(Snapshot snapshot, Bytes path);

    /** So many bytes are going to be read. */
    default void total(long bytes) {}

    /** Bytes were read and checked. */
    default void read(long bytes) {}
}
