package io.holdfast.repository.collect;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.pack.PackId;
import java.util.List;
import java.util.function.Predicate;

/**
 * Which copies of a chunk count, by one index and one listing (docs/repository-format.md, section 13): a delta only with all that it is built on. Those in
 * packs that were given up never do.
 *
 * @param exists packs that are in the store, on condemned lists or not
 * @param usable those of them that may be relied on
 */
record Copies(Index index, Predicate<PackId> exists, Predicate<PackId> usable) {
    /** Whether it can be read no more, whoever reads: something that it is built on is nowhere in full. False for a copy in full. */
    boolean isBroken(List<ChunkId> bases) {
        return !areInFull(bases, exists);
    }

    boolean counts(ChunkPlace copy) {
        return usable.test(copy.frame().pack()) && areInFull(copy.bases(), usable);
    }

    boolean hasOneThatCounts(long a, long b) {
        return index.usablePlaces(a, b).stream().anyMatch(this::counts);
    }

    private boolean areInFull(List<ChunkId> bases, Predicate<PackId> where) {
        return bases.stream()
                .allMatch(base -> index.usablePlaces(base.a(), base.b()).stream()
                        .anyMatch(place ->
                                !place.isDelta() && where.test(place.frame().pack())));
    }
}
