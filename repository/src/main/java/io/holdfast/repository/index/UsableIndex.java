package io.holdfast.repository.index;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.PackId;
import java.util.BitSet;
import java.util.List;
import java.util.function.Predicate;

/** Whether a chunk has a copy in a pack that may be relied on. Immutable and safe for many threads. */
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
        for (int i = 0; i < usable.length; i++) {
            IndexSegment segment = segments.get(i);
            int entry = segment.find(id.a(), id.b());
            if (entry >= 0) {
                for (; segment.matches(entry, id.a(), id.b()); entry++) {
                    if (usable[i].get(segment.packOf(entry))) {
                        return true;
                    }
                }
            }
        }
        return false;
    }
}
