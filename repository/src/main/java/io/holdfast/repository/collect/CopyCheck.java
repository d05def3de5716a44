package io.holdfast.repository.collect;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.BaseChunks;
import io.holdfast.repository.ChunkProbe;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.collect.PackContents.HalfId;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.pack.PackReader.FramePlace;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/**
 * Reads the copies on whose account another copy is given up (step C7): the index may say that a chunk lies elsewhere, but no safety
 * rule trusts the index (invariant 3). Only copies that this collection wrote itself are taken for good unread. One thread.
 */
final class CopyCheck implements AutoCloseable {
    /** Its own: what was in memory before says nothing about the store. */
    private final BaseChunks bases;

    private final ChunkProbe probe;
    private final Set<PackId> written;
    private final Set<PackId> damaged = new HashSet<>();

    /** @param written packs that this collection wrote itself */
    CopyCheck(Repository repository, Set<PackId> written) {
        this.bases = repository.newBaseChunks();
        this.probe = new ChunkProbe(
                new PackReader(repository.store(), repository.keyring(), bases), new ChunkHasher(repository.keyring()));
        this.written = written;
    }

    private record Doubt(HalfId chunk, List<ChunkPlace> places) {
        FramePlace first() {
            return places.getFirst().frame();
        }
    }

    /**
     * Whether each of these chunks has an intact copy for which its own may be given up (step C7).
     *
     * @param known what is in packs that exist; those count that stand on no condemned list, the own one included
     */
    boolean allHaveCopies(List<HalfId> chunks, Copies known) {
        return areIntact(chunks, known, (chunk, copy) -> {
            boolean isBroken = known.isBroken(chunk.bases());
            return known.usable().test(copy.frame().pack())
                    && (isBroken ? mayBrokenGiveWay(chunk, copy, known) : chunk.mayGiveWayTo(copy));
        });
    }

    /**
     * Whether each of these chunks has an intact copy that counts.
     *
     * @param asBase chunks of which only a copy in full is any use
     */
    boolean canAllBeRead(List<HalfId> chunks, Copies known, Predicate<HalfId> asBase) {
        return areIntact(
                chunks, known, (chunk, copy) -> known.counts(copy) && (!copy.isDelta() || !asBase.test(chunk)));
    }

    private boolean areIntact(List<HalfId> chunks, Copies known, BiPredicate<HalfId, ChunkPlace> mayBe) {
        List<Doubt> doubts = new ArrayList<>();
        for (HalfId chunk : chunks) {
            List<ChunkPlace> places = known.index().usablePlaces(chunk.a(), chunk.b()).stream()
                    .filter(copy -> mayBe.test(chunk, copy))
                    .toList();
            if (places.isEmpty()) {
                return false;
            }
            if (places.stream().noneMatch(copy -> written.contains(copy.frame().pack()))) {
                doubts.add(new Doubt(chunk, places));
            }
        }
        // Each frame is read once, in the order in which it lies.
        doubts.sort(Comparator.comparing((Doubt doubt) -> doubt.first().pack())
                .thenComparing(doubt -> doubt.first().offset(), Integer::compareUnsigned));
        for (Doubt doubt : doubts) {
            if (doubt.places().stream().noneMatch(copy -> isIntact(copy, doubt.chunk()))) {
                return false;
            }
        }
        return true;
    }

    /** For any that counts; or for itself, moved. */
    private boolean mayBrokenGiveWay(HalfId delta, ChunkPlace copy, Copies known) {
        return known.counts(copy)
                || delta.mayGiveWayTo(copy) && written.contains(copy.frame().pack());
    }

    /** Packs that did not give back what the index says they have. */
    Set<PackId> damaged() {
        return damaged;
    }

    @Override
    public void close() {
        probe.close();
        bases.close();
    }

    private boolean isIntact(ChunkPlace copy, HalfId chunk) {
        boolean intact;
        try {
            intact = probe.isIntact(copy, chunk.a(), chunk.b());
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.REFUSED) {
                throw e;
            }
            return false; // Archived: nobody knows, so nothing is given up for it.
        }
        if (!intact) {
            damaged.add(copy.frame().pack());
        }
        return intact;
    }
}
