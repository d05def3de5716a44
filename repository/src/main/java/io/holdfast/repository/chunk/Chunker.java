package io.holdfast.repository.chunk;

/**
 * Finds where to cut a stream so that equal stretches of it give equal chunks wherever they stand: FastCDC with gear hashing and
 * normalised chunking level 2 (Xia et al., "FastCDC: a Fast and Efficient Content-Defined Chunking Approach for Data
 * Deduplication", USENIX ATC 2016). Before the average size a cut needs two more zero bits than after it, which draws sizes
 * towards the average. Immutable and safe for many threads.
 */
public final class Chunker {
    private static final int NORMALISATION = 2;

    private final ChunkerParameters parameters;
    private final long[] gear;
    private final long strictMask;
    private final long looseMask;

    /** @param gear 256 random words; secret, so that cuts do not give content away */
    public Chunker(ChunkerParameters parameters, long[] gear) {
        if (gear.length != 256) {
            throw new IllegalArgumentException("a gear table of " + gear.length + " words");
        }
        this.parameters = parameters;
        this.gear = gear.clone();
        int bits = Integer.numberOfTrailingZeros(parameters.averageBytes());
        this.strictMask = topBits(bits + NORMALISATION);
        this.looseMask = topBits(bits - NORMALISATION);
    }

    public ChunkerParameters parameters() {
        return parameters;
    }

    /**
     * The length of the chunk that starts at {@code offset}.
     *
     * @param available bytes from {@code offset} on; at least the maximum chunk size unless the stream ends there
     */
    public int cut(byte[] buffer, int offset, int available) {
        if (available <= parameters.minBytes()) {
            return available;
        }
        int position = offset + parameters.minBytes();
        int end = offset + Math.min(available, parameters.maxBytes());
        int normal = Math.min(offset + parameters.averageBytes(), end);
        long[] table = gear;
        long hash = 0;
        long mask = strictMask;
        while (position < normal) {
            hash = (hash << 1) + table[buffer[position++] & 0xFF];
            if ((hash & mask) == 0) {
                return position - offset;
            }
        }
        mask = looseMask;
        while (position < end) {
            hash = (hash << 1) + table[buffer[position++] & 0xFF];
            if ((hash & mask) == 0) {
                return position - offset;
            }
        }
        return position - offset;
    }

    private static long topBits(int bits) {
        return -1L << (Long.SIZE - bits);
    }
}
