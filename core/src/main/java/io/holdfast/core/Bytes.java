package io.holdfast.core;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * An immutable string of bytes with value equality: identifiers, hashes, file names that need not be text.
 * Ordered as unsigned bytes.
 */
public final class Bytes implements Comparable<Bytes> {
    private static final HexFormat HEX = HexFormat.of();

    private final byte[] value;
    private int hash;

    private Bytes(byte[] value) {
        this.value = value;
    }

    /** Copies {@code value}. */
    public static Bytes copyOf(byte[] value) {
        return new Bytes(value.clone());
    }

    /** Copies the range {@code [offset, offset + length)}. */
    public static Bytes copyOf(byte[] value, int offset, int length) {
        return new Bytes(Arrays.copyOfRange(value, offset, offset + length));
    }

    /** Takes {@code value} over: the caller must not write to it again. */
    public static Bytes wrap(byte[] value) {
        return new Bytes(value);
    }

    /** @throws IllegalArgumentException where the text is not lower-case hexadecimal of even length */
    public static Bytes ofHex(String hex) {
        return new Bytes(HEX.parseHex(hex));
    }

    public int length() {
        return value.length;
    }

    public byte byteAt(int index) {
        return value[index];
    }

    public byte[] toByteArray() {
        return value.clone();
    }

    /** The array itself, not a copy: read only. For the data path, where copies cost. */
    public byte[] unsafeArray() {
        return value;
    }

    public String toHex() {
        return HEX.formatHex(value);
    }

    @Override
    public int compareTo(Bytes other) {
        return Arrays.compareUnsigned(value, other.value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes b && Arrays.equals(value, b.value);
    }

    @Override
    public int hashCode() {
        int h = hash;
        if (h == 0) {
            h = Arrays.hashCode(value);
            hash = h;
        }
        return h;
    }

    @Override
    public String toString() {
        return toHex();
    }
}
