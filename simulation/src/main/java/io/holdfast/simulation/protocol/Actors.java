package io.holdfast.simulation.protocol;

import java.util.stream.IntStream;

/** Where in a packed state the memory of each writer and collector lies. One word each, after the store's words. */
final class Actors {
    private static final int FIRST_WRITER = Store.FIRST_ACTOR_WORD;
    private static final int FIRST_COLLECTOR = FIRST_WRITER + Configuration.MAX_WRITERS;
    static final int WORDS = FIRST_COLLECTOR + Configuration.MAX_COLLECTORS;

    private Actors() {}

    static int writerWord(int writer) {
        return FIRST_WRITER + writer;
    }

    static int collectorWord(int collector) {
        return FIRST_COLLECTOR + collector;
    }

    /** The words that may be other than 0 in a search; of two actors that are one too many, the first one does all. */
    static int[] wordsUsed(Setting setting) {
        boolean locks = setting.allows(Feature.LOCKS)
                || setting.allows(Feature.LOCKS_BY_ANYONE)
                || setting.allows(Feature.WRITE_ONLY);
        return IntStream.range(0, WORDS)
                .filter(word -> word != Store.LOCKS_WORD || locks)
                .filter(word -> word < FIRST_WRITER
                        || word >= FIRST_COLLECTOR
                        || word - FIRST_WRITER < setting.bounds().writers())
                .filter(word -> word - FIRST_COLLECTOR < setting.bounds().collectors())
                .toArray();
    }

    /**
     * Sorts the writers by what they remember, and the collectors too. Nobody's behaviour depends on who he is, so states
     * that differ in that alone are one; that makes the search up to four times smaller.
     */
    static void sort(long[] state) {
        sortPair(state, FIRST_WRITER);
        sortPair(state, FIRST_COLLECTOR);
    }

    private static void sortPair(long[] state, int word) {
        if (state[word] < state[word + 1]) {
            long first = state[word];
            state[word] = state[word + 1];
            state[word + 1] = first;
        }
    }

    /** A memory of one word, the same for each actor of a kind. */
    static final class Memory {
        private int shift;

        Cell cell(int bits) {
            if (shift + bits > Long.SIZE - 1) {
                throw new IllegalStateException("an actor's memory is full");
            }
            Cell cell = new Cell(shift, (1 << bits) - 1);
            shift += bits;
            return cell;
        }
    }

    /** Some bits of an actor's memory. */
    record Cell(int shift, int mask) {

        int of(long[] state, int word) {
            return (int) (state[word] >>> shift) & mask;
        }

        void set(long[] state, int word, int value) {
            if ((value & ~mask) != 0) {
                throw new IllegalArgumentException(value + " does not fit the mask " + mask);
            }
            state[word] = (state[word] & ~((long) mask << shift)) | ((long) value << shift);
        }
    }
}
