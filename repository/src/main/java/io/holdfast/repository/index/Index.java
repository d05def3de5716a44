package io.holdfast.repository.index;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.PackId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What the segments say together, at one moment. A hint: an entry may name a pack that is gone, and a chunk without an entry may
 * still be in the store. Immutable and safe for many threads.
 */
public final class Index {
    private final List<IndexSegment> segments;
    private final List<String> damaged;
    private final Set<PackId> givenUp;

    public Index(List<IndexSegment> segments) {
        this(segments, List.of());
    }

    /** @param damaged leaves of segments that are in the store and cannot be read */
    public Index(List<IndexSegment> segments, List<String> damaged) {
        this.segments = List.copyOf(segments);
        this.damaged = List.copyOf(damaged);
        this.givenUp = givenUp(this.segments);
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

    /**
     * Whether a repair found this pack damaged, as any segment says. Others may have been put by somebody who did not know it yet; so the
     * mark of one is enough.
     */
    public boolean isGivenUp(PackId pack) {
        return givenUp.contains(pack);
    }

    /**
     * A place of the chunk, any of several; a delta only where it is nowhere in full, and one in a pack that was given up only where there is no
     * other.
     */
    public Optional<ChunkPlace> find(ChunkId id) {
        Optional<ChunkPlace> delta = Optional.empty();
        Optional<ChunkPlace> last = Optional.empty();
        for (IndexSegment segment : segments) {
            int entry = segment.find(id.a(), id.b());
            if (entry >= 0) {
                for (; segment.matches(entry, id.a(), id.b()); entry++) {
                    last = Optional.of(segment.place(entry));
                    if (!givenUp.contains(last.get().frame().pack())) {
                        if (!last.get().isDelta()) {
                            return last;
                        }
                        delta = last;
                    }
                }
            }
        }
        return delta.isPresent() ? delta : last;
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

    /** The places of a chunk with this half id, but for those in packs that were given up. */
    public List<ChunkPlace> usablePlaces(long a, long b) {
        List<ChunkPlace> places = new ArrayList<>(1);
        for (IndexSegment segment : segments) {
            int entry = segment.find(a, b);
            if (entry >= 0) {
                for (; segment.matches(entry, a, b); entry++) {
                    ChunkPlace place = segment.place(entry);
                    if (!givenUp.contains(place.frame().pack())) {
                        places.add(place);
                    }
                }
            }
        }
        return places;
    }

    /** How many chunks each pack has. A pass over all entries. */
    public Map<PackId, Integer> entriesByPack() {
        Map<PackId, Integer> counts = new HashMap<>();
        for (IndexSegment segment : segments) {
            int[] byPack = new int[segment.packCount()];
            for (int entry = 0; entry < segment.entryCount(); entry++) {
                byPack[segment.packOf(entry)]++;
            }
            for (int pack = 0; pack < byPack.length; pack++) {
                // The same pack in another segment has the same entries.
                counts.putIfAbsent(segment.pack(pack).id(), byPack[pack]);
            }
        }
        return counts;
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

    /** Answers for the packs that {@code usable} accepts, which is asked once for each pack of each segment, and that were not given up. */
    public UsableIndex usable(Predicate<PackId> usable) {
        return new UsableIndex(segments, pack -> !givenUp.contains(pack) && usable.test(pack));
    }

    private static Set<PackId> givenUp(List<IndexSegment> segments) {
        Set<PackId> packs = new HashSet<>();
        for (IndexSegment segment : segments) {
            for (int pack = 0; pack < segment.packCount(); pack++) {
                if (segment.isGivenUp(pack)) {
                    packs.add(segment.pack(pack).id());
                }
            }
        }
        return packs;
    }
}
