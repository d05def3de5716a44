package io.holdfast.testkit;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A test of parsers by what nobody wrote: some rounds in every build, many in the long set. */
public abstract class ParserFuzz {
    protected final SeededRandom random;

    /** @param seed of what is tried */
    protected ParserFuzz(long seed) {
        this.random = new SeededRandom(seed);
    }

    /** Feeds each parser with so many inputs, see {@link Mutations}. */
    protected abstract void feed(int rounds);

    @Test
    @Timeout(120)
    final void refuseWhatNobodyWroteWithTheErrorsTheyDocument() {
        feed(Mutations.ROUNDS);
    }

    @Test
    @Tag("long")
    @Timeout(3_600)
    final void refuseWhatNobodyWroteForLong() {
        feed(Mutations.LONG_ROUNDS);
    }
}
