package io.holdfast.repository.crypto;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Locale;

/**
 * Keys as text that a person can copy from paper: a prefix, then the bytes with {@value #CHECK_BYTES} bytes of their SHA-256 in base 32 (RFC 4648,
 * lower case, no padding), in groups of four, so that a slip is noticed.
 */
final class WrittenKey {
    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
    private static final int CHECK_BYTES = 4;
    private static final int GROUP = 4;

    private final String prefix;
    private final String what;
    private final int length;
    private final String hint;

    /**
     * @param what names it in errors, such as {@code key}
     * @param length of the bytes
     * @param hint what to do about a slip
     */
    WrittenKey(String prefix, String what, int length, String hint) {
        this.prefix = prefix;
        this.what = what;
        this.length = length;
        this.hint = hint;
    }

    /** One line without line end. */
    String write(byte[] bytes) {
        byte[] all = Arrays.copyOf(bytes, length + CHECK_BYTES);
        System.arraycopy(Sha256.of(bytes), 0, all, length, CHECK_BYTES);
        StringBuilder text = new StringBuilder(prefix);
        int digits = (all.length * 8 + 4) / 5;
        for (int digit = 0; digit < digits; digit++) {
            if (digit > 0 && digit % GROUP == 0) {
                text.append('-');
            }
            int value = 0;
            for (int bit = 5 * digit; bit < 5 * digit + 5; bit++) {
                int set = bit < 8 * all.length ? all[bit / 8] >> 7 - bit % 8 & 1 : 0;
                value = value << 1 | set;
            }
            text.append(ALPHABET.charAt(value));
        }
        return text.toString();
    }

    /**
     * Reads the text. White space, letter case and missing dashes do not matter.
     *
     * @param origin names where it comes from in errors
     * @throws HoldfastException {@code WRONG_KEY} where the text is none or its checksum does not fit
     */
    byte[] read(String text, String origin) {
        String compact = text.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s-]", "");
        String start = prefix.replace("-", "");
        if (!compact.startsWith(start)) {
            throw wrong(origin + " is not a Holdfast " + what + ": it does not start with " + prefix);
        }
        byte[] all = decode(compact.substring(start.length()), origin);
        byte[] bytes = Arrays.copyOf(all, length);
        if (!MessageDigest.isEqual(
                Arrays.copyOf(Sha256.of(bytes), CHECK_BYTES), Arrays.copyOfRange(all, length, all.length))) {
            throw wrong(origin + ": the " + what + " has a typing error, its checksum does not fit");
        }
        return bytes;
    }

    private byte[] decode(String digits, String origin) {
        byte[] all = new byte[length + CHECK_BYTES];
        int bytes = 0;
        int bits = 0;
        int value = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = ALPHABET.indexOf(digits.charAt(i));
            if (digit < 0) {
                throw wrong(origin + ": '" + digits.charAt(i) + "' does not occur in a " + what);
            }
            value = value << 5 | digit;
            bits += 5;
            if (bits >= 8) {
                bits -= 8;
                if (bytes == all.length) {
                    throw wrong(origin + ": the " + what + " is too long");
                }
                all[bytes++] = (byte) (value >>> bits);
                value &= (1 << bits) - 1;
            }
        }
        if (bytes < all.length) {
            throw wrong(origin + ": the " + what + " is cut off");
        }
        if (bits >= 5 || value != 0) {
            throw wrong(origin + ": the " + what + " has a typing error at its end");
        }
        return all;
    }

    private HoldfastException wrong(String message) {
        return new HoldfastException(ErrorCode.WRONG_KEY, message, hint);
    }
}
