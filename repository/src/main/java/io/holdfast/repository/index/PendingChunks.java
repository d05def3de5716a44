package io.holdfast.repository.index;

import io.holdfast.repository.ChunkId;

/**
 * The chunks that a session has taken in and that no published segment has yet: a set of half ids in one array, 16 bytes an
 * entry at a load of at most two thirds. Not thread-safe.
 */
final class PendingChunks {
    private static final int INITIAL_SLOTS = 1 << 12;

    private long[] words = new long[2 * INITIAL_SLOTS];
    private int mask = INITIAL_SLOTS - 1;
    private int size;

    int size() {
        return size;
    }

    boolean contains(ChunkId id) {
        return words[2 * slot(words, mask, id.a(), id.b()) + 1] != 0;
    }

    /** False where it was there. */
    boolean add(ChunkId id) {
        int slot = slot(words, mask, id.a(), id.b());
        if (words[2 * slot + 1] != 0) {
            return false;
        }
        words[2 * slot] = id.a();
        words[2 * slot + 1] = nonZero(id.b());
        if (++size * 3L > (mask + 1) * 2L) {
            grow();
        }
        return true;
    }

    /** Removes by closing the gap, so that no tombstones pile up (Knuth, TAOCP 6.4, algorithm R). */
    void remove(ChunkId id) {
        int hole = slot(words, mask, id.a(), id.b());
        if (words[2 * hole + 1] == 0) {
            return;
        }
        size--;
        for (int next = (hole + 1) & mask; words[2 * next + 1] != 0; next = (next + 1) & mask) {
            int home = (int) words[2 * next] & mask;
            boolean reachable = hole <= next ? hole < home && home <= next : hole < home || home <= next;
            if (!reachable) {
                words[2 * hole] = words[2 * next];
                words[2 * hole + 1] = words[2 * next + 1];
                hole = next;
            }
        }
        words[2 * hole] = 0;
        words[2 * hole + 1] = 0;
    }

    private static int slot(long[] words, int mask, long a, long b) {
        long second = nonZero(b);
        int slot = (int) a & mask;
        while (words[2 * slot + 1] != 0 && (words[2 * slot] != a || words[2 * slot + 1] != second)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    /** Zero marks a free slot; one id in 2^64 shares its second word with another. */
    private static long nonZero(long b) {
        return b == 0 ? 1 : b;
    }

    private void grow() {
        long[] old = words;
        int slots = 2 * (mask + 1);
        words = new long[2 * slots];
        mask = slots - 1;
        for (int i = 0; i < old.length; i += 2) {
            if (old[i + 1] != 0) {
                int slot = slot(words, mask, old[i], old[i + 1]);
                words[2 * slot] = old[i];
                words[2 * slot + 1] = old[i + 1];
            }
        }
    }
}
