package io.holdfast.repository.collect;

import io.holdfast.repository.Deletes;
import io.holdfast.repository.Repository;
import io.holdfast.repository.snapshot.Roster;
import io.holdfast.repository.snapshot.SnapshotId;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Deletes manifests, tombstones and forget markers that no longer decide anything: ids older than the newest roster and not on it, as
 * long as no condemned list is newer than that roster (docs/protocol-model.md tells what happens otherwise).
 */
final class NameRetirement {
    private final Repository repository;

    NameRetirement(Repository repository) {
        this.repository = repository;
    }

    /** The number of ids retired; empty where this is not the moment. */
    Optional<Long> run() {
        Roster roster = repository.snapshots().newestRoster();
        boolean newerListStands = repository.snapshots().ids(CondemnedList.PREFIX).stream()
                .anyMatch(list -> list.generation() >= roster.generation());
        if (roster.generation() == 0
                || newerListStands
                || !repository.snapshots().newestRoster().hash().equals(roster.hash())) {
            return Optional.empty();
        }
        Set<SnapshotId> working = new HashSet<>(repository.sessions().ids());
        Set<SnapshotId> retired = new HashSet<>();
        Set<SnapshotId> locked = new HashSet<>();
        for (String prefix : List.of(SnapshotId.SNAPSHOTS, SnapshotId.FORGOTTEN)) {
            for (SnapshotId id : repository.snapshots().ids(prefix)) {
                if (!roster.admits(id) && !working.contains(id) && !locked.contains(id)) {
                    // The manifest goes before its marker; without both the roster still says that it is gone.
                    boolean isSnapshot = prefix.equals(SnapshotId.SNAPSHOTS);
                    if (Deletes.unlessRefused(repository.store(), isSnapshot ? id.snapshotName() : id.forgottenName())
                            != Deletes.Outcome.REFUSED) {
                        retired.add(id);
                    } else if (isSnapshot) {
                        locked.add(id);
                    }
                }
            }
        }
        return Optional.of((long) retired.size());
    }
}
