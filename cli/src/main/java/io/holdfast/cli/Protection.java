package io.holdfast.cli;

import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.RetentionPolicy.Decision;
import io.holdfast.repository.lock.Hold;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.storage.ObjectStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Why snapshots cannot be removed now.
 *
 * @param store asked whether a snapshot is locked of which its manifest does not say so: a hold may have done that
 * @param held those that somebody holds
 * @param lockedByHolds until when the holds that are there have locked them
 */
record Protection(ObjectStore store, Instant now, Set<SnapshotId> held, Map<SnapshotId, Instant> lockedByHolds) {
    static Protection of(Repository repository) {
        Map<SnapshotId, Instant> locked = new HashMap<>();
        for (Hold hold : repository.holds().all()) {
            locked.merge(hold.snapshot(), hold.until(), Protection::later);
        }
        return new Protection(
                repository.store(),
                repository.settings().clock().instant(),
                repository.holds().held(),
                locked);
    }

    boolean isHeld(SnapshotId id) {
        return held.contains(id);
    }

    /**
     * Until when it is locked at least: a hold that was removed may have locked it for longer, which only the store knows. {@link Instant#EPOCH} where nothing
     * is known of a lock.
     */
    Instant lockedUntil(Snapshot snapshot) {
        return later(snapshot.manifest().lockedUntil(), lockedByHolds.getOrDefault(snapshot.id(), Instant.EPOCH));
    }

    /** Empty where nothing keeps it. */
    List<String> reasons(Snapshot snapshot) {
        return reasons(snapshot, lockedUntil(snapshot));
    }

    /** The same for one that is about to be removed: the store is asked, too. */
    List<String> reasonsAgainstRemoving(Snapshot snapshot) {
        Instant known = lockedUntil(snapshot);
        return reasons(
                snapshot,
                store.capabilities().locks()
                        ? store.stat(snapshot.id().snapshotName())
                                .map(object -> later(known, object.lockedUntil()))
                                .orElse(known)
                        : known);
    }

    private List<String> reasons(Snapshot snapshot, Instant until) {
        List<String> reasons = new ArrayList<>();
        if (until.isAfter(now)) {
            reasons.add("locked until " + Formats.local(until));
        }
        if (isHeld(snapshot.id())) {
            reasons.add("held");
        }
        return reasons;
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    /** The decision of a policy, unless this keeps the snapshot. */
    Decision applied(Decision decision) {
        return decision.isKept()
                ? decision
                : new Decision(decision.snapshot(), reasonsAgainstRemoving(decision.snapshot()));
    }
}
