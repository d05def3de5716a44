package io.holdfast.simulation.protocol;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The states found so far, in the order found, each once. Whole states are compared, not fingerprints: "no violation"
 * must not rest on two hashes being different.
 *
 * <p>A state takes a word for each of those that are ever used, and 12 bytes on top for its parent and its place in the hash table.
 */
final class StateTable {
    private static final int STATES_PER_PAGE_SHIFT = 14;
    private static final int STATES_PER_PAGE = 1 << STATES_PER_PAGE_SHIFT;

    private final int[] words;
    private final List<long[]> pages = new ArrayList<>();
    private int[] parents = new int[STATES_PER_PAGE];
    private int[] slots = new int[4 * STATES_PER_PAGE];
    private int size;

    /** @param words the words of a state that may be other than 0 */
    StateTable(int[] words) {
        this.words = words.clone();
    }

    int size() {
        return size;
    }

    void copyTo(int index, long[] state) {
        long[] page = pages.get(index >>> STATES_PER_PAGE_SHIFT);
        int at = offset(index);
        for (int word : words) {
            state[word] = page[at++];
        }
    }

    /** The state from which this one was found first; -1 for the first. */
    int parent(int index) {
        return parents[index];
    }

    /** Adds a state and returns whether it is new. */
    boolean add(long[] state, int parent) {
        int slot = freeSlotOrSame(state, slots);
        if (slots[slot] != 0) {
            return false;
        }
        if ((size & (STATES_PER_PAGE - 1)) == 0) {
            pages.add(new long[STATES_PER_PAGE * words.length]);
        }
        if (size == parents.length) {
            parents = Arrays.copyOf(parents, 2 * size);
        }
        long[] page = pages.getLast();
        int at = offset(size);
        for (int word : words) {
            page[at++] = state[word];
        }
        parents[size] = parent;
        slots[slot] = ++size;
        if (2 * size > slots.length) {
            grow();
        }
        return true;
    }

    private void grow() {
        int[] larger = new int[2 * slots.length];
        long[] state = new long[Actors.WORDS];
        for (int index = 0; index < size; index++) {
            copyTo(index, state);
            int slot = hash(state) & (larger.length - 1);
            while (larger[slot] != 0) {
                slot = (slot + 1) & (larger.length - 1);
            }
            larger[slot] = index + 1;
        }
        slots = larger;
    }

    private int freeSlotOrSame(long[] state, int[] table) {
        int slot = hash(state) & (table.length - 1);
        while (table[slot] != 0 && !isAt(table[slot] - 1, state)) {
            slot = (slot + 1) & (table.length - 1);
        }
        return slot;
    }

    private boolean isAt(int index, long[] state) {
        long[] page = pages.get(index >>> STATES_PER_PAGE_SHIFT);
        int at = offset(index);
        for (int word : words) {
            if (page[at++] != state[word]) {
                return false;
            }
        }
        return true;
    }

    private int offset(int index) {
        return (index & (STATES_PER_PAGE - 1)) * words.length;
    }

    private static int hash(long[] state) {
        long hash = 0;
        for (long word : state) {
            hash = (hash ^ word) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 32;
        }
        return (int) (hash ^ (hash >>> 17));
    }
}
