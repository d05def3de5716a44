package io.holdfast.repository.collect;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexStore;
import io.holdfast.repository.pack.PackListing;
import io.holdfast.repository.snapshot.Snapshot;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Marks what live snapshots reach, as often as a collection looks (steps C1 and C6). For one run and one thread. */
final class Marking {
    private final Repository repository;
    private final boolean dryRun;
    /** What was marked already, and found whole. */
    private Optional<ReachableChunks> marked = Optional.empty();

    /** @param dryRun makes nothing in the store: what no segment knows is looked up for this run alone */
    Marking(Repository repository, boolean dryRun) {
        this.repository = repository;
        this.dryRun = dryRun;
    }

    /** What is reached from these snapshots, and the index in which it was looked up. */
    record Marked(List<Snapshot> live, Index index, ReachableChunks reachable) {}

    /** The same with the packs that were there. */
    private record Look(Index index, PackListing packs, ReachableChunks reachable) {}

    /**
     * Marks from the snapshots that are live now.
     *
     * @throws HoldfastException {@code DAMAGED} or {@code REFUSED} where one of them misses something
     */
    Marked mark() {
        return ofLive(this::mark);
    }

    /** Throws where a live snapshot needs what is not in this index. */
    void requireAllIn(Index known) {
        Index ignored = ofLive(live -> requireAllFound(look(live, known)).index());
    }

    /** The index, whole: what is not in it may be deleted. */
    Index wholeIndex() {
        Index index = repository.indexes().load();
        if (dryRun) {
            return repository.indexes().complete(index);
        }
        if (!index.damaged().isEmpty()) {
            throw new HoldfastException(
                    ErrorCode.DAMAGED,
                    IndexStore.PREFIX + index.damaged().getFirst() + " cannot be read; nothing more was deleted",
                    "Run 'holdfast prune' again: it makes the index anew.");
        }
        return index;
    }

    /**
     * Marks from the live snapshots. What misses something may have been forgotten and collected by others meanwhile: only where all are live
     * still, it is damage.
     */
    private <T> T ofLive(Function<List<Snapshot>, T> marking) {
        List<Snapshot> live = repository.snapshots().liveOrFail();
        while (true) {
            try {
                return marking.apply(live);
            } catch (HoldfastException e) {
                List<Snapshot> now =
                        e.code() == ErrorCode.DAMAGED ? repository.snapshots().liveOrFail() : live;
                if (now.containsAll(live)) {
                    throw e;
                }
                live = now;
            }
        }
    }

    /**
     * Marks what these snapshots reach. Where no segment knows something of it, a segment may be gone altogether: then packs that are
     * unknown are made known first.
     */
    private Marked mark(List<Snapshot> live) {
        Look look = look(live, wholeIndex());
        if (look.reachable().missing() > 0) {
            if (dryRun) {
                look = look(live, repository.indexes().withUnindexed(look.index()));
            } else {
                repository.indexes().publishUnindexed(look.index());
                look = look(live, wholeIndex());
            }
        }
        ReachableChunks reachable = requireAllFound(look).reachable();
        marked = Optional.of(reachable);
        return new Marked(live, look.index(), reachable);
    }

    private Look look(List<Snapshot> live, Index index) {
        try (ChunkReader chunks = repository.newChunkReader(index)) {
            PackListing packs = PackListing.of(repository.store());
            return new Look(
                    index,
                    packs,
                    ReachableChunks.from(
                            live,
                            index,
                            chunks,
                            packs::has,
                            repository.scratch(),
                            marked.filter(earlier -> earlier.isOfNoneBut(live))));
        }
    }

    private static Look requireAllFound(Look look) {
        ReachableChunks reachable = look.reachable();
        if (reachable.missing() > 0) {
            long unknown = look.packs().archivedBesides(look.index().packs());
            if (unknown > 0) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        "a snapshot needs chunk "
                                + reachable.oneMissing()
                                + ", which no index segment knows, and " + unknown
                                + " archived packs are in no segment either; nothing more was deleted",
                        "Run 'holdfast repair --thaw bulk', which reads them, or put the index segment back from a copy of the repository.");
            }
            throw new HoldfastException(
                    ErrorCode.DAMAGED,
                    "a snapshot needs chunk "
                            + reachable.oneMissing()
                            + (reachable.missing() > 1 ? " and " + (reachable.missing() - 1) + " more" : "")
                            + ", which is in no pack that can be relied on; nothing more was deleted",
                    "'holdfast verify' names the snapshots that are hit. Run 'holdfast repair' and a backup of the same paths, or give them up with 'holdfast forget'.");
        }
        return look;
    }
}
