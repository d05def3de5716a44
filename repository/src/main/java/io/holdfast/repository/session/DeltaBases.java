package io.holdfast.repository.session;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.DeltaChildren;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.SessionIndex;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides which chunks a new one may be built on, given those of the older version of its file: they are stored in full, may be relied on, carry
 * not too many deltas already, can be read at once, and cost no more to read than is saved. Used by one thread.
 */
final class DeltaBases {
    /** What a small chunk saves, a frame and an entry of its own take. */
    private static final int MIN_CHUNK_BYTES = 4 << 10;

    private static final int MAX_CHILDREN = 64;
    /** No more is read for a chunk than this many times its length: a small one shares its frame with many that are of no use. */
    private static final int MAX_READ_FACTOR = 2;
    /** So much may be read in any case. */
    private static final int CHEAP_READ_BYTES = 64 << 10;

    private final SessionIndex known;
    private final Index index;
    private final Predicate<PackId> archived;
    private @Nullable DeltaChildren children;

    /** @param archived packs that cannot be read: no delta is worth thawing them */
    DeltaBases(SessionIndex known, Index index, Predicate<PackId> archived) {
        this.archived = archived;
        this.known = known;
        this.index = index;
    }

    /** Empty where it shall be stored in full. */
    List<ChunkId> choose(List<ChunkId> older, int length) {
        if (older.isEmpty() || length < MIN_CHUNK_BYTES) {
            return List.of();
        }
        List<ChunkId> bases = new ArrayList<>(older.size());
        long read = 0;
        for (ChunkId chunk : older) {
            for (ChunkId base : inFull(chunk)) {
                Optional<ChunkPlace> place = fullPlace(base);
                if (place.isEmpty() || bases.contains(base) || bases.size() == FrameCodec.MAX_BASES) {
                    continue;
                }
                int storedBytes = place.get().frame().storedBytes();
                if (isExhausted(base, Math.min(storedBytes, length))) {
                    continue;
                }
                read += storedBytes;
                bases.add(base);
            }
        }
        return read > Math.max(CHEAP_READ_BYTES, (long) MAX_READ_FACTOR * length) ? List.of() : bases;
    }

    /** The chunk itself, or what it is built on. */
    private List<ChunkId> inFull(ChunkId chunk) {
        List<ChunkId> bases = List.of();
        for (ChunkPlace place : known.placesBefore(chunk)) {
            if (!place.isDelta()) {
                return List.of(chunk);
            }
            bases = place.bases();
        }
        return bases;
    }

    private Optional<ChunkPlace> fullPlace(ChunkId base) {
        return known.placesBefore(base).stream()
                .filter(place ->
                        !place.isDelta() && !archived.test(place.frame().pack()))
                .findFirst();
    }

    private boolean isExhausted(ChunkId base, int baseBytes) {
        DeltaChildren counted = children;
        if (counted == null) {
            counted = DeltaChildren.of(index);
            children = counted;
        }
        return counted.count(base) >= MAX_CHILDREN || counted.storedBytes(base) >= baseBytes;
    }
}
