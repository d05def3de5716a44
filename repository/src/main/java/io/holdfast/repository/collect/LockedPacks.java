package io.holdfast.repository.collect;

import io.holdfast.repository.Repository;
import io.holdfast.repository.pack.PackId;
import io.holdfast.storage.ObjectStat;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * Packs that a collection would delete or rewrite and that are locked. The store is asked for each such pack, and for no other. Whether one may go is decided by the
 * store when it is deleted; this only saves the work. Not thread-safe.
 */
final class LockedPacks {
    private final Repository repository;
    private final Map<PackId, Instant> ends = new HashMap<>();
    private long bytes;

    LockedPacks(Repository repository) {
        this.repository = repository;
    }

    /** Asks the store. */
    boolean contains(PackId pack, long sizeBytes) {
        if (!repository.store().capabilities().locks() || ends.containsKey(pack)) {
            return ends.containsKey(pack);
        }
        Instant until = repository
                .store()
                .stat(pack.name())
                .map(ObjectStat::lockedUntil)
                .orElse(Instant.EPOCH);
        if (!until.isAfter(repository.settings().clock().instant())) {
            return false;
        }
        ends.put(pack, until);
        bytes += sizeBytes;
        return true;
    }

    /** Whether the store was asked for it and said that it is locked. */
    boolean knows(PackId pack) {
        return ends.containsKey(pack);
    }

    CollectionResult.Locked result() {
        return new CollectionResult.Locked(
                ends.size(),
                bytes,
                ends.values().stream().min(Instant::compareTo).orElse(Instant.EPOCH));
    }
}
