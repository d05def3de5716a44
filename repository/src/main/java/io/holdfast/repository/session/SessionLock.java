package io.holdfast.repository.session;

import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.PageRef;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The lock of a session (docs/repository-format.md, section 13, Locks).
 *
 * @param until the session's packs and its snapshot are locked that long
 */
public record SessionLock(Instant until, Extension extension) {
    /** Locks what a snapshot reaches (step L3). */
    @FunctionalInterface
    public interface Extension {
        /**
         * To be called when all of it is durable and indexed, before the commit.
         *
         * @param parent what the snapshot was made from
         * @param isLocked packs that have the date already
         */
        void lock(PageRef root, Optional<Snapshot> parent, Instant until, Predicate<PackId> isLocked);
    }
}
