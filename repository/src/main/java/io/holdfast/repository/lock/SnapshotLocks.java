package io.holdfast.repository.lock;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Locks what it takes to restore a snapshot (steps L1 and L3). Thread-safe. */
public final class SnapshotLocks {
    private final Repository repository;

    public SnapshotLocks(Repository repository) {
        this.repository = repository;
    }

    /**
     * The date of a session that begins now.
     *
     * @throws HoldfastException {@code REFUSED} where the store cannot lock, or the clock is behind
     */
    public Instant dateAfter(Duration wanted) {
        ObjectStore store = repository.store();
        if (!store.capabilities().locks()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    store.describe() + " cannot lock snapshots",
                    "Use a bucket with Object Lock, or leave --lock-for out.");
        }
        Instant now = repository.settings().clock().instant();
        LockDates.requireSoundClock(now, newestSnapshot());
        return LockDates.after(now, wanted);
    }

    /** The latest date of what is locked now; {@link Instant#EPOCH} where nothing is. What lies in no good pack any more may belong to it. */
    public Instant latest() {
        if (!repository.store().capabilities().locks()) {
            return Instant.EPOCH;
        }
        Instant latest = Instant.EPOCH;
        for (Snapshot snapshot : repository.snapshots().list().live()) {
            latest = later(latest, snapshot.manifest().lockedUntil());
        }
        for (Hold hold : repository.holds().all()) {
            latest = later(latest, hold.until());
        }
        return latest.isAfter(repository.settings().clock().instant()) ? latest : Instant.EPOCH;
    }

    private static Instant later(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }

    private Instant newestSnapshot() {
        return repository.snapshots().list().live().stream()
                .map(snapshot -> snapshot.manifest().ended().toInstant())
                .max(Instant::compareTo)
                .orElse(Instant.EPOCH);
    }

    /**
     * Locks what a snapshot reaches that is to be committed, or is live; all of it is indexed.
     *
     * @param parent what it was made from: where that is locked as long, what both reach is locked already
     * @param isLocked packs that have this date already
     * @throws HoldfastException {@code DAMAGED} where something of it is gone
     */
    public void lock(PageRef root, Optional<Snapshot> parent, Instant until, Predicate<PackId> isLocked) {
        Optional<PageRef> covered = parent.map(Snapshot::manifest)
                .filter(older -> !older.lockedUntil().isBefore(until))
                .flatMap(older -> older.root());
        Set<PackId> listed = listPacks();
        Index index = repository.indexes().load();
        Set<PackId> packs;
        try (ChunkReader chunks = repository.newChunkReader(index)) {
            packs = new ReachedPacks(index, chunks, listed::contains).of(root, covered);
        }
        for (PackId pack : packs.stream().filter(isLocked.negate()).sorted().toList()) {
            lock(pack.name(), until);
        }
        if (covered.isEmpty()) {
            // Without these nothing can be read. The slots first: one that is removed meanwhile is no loss.
            for (ObjectName slot : repository.keySlotNames()) {
                boolean ignored = repository.store().lock(slot, until);
            }
            lock(repository.configName(), until);
        }
    }

    /** Locks all that a live snapshot reaches, and its manifest. */
    void lockLive(Snapshot snapshot, Instant until) {
        snapshot.manifest().root().ifPresent(root -> lock(root, Optional.empty(), until, pack -> false));
        lock(snapshot.id().snapshotName(), until);
    }

    private void lock(ObjectName name, Instant until) {
        if (!repository.store().lock(name, until)) {
            throw HoldfastException.damaged(name + ": is gone, and should be locked until " + until);
        }
    }

    private Set<PackId> listPacks() {
        Set<PackId> listed = new HashSet<>();
        for (PackKind kind : PackKind.values()) {
            repository
                    .store()
                    .list(kind.prefix(), object -> PackId.find(object.name()).ifPresent(listed::add));
        }
        return listed;
    }
}
