package io.holdfast.repository.chunk;

/**
 * Chunk sizes in bytes. The average is a power of two.
 */
public record ChunkerParameters(int minBytes, int averageBytes, int maxBytes) {
    /** The largest chunk the format allows. */
    public static final int LIMIT_BYTES = 4 << 20;

    public static final ChunkerParameters DEFAULT = new ChunkerParameters(256 << 10, 1 << 20, LIMIT_BYTES);

    public ChunkerParameters {
        if (minBytes < 64
                || averageBytes <= minBytes
                || maxBytes <= averageBytes
                || maxBytes > LIMIT_BYTES
                || Integer.bitCount(averageBytes) != 1) {
            throw new IllegalArgumentException(
                    "chunk sizes out of order: " + minBytes + ", " + averageBytes + ", " + maxBytes);
        }
    }
}
