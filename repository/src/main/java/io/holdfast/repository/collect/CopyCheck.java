package io.holdfast.repository.collect;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.collect.PackContents.HalfId;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.pack.PackReader.FramePlace;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Reads the copies on whose account another copy is given up (step C7): the index may say that a chunk lies elsewhere, but no safety
 * rule trusts the index (invariant 3). Only copies that this collection wrote itself are taken for good unread. One thread.
 */
final class CopyCheck implements AutoCloseable {
    private static final byte[] NOTHING = new byte[0];

    private final PackReader reader;
    private final ChunkHasher hasher;
    private final Set<PackId> written;
    private final Set<PackId> damaged = new HashSet<>();
    /** The frame read last: neighbours in a pack that is given up are mostly neighbours in the one that stays. */
    private Optional<FramePlace> place = Optional.empty();

    private Optional<FrameCodec.Decoded> frame = Optional.empty();

    /** @param written packs that this collection wrote itself */
    CopyCheck(Repository repository, Set<PackId> written) {
        this.reader = new PackReader(repository.store(), repository.keyring());
        this.hasher = new ChunkHasher(repository.keyring().idKey());
        this.written = written;
    }

    private record Doubt(HalfId chunk, List<ChunkPlace> places) {
        FramePlace first() {
            return places.getFirst().frame();
        }
    }

    /**
     * Whether each of these chunks has an intact copy.
     *
     * @param usable packs that count: they exist and stand on no condemned list, the own one included
     */
    boolean allHaveCopies(List<HalfId> chunks, Index index, Predicate<PackId> usable) {
        List<Doubt> doubts = new ArrayList<>();
        for (HalfId chunk : chunks) {
            List<ChunkPlace> places = index.intactPlaces(chunk.a(), chunk.b()).stream()
                    .filter(copy -> usable.test(copy.frame().pack()))
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

    /** Packs that did not give back what the index says they have. */
    Set<PackId> damaged() {
        return damaged;
    }

    @Override
    public void close() {
        reader.close();
    }

    private boolean isIntact(ChunkPlace copy, HalfId chunk) {
        Optional<FrameCodec.Decoded> read = read(copy.frame());
        if (read.isEmpty()) {
            return false;
        }
        FrameCodec.Decoded decoded = read.get();
        if (copy.ordinal() < decoded.chunkCount()) {
            ChunkId id = hasher.id(decoded.plain(), decoded.starts()[copy.ordinal()], decoded.length(copy.ordinal()));
            if (id.a() == chunk.a() && id.b() == chunk.b()) {
                return true;
            }
        }
        damaged.add(copy.frame().pack());
        return false;
    }

    /** Empty where it is damaged, or gone. */
    private Optional<FrameCodec.Decoded> read(FramePlace wanted) {
        if (place.isPresent() && place.get().equals(wanted)) {
            return frame;
        }
        place = Optional.of(wanted);
        try {
            frame = reader.readFrame(wanted, NOTHING);
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            damaged.add(wanted.pack());
            frame = Optional.empty();
        }
        return frame;
    }
}
