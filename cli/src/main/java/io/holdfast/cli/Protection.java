package io.holdfast.cli;

import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.RetentionPolicy.Decision;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Why snapshots cannot be removed now.
 *
 * @param store asked whether a snapshot is locked of which its manifest does not say so: a hold may have done that
 * @param held those that somebody holds
 */
record Protection(ObjectStore store, Instant now, Set<SnapshotId> held) {
    static Protection of(Repository repository) {
        return new Protection(
                repository.store(),
                repository.settings().clock().instant(),
                repository.holds().held());
    }

    boolean isHeld(SnapshotId id) {
        return held.contains(id);
    }

    boolean isLocked(Snapshot snapshot) {
        return snapshot.manifest().lockedUntil().isAfter(now);
    }

    /** Empty where nothing keeps it. */
    List<String> reasons(Snapshot snapshot) {
        List<String> reasons = new ArrayList<>();
        if (isLocked(snapshot)) {
            reasons.add("locked until " + Formats.local(snapshot.manifest().lockedUntil()));
        }
        if (isHeld(snapshot.id())) {
            reasons.add("held");
        }
        return reasons;
    }

    /** The same for one that is about to be removed: the store is asked, too. */
    List<String> reasonsAgainstRemoving(Snapshot snapshot) {
        List<String> reasons = reasons(snapshot);
        if (!isLocked(snapshot) && store.capabilities().locks()) {
            Instant until = store.stat(snapshot.id().snapshotName())
                    .map(ObjectStat::lockedUntil)
                    .orElse(Instant.EPOCH);
            if (until.isAfter(now)) {
                reasons.add("locked until " + Formats.local(until));
            }
        }
        return reasons;
    }

    /** The decision of a policy, unless this keeps the snapshot. */
    Decision applied(Decision decision) {
        return decision.isKept()
                ? decision
                : new Decision(decision.snapshot(), reasonsAgainstRemoving(decision.snapshot()));
    }
}
