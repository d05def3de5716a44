package io.holdfast.repository.index;

import io.holdfast.repository.ChunkId;

/**
 * How much is built on each base already. A chain of versions of one content is kept cheapest when a base is given up as soon as its deltas take together
 * as much as itself: so much would have been stored anew by then. Memory: 16 bytes a base at a load of at most two thirds. Immutable.
 */
public final class DeltaChildren {
    private static final int INITIAL_SLOTS = 1 << 10;

    private long[] keys = new long[INITIAL_SLOTS];
    private int[] storedBytes = new int[INITIAL_SLOTS];
    private int[] counts = new int[INITIAL_SLOTS];
    private int size;

    private DeltaChildren() {}

    /** Counts what these segments hold; a pack that stands in two of them counts twice, which ends a chain the earlier. */
    public static DeltaChildren of(Index index) {
        DeltaChildren children = new DeltaChildren();
        for (IndexSegment segment : index.segments()) {
            DeltaTable deltas = segment.deltas();
            for (int delta = 0; delta < deltas.count(); delta++) {
                int bytes = segment.storedBytes(deltas.frame(delta));
                for (ChunkId base : deltas.bases(delta)) {
                    children.add(base, bytes);
                }
            }
        }
        return children;
    }

    /** What the deltas on this chunk take. */
    public long storedBytes(ChunkId base) {
        return storedBytes[slot(keys, key(base))];
    }

    public int count(ChunkId base) {
        return counts[slot(keys, key(base))];
    }

    private void add(ChunkId base, int bytes) {
        int slot = slot(keys, key(base));
        if (counts[slot] == 0) {
            keys[slot] = key(base);
            if (++size * 3L > keys.length * 2L) {
                grow();
                slot = slot(keys, key(base));
            }
        }
        counts[slot]++;
        storedBytes[slot] = (int) Math.min(Integer.MAX_VALUE, (long) storedBytes[slot] + bytes);
    }

    /** Half of the first half of the id: two bases that share it only share their count. Zero marks a free slot. */
    private static long key(ChunkId base) {
        return base.a() == 0 ? 1 : base.a();
    }

    private static int slot(long[] keys, long key) {
        int mask = keys.length - 1;
        int slot = (int) key & mask;
        while (keys[slot] != 0 && keys[slot] != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldBytes = storedBytes;
        int[] oldCounts = counts;
        keys = new long[2 * oldKeys.length];
        storedBytes = new int[keys.length];
        counts = new int[keys.length];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != 0) {
                int slot = slot(keys, oldKeys[i]);
                keys[slot] = oldKeys[i];
                storedBytes[slot] = oldBytes[i];
                counts[slot] = oldCounts[i];
            }
        }
    }
}
