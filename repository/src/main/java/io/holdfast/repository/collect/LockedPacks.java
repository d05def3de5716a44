package io.holdfast.repository.collect;

import io.holdfast.repository.Repository;
import io.holdfast.repository.pack.PackId;
import io.holdfast.storage.ObjectStat;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Packs that a collection would delete or rewrite and that are locked. The store is asked for each such pack, and for no other. Whether one may go is decided by the
 * store when it is deleted; this only saves the work. Not thread-safe.
 */
final class LockedPacks {
    private final Repository repository;
    private final Map<PackId, Instant> ends = new HashMap<>();
    private final Set<PackId> counted = new HashSet<>();
    private long bytes;

    LockedPacks(Repository repository) {
        this.repository = repository;
    }

    /** Whether a pack that should go is locked; it is counted then. */
    boolean contains(PackId pack, long sizeBytes) {
        if (counted.contains(pack)) {
            return true;
        }
        if (!isLocked(pack)) {
            return false;
        }
        counted.add(pack);
        bytes += sizeBytes;
        return true;
    }

    /** Counts a pack that the store has refused to delete: whatever was known of it, somebody has locked it since. */
    void wasRefused(PackId pack, long sizeBytes) {
        ends.remove(pack);
        boolean ignored = contains(pack, sizeBytes);
    }

    /** Asks the store, once for each pack. */
    boolean isLocked(PackId pack) {
        return repository.store().capabilities().locks()
                && ends.computeIfAbsent(
                                pack,
                                asked -> repository
                                        .store()
                                        .stat(asked.name())
                                        .map(ObjectStat::lockedUntil)
                                        .orElse(Instant.EPOCH))
                        .isAfter(repository.settings().clock().instant());
    }

    CollectionResult.Locked result() {
        return new CollectionResult.Locked(
                counted.size(),
                bytes,
                counted.stream()
                        .map(pack -> ends.getOrDefault(pack, Instant.EPOCH))
                        .min(Instant::compareTo)
                        .orElse(Instant.EPOCH));
    }
}
