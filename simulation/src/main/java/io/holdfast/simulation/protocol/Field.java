package io.holdfast.simulation.protocol;

/**
 * A few bits of a packed state: a number or a set of small numbers. A state is a {@code long[]} of {@link Layout#words()}
 * words; two states are the same exactly when their words are, so a field that no longer matters is set back to 0.
 *
 * @param word which word of the state
 * @param shift lowest bit in that word
 * @param mask the bits, shifted down
 */
record Field(int word, int shift, int mask) {

    int of(long[] state) {
        return (int) (state[word] >>> shift) & mask;
    }

    void set(long[] state, int value) {
        if ((value & ~mask) != 0) {
            throw new IllegalArgumentException(value + " does not fit the mask " + mask);
        }
        state[word] = (state[word] & ~((long) mask << shift)) | ((long) value << shift);
    }

    boolean has(long[] state, int element) {
        return ((of(state) >>> element) & 1) != 0;
    }

    void add(long[] state, int element) {
        set(state, of(state) | 1 << element);
    }

    void remove(long[] state, int element) {
        set(state, of(state) & ~(1 << element));
    }
}
