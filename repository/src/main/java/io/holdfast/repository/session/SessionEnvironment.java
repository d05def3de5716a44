package io.holdfast.repository.session;

import io.holdfast.core.MonotonicClock;
import io.holdfast.repository.BaseChunks;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.index.IndexStore;
import io.holdfast.repository.pack.PackPipeline;
import io.holdfast.repository.snapshot.Markers;
import io.holdfast.repository.snapshot.Snapshots;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.storage.ObjectStore;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;

/**
 * What a session works with.
 *
 * @param lock the date until which the snapshot is locked; empty for no lock
 * @param bases what deltas are built on; empty where the repository takes none
 */
public record SessionEnvironment(
        ObjectStore store,
        Keyring keyring,
        Sealer sealer,
        Markers markers,
        Snapshots snapshots,
        Sessions sessions,
        IndexStore indexes,
        Optional<SessionLock> lock,
        Optional<BaseChunks> bases,
        PackPipeline.PackSizes packSizes,
        int threads,
        HostIdentity self,
        SecureRandom random,
        InstantSource clock,
        MonotonicClock waits) {

    /** The same for a session with a lock. */
    public SessionEnvironment withLock(SessionLock wanted) {
        return new SessionEnvironment(
                store,
                keyring,
                sealer,
                markers,
                snapshots,
                sessions,
                indexes,
                Optional.of(wanted),
                bases,
                packSizes,
                threads,
                self,
                random,
                clock,
                waits);
    }

    /** The same with another view of the store. */
    public SessionEnvironment withStore(ObjectStore other) {
        return new SessionEnvironment(
                other, keyring, sealer, markers, snapshots, sessions, indexes, lock, bases, packSizes, threads, self,
                random, clock, waits);
    }

    Timestamp now() {
        return Timestamp.of(clock.instant());
    }
}
