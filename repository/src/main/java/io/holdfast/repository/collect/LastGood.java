package io.holdfast.repository.collect;

import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Source;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The snapshot of each source that always stays: the newest complete one. A source that never had a complete one keeps its newest
 * all the same, because most of a backup is better than none.
 */
public final class LastGood {
    /** Why it is kept. */
    public static final String REASON = "last good of its source";

    private LastGood() {}

    /** @param live all live snapshots, oldest first */
    public static Set<SnapshotId> of(List<Snapshot> live) {
        Map<Source, Snapshot> best = new HashMap<>();
        for (Snapshot snapshot : live) {
            best.merge(
                    snapshot.manifest().source(),
                    snapshot,
                    (older, newer) -> newer.isComplete() || !older.isComplete() ? newer : older);
        }
        Set<SnapshotId> ids = new HashSet<>();
        best.values().forEach(snapshot -> ids.add(snapshot.id()));
        return ids;
    }

    /**
     * Those of {@code named} that cannot be forgotten together: without them their source would be left without any
     * snapshot, or without a complete one where it has one now. The newest may go as long as another good one stays.
     *
     * @param live all live snapshots, oldest first
     */
    public static List<Snapshot> irreplaceable(List<Snapshot> live, Collection<Snapshot> named) {
        List<Snapshot> remaining = live.stream().filter(s -> !named.contains(s)).toList();
        Map<Source, Boolean> goodLeft = new HashMap<>();
        remaining.forEach(s -> goodLeft.merge(s.manifest().source(), s.isComplete(), Boolean::logicalOr));
        Set<SnapshotId> lastGood = of(live);
        return live.stream()
                .filter(s -> named.contains(s) && lastGood.contains(s.id()))
                .filter(s -> {
                    Boolean good = goodLeft.get(s.manifest().source());
                    return good == null || (s.isComplete() && !good);
                })
                .toList();
    }
}
