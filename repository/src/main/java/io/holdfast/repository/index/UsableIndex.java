package io.holdfast.repository.index;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.PackId;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Predicate;

/**
 * Whether a chunk has a copy in a pack that may be relied on: one that is stored in full, or a delta on chunks that have such a copy in full (step
 * W3). Immutable and safe for many threads.
 */
public final class UsableIndex {
    private final List<IndexSegment> segments;
    private final BitSet[] usable;

    UsableIndex(List<IndexSegment> segments, Predicate<PackId> isUsable) {
        this.segments = segments;
        this.usable = new BitSet[segments.size()];
        for (int i = 0; i < usable.length; i++) {
            IndexSegment segment = segments.get(i);
            usable[i] = new BitSet(segment.packCount());
            for (int pack = 0; pack < segment.packCount(); pack++) {
                if (isUsable.test(segment.pack(pack).id())) {
                    usable[i].set(pack);
                }
            }
        }
    }

    public boolean contains(ChunkId id) {
        return any(id, this::isWhole);
    }

    /** The usable places of a chunk; a delta only where its bases have usable copies in full. */
    public List<ChunkPlace> places(ChunkId id) {
        List<ChunkPlace> places = new ArrayList<>(1);
        any(id, (segment, entry) -> {
            if (isWhole(segment, entry)) {
                places.add(segment.place(entry));
            }
            return false;
        });
        return places;
    }

    @FunctionalInterface
    private interface EntryTest {
        boolean test(IndexSegment segment, int entry);
    }

    /** Whether any entry of the chunk in a usable pack passes. */
    private boolean any(ChunkId id, EntryTest test) {
        for (int i = 0; i < usable.length; i++) {
            IndexSegment segment = segments.get(i);
            int entry = segment.find(id.a(), id.b());
            if (entry >= 0) {
                for (; segment.matches(entry, id.a(), id.b()); entry++) {
                    if (usable[i].get(segment.packOf(entry)) && test.test(segment, entry)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private boolean isWhole(IndexSegment segment, int entry) {
        return !segment.isDelta(entry) || segment.bases(entry).stream().allMatch(this::containsFull);
    }

    private boolean containsFull(ChunkId id) {
        return any(id, (segment, entry) -> !segment.isDelta(entry));
    }
}
