package io.holdfast.simulation.protocol;

import io.holdfast.simulation.protocol.Actors.Cell;

/**
 * A listing that is answered in two pages: first what has an even number, or first what has an odd one, then the rest. Names are drawn at random, so
 * either may come first; what others put or delete between the two is seen where its page is yet to come, else not.
 */
final class Pages {
    private static final int EVEN = 0b010101;
    private static final int ODD = 0b101010;
    private static final int EVEN_SEEN = 1;
    private static final int ODD_SEEN = 2;

    private final boolean paged;
    private final Cell seen;
    private final int word;

    Pages(Setting setting, Cell seen, int word) {
        this.paged = setting.allows(Feature.PAGED_LISTS);
        this.seen = seen;
        this.word = word;
    }

    /** Takes over what a first page has shown. */
    interface FirstPage {
        void show(long[] next, int numbers);
    }

    /**
     * Asks for the first page where that has to come first.
     *
     * @return true where it did: then the listing is not done
     */
    boolean first(long[] state, int listed, FirstPage page, Step step, int actor, Successors out) {
        if (!paged || seen.of(state, word) != 0) {
            return false;
        }
        for (int which = EVEN_SEEN; which <= ODD_SEEN; which++) {
            long[] next = out.fork(state);
            page.show(next, listed & (which == EVEN_SEEN ? EVEN : ODD));
            seen.set(next, word, which);
            out.take(next, step, actor, Store.NONE);
        }
        return true;
    }

    /** What the listing tells: the last page as it is now, and before it what the first page showed. */
    int all(long[] state, int listed, int shown) {
        return switch (paged ? seen.of(state, word) : 0) {
            case EVEN_SEEN -> shown | (listed & ODD);
            case ODD_SEEN -> shown | (listed & EVEN);
            default -> listed;
        };
    }

    /** The listing is done. */
    void end(long[] next) {
        seen.set(next, word, 0);
    }
}
