package io.holdfast.repository.lock;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.crypto.SealedKey;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackListing;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Locks what it takes to restore a snapshot (steps L1 and L3). Thread-safe. */
public final class SnapshotLocks {
    private static final int ATTEMPTS = 20;
    /** Before what is not found is damage. */
    private static final int LOOKS = 4;

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
        Instant now = repository.settings().clock().instant();
        Instant until = dateAfter(repository.store(), now, wanted);
        if (!repository.keyring().isWriteOnly()) {
            LockDates.requireSoundClock(now, newestSnapshot());
        }
        return until;
    }

    /**
     * The same for a host that cannot tell when the newest snapshot was made.
     *
     * @throws HoldfastException {@code REFUSED} where the store cannot lock
     */
    public static Instant dateAfter(ObjectStore store, Instant now, Duration wanted) {
        if (!store.capabilities().locks()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    store.describe() + " cannot lock snapshots",
                    "Use a bucket with Object Lock, or leave --lock-for out.");
        }
        return LockDates.after(now, wanted);
    }

    /** The latest date until which the store has locked any of these; {@link Instant#EPOCH} where none is locked now. */
    public Instant latestOf(Collection<ObjectName> names) {
        Instant latest = Instant.EPOCH;
        for (ObjectName name : repository.store().capabilities().locks() ? names : List.<ObjectName>of()) {
            Instant until =
                    repository.store().stat(name).map(ObjectStat::lockedUntil).orElse(Instant.EPOCH);
            latest = until.isAfter(latest) ? until : latest;
        }
        return latest.isAfter(repository.settings().clock().instant()) ? latest : Instant.EPOCH;
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
     * @param used what a host that cannot read older packs referred to, with their key epochs
     * @param parent what it was made from: where that is locked as long, what both reach is locked already
     * @param isLocked packs that have this date already
     * @throws HoldfastException {@code DAMAGED} where something of it is gone
     */
    public void lock(
            PageRef root,
            Optional<Snapshot> parent,
            Instant until,
            Map<PackId, Integer> used,
            Predicate<PackId> isLocked) {
        if (repository.keyring().isWriteOnly()) {
            lockUsed(used, until);
            return;
        }
        Optional<PageRef> covered = parent.map(Snapshot::manifest)
                .filter(older -> !older.lockedUntil().isBefore(until))
                .flatMap(older -> older.root());
        Set<PackId> done = new HashSet<>();
        boolean isWhole = false;
        for (int attempt = 1; attempt <= ATTEMPTS && !isWhole; attempt++) {
            try {
                isWhole = lockReached(
                        root, covered, until, pack -> isLocked.test(pack) || done.contains(pack), done::add);
            } catch (HoldfastException e) {
                // A listing of an index that is just being joined may have neither the old segments nor the new one.
                if (e.code() != ErrorCode.DAMAGED || attempt >= LOOKS) {
                    throw e;
                }
            }
        }
        if (!isWhole) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    "packs vanished " + ATTEMPTS + " times while they were locked until " + until,
                    "Try again.");
        }
        if (covered.isEmpty()) {
            lockKeys(until);
        }
    }

    /** False where a pack vanished that had been listed: a collection may have deleted a copy too many, and there are others. */
    private boolean lockReached(
            PageRef root,
            Optional<PageRef> covered,
            Instant until,
            Predicate<PackId> isLocked,
            Consumer<PackId> locked) {
        PackListing listed = PackListing.of(repository.store());
        Index index = repository.indexes().load();
        Set<PackId> packs;
        try (ChunkReader chunks = repository.newChunkReader(index)) {
            packs = new ReachedPacks(index, chunks, listed::has).of(root, covered);
        }
        for (PackId pack : packs.stream().filter(isLocked.negate()).sorted().toList()) {
            if (!repository.store().lock(pack.name(), until)) {
                return false;
            }
            locked.accept(pack);
        }
        return true;
    }

    /** Without these nothing can be read. */
    private void lockKeys(Instant until) {
        for (ObjectName slot : repository.keySlots().names()) {
            boolean ignored = repository.store().lock(slot, until); // One that is removed meanwhile is no loss.
        }
        lock(repository.configName(), until);
    }

    private void lockUsed(Map<PackId, Integer> used, Instant until) {
        used.keySet().stream().sorted().forEach(pack -> lock(pack.name(), until));
        Set<Integer> epochs = new TreeSet<>(used.values());
        epochs.add(repository.keyring().currentEpoch());
        epochs.forEach(epoch -> lock(SealedKey.nameOf(epoch), until));
        // Of which of them this host is, it need not know here; there is one for each host.
        lockAll(SealedKey.DOMAINS, until);
        lockKeys(until);
    }

    /** Locks all that a live snapshot reaches, and its manifest. */
    void lockLive(Snapshot snapshot, Instant until) {
        snapshot.manifest().root().ifPresent(root -> lock(root, Optional.empty(), until, Map.of(), pack -> false));
        // Some of them, where a host made it that can only write.
        lockAll(SealedKey.DOMAINS, until);
        lockAll(SealedKey.SESSIONS, until);
        lock(snapshot.id().snapshotName(), until);
    }

    private void lockAll(String prefix, Instant until) {
        repository.store().names(prefix).forEach(name -> lock(name, until));
    }

    private void lock(ObjectName name, Instant until) {
        if (!repository.store().lock(name, until)) {
            throw HoldfastException.damaged(name + ": is gone, and should be locked until " + until);
        }
    }
}
