package io.holdfast.catalog;

/** Lists are given out in pages, which go on where the one before ended. */
final class Pages {
    private static final int MAX = 1_000;

    private Pages() {}

    /** @throws IllegalArgumentException where a page of so many rows is too large or none */
    static int check(int most) {
        if (most < 1 || most > MAX) {
            throw new IllegalArgumentException("a page of " + most);
        }
        return most;
    }
}
