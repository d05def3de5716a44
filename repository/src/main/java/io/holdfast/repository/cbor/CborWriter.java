package io.holdfast.repository.cbor;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes CBOR items one after the other into a growing array. The caller announces the sizes of arrays and maps and writes map
 * keys in ascending order of their encoding; {@link CborReader} checks both. Not thread-safe; reusable through {@link #reset}.
 */
public final class CborWriter {
    private static final int INITIAL_BYTES = 512;

    private byte[] buffer = new byte[INITIAL_BYTES];
    private int length;

    public CborWriter unsigned(long value) {
        if (value < 0) {
            throw new IllegalArgumentException("negative: " + value);
        }
        head(0, value);
        return this;
    }

    /** Any integer. */
    public CborWriter integer(long value) {
        if (value >= 0) {
            head(0, value);
        } else {
            head(1, ~value);
        }
        return this;
    }

    public CborWriter bytes(byte[] value) {
        return bytes(value, 0, value.length);
    }

    public CborWriter bytes(byte[] value, int offset, int count) {
        head(2, count);
        ensure(count);
        System.arraycopy(value, offset, buffer, length, count);
        length += count;
        return this;
    }

    public CborWriter text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        head(3, utf8.length);
        ensure(utf8.length);
        System.arraycopy(utf8, 0, buffer, length, utf8.length);
        length += utf8.length;
        return this;
    }

    /** Starts an array; the caller writes {@code count} items next. */
    public CborWriter array(int count) {
        head(4, count);
        return this;
    }

    /** Starts a map; the caller writes {@code count} pairs next. */
    public CborWriter map(int count) {
        head(5, count);
        return this;
    }

    /** Appends items that another writer encoded. */
    public CborWriter encoded(byte[] items, int offset, int count) {
        ensure(count);
        System.arraycopy(items, offset, buffer, length, count);
        length += count;
        return this;
    }

    public int length() {
        return length;
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(buffer, length);
    }

    /** The array behind this writer, valid up to {@link #length} until the next write. */
    public byte[] unsafeArray() {
        return buffer;
    }

    public void reset() {
        length = 0;
    }

    private void head(int major, long value) {
        ensure(9);
        int type = major << 5;
        if (value < 24) {
            buffer[length++] = (byte) (type | (int) value);
        } else if (value < 1L << 8) {
            buffer[length++] = (byte) (type | 24);
            bigEndian(value, 1);
        } else if (value < 1L << 16) {
            buffer[length++] = (byte) (type | 25);
            bigEndian(value, 2);
        } else if (value < 1L << 32) {
            buffer[length++] = (byte) (type | 26);
            bigEndian(value, 4);
        } else {
            buffer[length++] = (byte) (type | 27);
            bigEndian(value, 8);
        }
    }

    private void bigEndian(long value, int bytes) {
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
            buffer[length++] = (byte) (value >>> shift);
        }
    }

    private void ensure(int more) {
        int needed = Math.addExact(length, more);
        if (needed > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(needed, buffer.length * 2));
        }
    }
}
