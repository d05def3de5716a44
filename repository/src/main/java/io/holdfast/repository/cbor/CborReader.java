package io.holdfast.repository.cbor;

import io.holdfast.core.HoldfastException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;

/**
 * Reads CBOR items in the order in which {@link CborWriter} wrote them, and refuses with {@code DAMAGED} whatever a deterministic
 * writer would not have written: longer integers than needed, indefinite lengths, map keys out of order, bytes left over.
 * Lengths are checked against what is there before anything is allocated. Not thread-safe.
 */
public final class CborReader {
    private static final int MAX_DEPTH = 32;

    private static final long MAX_DATE_SECONDS = 1L << 37;

    private final byte[] buffer;
    private final String what;
    private final int end;
    private int position;

    /** Reads {@code [offset, offset + length)}; {@code what} names the object in error messages. */
    public CborReader(byte[] buffer, int offset, int length, String what) {
        this.buffer = buffer;
        this.position = offset;
        this.end = offset + length;
        this.what = what;
    }

    public CborReader(byte[] buffer, String what) {
        this(buffer, 0, buffer.length, what);
    }

    public long unsigned() {
        long value = head(0);
        if (value < 0) {
            throw damaged("an integer above 2^63");
        }
        return value;
    }

    /** An unsigned integer of at most {@code max}. */
    public int unsigned(int max) {
        long value = unsigned();
        if (value > max) {
            throw damaged("an integer above " + max);
        }
        return (int) value;
    }

    /** A date in whole seconds since 1970, at most some thousand years from now. */
    public Instant date() {
        long seconds = unsigned();
        if (seconds > MAX_DATE_SECONDS) {
            throw damaged("a date beyond all bounds");
        }
        return Instant.ofEpochSecond(seconds);
    }

    public long integer() {
        if (position < end && (buffer[position] & 0xE0) == 0x20) {
            long value = head(1);
            if (value < 0) {
                throw damaged("an integer below -2^63");
            }
            return ~value;
        }
        return unsigned();
    }

    public byte[] bytes() {
        int count = count(2);
        position += count;
        return Arrays.copyOfRange(buffer, position - count, position);
    }

    /** A byte string of exactly {@code length} bytes. */
    public byte[] bytes(int length) {
        byte[] value = bytes();
        if (value.length != length) {
            throw damaged("a byte string of " + value.length + " bytes where " + length + " belong");
        }
        return value;
    }

    public String text() {
        int count = count(3);
        ByteBuffer utf8 = ByteBuffer.wrap(buffer, position, count);
        position += count;
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
        } catch (CharacterCodingException e) {
            throw damaged("text that is not UTF-8");
        }
    }

    /** The number of items that follow; each takes a byte at least, so the number never exceeds what is left. */
    public int array() {
        return count(4);
    }

    public void array(int count) {
        if (array() != count) {
            throw damaged("an array that has not " + count + " items");
        }
    }

    /** The number of pairs that follow. */
    public int map() {
        return count(5);
    }

    /** Reads a map key, which must be above the one before. */
    public int key(int previous) {
        int key = unsigned(Integer.MAX_VALUE);
        if (key <= previous) {
            throw damaged("map key " + key + " out of order");
        }
        return key;
    }

    /** Reads a map key, which must be this one. */
    public void field(int key) {
        if (unsigned(Integer.MAX_VALUE) != key) {
            throw damaged("another field where " + key + " belongs");
        }
    }

    /** Skips one item with all that is in it, checking that it is well formed. */
    public void skip() {
        skip(0);
    }

    private void skip(int depth) {
        if (position >= end) {
            throw damaged("the end");
        }
        if (depth > MAX_DEPTH) {
            throw damaged("items nested too deep");
        }
        int major = (buffer[position] & 0xFF) >>> 5;
        switch (major) {
            case 0 -> unsigned();
            case 1 -> integer();
            case 2 -> bytes();
            case 3 -> text();
            case 4 -> {
                for (int left = array(); left > 0; left--) {
                    skip(depth + 1);
                }
            }
            case 5 -> {
                int keyStart = position;
                int keyEnd = position;
                for (int left = map(); left > 0; left--) {
                    int start = position;
                    skip(depth + 1);
                    if (keyEnd > keyStart
                            && Arrays.compareUnsigned(buffer, keyStart, keyEnd, buffer, start, position) >= 0) {
                        throw damaged("map keys out of order");
                    }
                    keyStart = start;
                    keyEnd = position;
                    skip(depth + 1);
                }
            }
            default -> throw damaged("an item of type " + major);
        }
    }

    /** Where the next item starts, relative to the array given to the constructor. */
    public int position() {
        return position;
    }

    public boolean atEnd() {
        return position == end;
    }

    /** @throws HoldfastException with {@code DAMAGED} where bytes are left */
    public void finish() {
        if (position != end) {
            throw damaged((end - position) + " bytes left over");
        }
    }

    public HoldfastException damaged(String found) {
        return HoldfastException.damaged(what + ": found " + found + " at byte " + position);
    }

    private int count(int major) {
        long value = head(major);
        if (value < 0 || value > end - position) {
            throw damaged("a length of " + Long.toUnsignedString(value) + " with " + (end - position) + " bytes left");
        }
        return (int) value;
    }

    private long head(int major) {
        if (position >= end) {
            throw damaged("the end");
        }
        int first = buffer[position] & 0xFF;
        if (first >>> 5 != major) {
            throw damaged("type " + (first >>> 5) + " where " + major + " belongs");
        }
        position++;
        int argument = first & 0x1F;
        if (argument < 24) {
            return argument;
        }
        if (argument > 27) {
            throw damaged("an indefinite length");
        }
        int bytes = 1 << (argument - 24);
        if (end - position < bytes) {
            throw damaged("the end");
        }
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value = (value << 8) | (buffer[position++] & 0xFF);
        }
        long least = bytes == 1 ? 24 : 1L << (bytes * 4);
        if (Long.compareUnsigned(value, least) < 0) {
            throw damaged("an integer longer than needed");
        }
        return value;
    }
}
