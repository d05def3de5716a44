package io.holdfast.repository;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * The name of a chunk's content: HMAC-SHA-256(id key, SHA-256(content)), 32 bytes. Held as four words, so that ids can be compared
 * and hashed without touching arrays. Ordered as unsigned bytes.
 *
 * @param a the first eight bytes, big-endian; {@code a} and {@code b} together are what index segments hold
 */
public record ChunkId(long a, long b, long c, long d) implements Comparable<ChunkId> {
    public static final int BYTES = 32;

    /** Reads the 32 bytes at {@code offset}. */
    public static ChunkId read(byte[] bytes, int offset) {
        return new ChunkId(
                BigEndian.getLong(bytes, offset),
                BigEndian.getLong(bytes, offset + 8),
                BigEndian.getLong(bytes, offset + 16),
                BigEndian.getLong(bytes, offset + 24));
    }

    public void write(byte[] target, int offset) {
        BigEndian.putLong(target, offset, a);
        BigEndian.putLong(target, offset + 8, b);
        BigEndian.putLong(target, offset + 16, c);
        BigEndian.putLong(target, offset + 24, d);
    }

    public byte[] toByteArray() {
        byte[] bytes = new byte[BYTES];
        write(bytes, 0);
        return bytes;
    }

    @Override
    public int compareTo(ChunkId other) {
        return Arrays.compareUnsigned(new long[] {a, b, c, d}, new long[] {other.a, other.b, other.c, other.d});
    }

    /** Ids are uniformly distributed: any 32 bits make a good hash. */
    @Override
    public int hashCode() {
        return (int) b;
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(toByteArray());
    }
}
