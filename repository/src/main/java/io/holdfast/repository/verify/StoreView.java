package io.holdfast.repository.verify;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSegment;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackListing;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the store holds at one moment, read without a cache: live snapshots, then the index, then the packs. What a snapshot in it
 * needs is in its packs, unless a collection deleted it meanwhile; then another look shows a snapshot less or a pack more.
 *
 * @param listed the packs
 */
record StoreView(List<Snapshot> snapshots, Index index, PackListing listed) {
    private static final int ATTEMPTS = 20;

    static StoreView take(Repository repository) {
        List<Snapshot> snapshots = repository.snapshots().listFromStore().live();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Optional<Index> index = index(repository);
            if (index.isPresent()) {
                return new StoreView(snapshots, index.get(), PackListing.of(repository.store()));
            }
        }
        throw new HoldfastException(
                ErrorCode.FAILED, "the index changed " + ATTEMPTS + " times while it was read", "Try again.");
    }

    /** The same with packs that no index segment knows: whole segments may be gone. */
    StoreView withUnindexed(Repository repository) {
        return new StoreView(snapshots, repository.indexes().withUnindexed(index), listed);
    }

    Map<PackId, Long> packs() {
        return listed.sizes();
    }

    Set<PackId> archived() {
        return listed.archived();
    }

    /** How many archived packs no segment knows: what is in them cannot be found out before they are thawed. */
    long archivedAndUnknown() {
        return listed.archivedBesides(index.packs());
    }

    /** Whether a pack of this view is gone now: then a collection is at work. */
    boolean hasLostPacks(Repository repository) {
        return !PackListing.of(repository.store()).packs().containsAll(listed.packs());
    }

    /** Whether all these snapshots are live in it. */
    boolean shows(List<Snapshot> others) {
        Set<SnapshotId> live = snapshots.stream().map(Snapshot::id).collect(Collectors.toSet());
        return others.stream().map(Snapshot::id).allMatch(live::contains);
    }

    /** Whether it has the chunk in a pack that was there. */
    boolean hasCopy(ChunkId chunk) {
        return index.findAll(chunk).stream()
                .anyMatch(place -> listed.has(place.frame().pack()));
    }

    private static void rethrowUnlessDamage(HoldfastException e) {
        if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.UNSUPPORTED_VERSION) {
            throw e;
        }
    }

    /** Damaged segments, which were told before, are made up for. Empty where one vanished after it was listed. */
    private static Optional<Index> index(Repository repository) {
        List<IndexSegment> segments = new ArrayList<>();
        List<String> damaged = new ArrayList<>();
        for (String name : repository.indexes().names()) {
            try {
                Optional<IndexSegment> segment = repository.indexes().readFromStore(name);
                if (segment.isEmpty()) {
                    return Optional.empty();
                }
                segments.add(segment.get());
            } catch (HoldfastException e) {
                rethrowUnlessDamage(e);
                damaged.add(name);
            }
        }
        Index index = new Index(segments, damaged);
        // What a reader in this process found out does not count: whether segments are missing is to be told.
        return Optional.of(damaged.isEmpty() ? index : repository.indexes().withUnindexed(index));
    }
}
