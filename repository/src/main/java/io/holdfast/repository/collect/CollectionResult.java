package io.holdfast.repository.collect;

import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.snapshot.SnapshotId;
import java.time.Instant;
import java.util.List;

/**
 * What a collection did, or in a dry run would do.
 *
 * @param packs in the repository when it began
 * @param storedBytes in packs when it began
 * @param deletedPacks packs deleted
 * @param freedBytes of deleted packs
 * @param condemnedPacks packs that will be deleted when the sessions in {@code waitingFor} have ended
 * @param repackedPacks packs whose live chunks were rewritten
 * @param repackedBytes size of those packs
 * @param retired names of old snapshots that were cleared away
 * @param archivedPacks packs with garbage in them that stay as they are, because they would have to be thawed
 * @param locked packs that nobody needs any more, or only parts of, and that the store has locked
 * @param damagedPacks packs in which something could not be read that other packs were to be given up for
 */
public record CollectionResult(
        long packs,
        long storedBytes,
        long deletedPacks,
        long freedBytes,
        long condemnedPacks,
        long condemnedBytes,
        long repackedPacks,
        long repackedBytes,
        long retired,
        long archivedPacks,
        List<SnapshotId> waitingFor,
        Locked locked,
        List<PackId> damagedPacks) {
    /**
     * What stays because of a lock.
     *
     * @param firstEnd when the first of these locks ends; {@link Instant#EPOCH} where there are none
     */
    public record Locked(long packs, long bytes, Instant firstEnd) {}
}
