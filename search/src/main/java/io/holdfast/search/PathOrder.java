package io.holdfast.search;

import io.holdfast.core.Bytes;

/** The order in which a tree is walked: unsigned bytes, and a slash before everything else. */
final class PathOrder {
    private PathOrder() {}

    static int compare(Bytes a, Bytes b) {
        return compare(a.unsafeArray(), b.unsafeArray());
    }

    static int compare(byte[] a, byte[] b) {
        int shared = shared(a, b);
        if (shared == a.length || shared == b.length) {
            return Integer.compare(a.length, b.length);
        }
        return Integer.compare(rank(a[shared]), rank(b[shared]));
    }

    /** How many bytes both begin with. */
    static int shared(byte[] a, byte[] b) {
        int limit = Math.min(a.length, b.length);
        int at = 0;
        while (at < limit && a[at] == b[at]) {
            at++;
        }
        return at;
    }

    /** Where a byte stands in this order. */
    static int rank(byte b) {
        return b == '/' ? -1 : b & 0xFF;
    }
}
