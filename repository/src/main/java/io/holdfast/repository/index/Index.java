package io.holdfast.repository.index;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.PackId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What the segments say together, at one moment. A hint: an entry may name a pack that is gone, and a chunk without an entry may
 * still be in the store. Immutable and safe for many threads.
 */
public final class Index {
    private final List<IndexSegment> segments;
    private final List<String> damaged;

    public Index(List<IndexSegment> segments) {
        this(segments, List.of());
    }

    /** @param damaged leaves of segments that are in the store and cannot be read */
    public Index(List<IndexSegment> segments, List<String> damaged) {
        this.segments = List.copyOf(segments);
        this.damaged = List.copyOf(damaged);
    }

    public static Index empty() {
        return new Index(List.of());
    }

    public List<IndexSegment> segments() {
        return segments;
    }

    /** Leaves of the segments that could not be read. */
    public List<String> damaged() {
        return damaged;
    }

    public long entryCount() {
        return segments.stream().mapToLong(IndexSegment::entryCount).sum();
    }

    /** A place of the chunk, any of several; one that was found damaged only where there is no other. */
    public Optional<ChunkPlace> find(ChunkId id) {
        Optional<ChunkPlace> lost = Optional.empty();
        for (IndexSegment segment : segments) {
            int entry = segment.find(id.a(), id.b());
            if (entry >= 0) {
                for (; segment.matches(entry, id.a(), id.b()); entry++) {
                    if (!segment.isLost(entry)) {
                        return Optional.of(segment.place(entry));
                    }
                    lost = Optional.of(segment.place(entry));
                }
            }
        }
        return lost;
    }

    /** All places of the chunk, copies in different packs. */
    public List<ChunkPlace> findAll(ChunkId id) {
        List<ChunkPlace> places = new ArrayList<>(1);
        for (IndexSegment segment : segments) {
            int entry = segment.find(id.a(), id.b());
            if (entry >= 0) {
                for (; segment.matches(entry, id.a(), id.b()); entry++) {
                    places.add(segment.place(entry));
                }
            }
        }
        return places;
    }

    /** The places of a chunk with this half id that were not found damaged. */
    public List<ChunkPlace> intactPlaces(long a, long b) {
        List<ChunkPlace> places = new ArrayList<>(1);
        for (IndexSegment segment : segments) {
            int entry = segment.find(a, b);
            if (entry >= 0) {
                for (; segment.matches(entry, a, b); entry++) {
                    if (!segment.isLost(entry)) {
                        places.add(segment.place(entry));
                    }
                }
            }
        }
        return places;
    }

    /** Every pack that has entries, once. */
    public Map<PackId, IndexedPack> packs() {
        Map<PackId, IndexedPack> packs = new HashMap<>();
        for (IndexSegment segment : segments) {
            for (int pack = 0; pack < segment.packCount(); pack++) {
                IndexedPack indexed = segment.pack(pack);
                packs.putIfAbsent(indexed.id(), indexed);
            }
        }
        return packs;
    }

    /** Answers for the packs that {@code usable} accepts, which is asked once for each pack of each segment. */
    public UsableIndex usable(Predicate<PackId> usable) {
        return new UsableIndex(segments, usable);
    }
}
