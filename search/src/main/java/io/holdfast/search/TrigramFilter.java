package io.holdfast.search;

import java.util.BitSet;

/** Which runs of three bytes a block may have: a Bloom filter (docs/search.md). Immutable. */
final class TrigramFilter {
    private static final long FACTOR = 0x9E3779B97F4A7C15L;
    private static final int BITS_EACH = 8;
    private static final int HASHES = 3;
    private static final int MIN_BYTES = 8;

    private final byte[] bits;
    private final int offset;
    private final long size;

    /** One that lies in {@code [offset, offset + length)} of a larger array, which stays as it is. */
    TrigramFilter(byte[] bits, int offset, int length) {
        this.bits = bits;
        this.offset = offset;
        this.size = 8L * length;
    }

    boolean mayHave(int trigram) {
        long hash = trigram * FACTOR;
        long at = hash >>> 32;
        long step = hash & 0xFFFFFFFFL | 1;
        for (int i = 0; i < HASHES; i++) {
            int bit = (int) (at % size);
            if ((bits[offset + (bit >>> 3)] & 1 << (bit & 7)) == 0) {
                return false;
            }
            at += step;
        }
        return true;
    }

    boolean mayHaveAll(int[] trigrams) {
        for (int trigram : trigrams) {
            if (!mayHave(trigram)) {
                return false;
            }
        }
        return true;
    }

    /** Collects the trigrams of a block. Not thread-safe. */
    static final class Builder {
        private final BitSet trigrams = new BitSet(1 << 24);
        private int count;

        /** @param folded a folded path; the zero byte behind it is added here */
        void add(byte[] folded) {
            for (int i = 0; i + 2 <= folded.length; i++) {
                int last = i + 2 < folded.length ? folded[i + 2] : 0;
                add(trigram(folded[i], folded[i + 1], last));
            }
        }

        private void add(int trigram) {
            if (!trigrams.get(trigram)) {
                trigrams.set(trigram);
                count++;
            }
        }

        /** The filter; the builder is empty afterwards. */
        byte[] build() {
            byte[] bits = new byte[Math.max(MIN_BYTES, (count * BITS_EACH + 7) / 8)];
            long size = 8L * bits.length;
            for (int trigram = trigrams.nextSetBit(0); trigram >= 0; trigram = trigrams.nextSetBit(trigram + 1)) {
                long hash = trigram * FACTOR;
                long at = hash >>> 32;
                long step = hash & 0xFFFFFFFFL | 1;
                for (int i = 0; i < HASHES; i++) {
                    int bit = (int) (at % size);
                    bits[bit >>> 3] |= (byte) (1 << (bit & 7));
                    at += step;
                }
            }
            trigrams.clear();
            count = 0;
            return bits;
        }
    }

    static int trigram(int first, int second, int third) {
        return (first & 0xFF) << 16 | (second & 0xFF) << 8 | third & 0xFF;
    }
}
