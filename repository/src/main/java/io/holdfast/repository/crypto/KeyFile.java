package io.holdfast.repository.crypto;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Locale;

/**
 * The secret of a key file, and its text: {@code holdfast-key-1-} and 32 random bytes with 4 bytes of checksum in base 32, in groups
 * of four, so that a person can copy it from paper and a slip is noticed.
 */
public final class KeyFile {
    private static final String PREFIX = "holdfast-key-1-";
    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
    private static final int SECRET_BYTES = 32;
    private static final int CHECK_BYTES = 4;
    private static final int GROUP = 4;

    private final byte[] secret;

    private KeyFile(byte[] secret) {
        this.secret = secret;
    }

    public static KeyFile generate(SecureRandom random) {
        byte[] secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        return new KeyFile(secret);
    }

    /**
     * Reads the text of a key file. White space, letter case and missing dashes do not matter.
     *
     * @param origin names the file in errors
     * @throws HoldfastException {@code WRONG_KEY} where the text is no key or its checksum does not fit
     */
    public static KeyFile parse(String text, String origin) {
        String compact = text.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s-]", "");
        String prefix = PREFIX.replace("-", "");
        if (!compact.startsWith(prefix)) {
            throw wrong(origin + " is not a Holdfast key: it does not start with " + PREFIX);
        }
        byte[] all = decode(compact.substring(prefix.length()), origin);
        byte[] secret = Arrays.copyOf(all, SECRET_BYTES);
        if (!MessageDigest.isEqual(
                Arrays.copyOf(Sha256.of(secret), CHECK_BYTES), Arrays.copyOfRange(all, SECRET_BYTES, all.length))) {
            throw wrong(origin + ": the key has a typing error, its checksum does not fit");
        }
        return new KeyFile(secret);
    }

    /** One line without line end. */
    public String toText() {
        byte[] all = Arrays.copyOf(secret, SECRET_BYTES + CHECK_BYTES);
        System.arraycopy(Sha256.of(secret), 0, all, SECRET_BYTES, CHECK_BYTES);
        StringBuilder text = new StringBuilder(PREFIX);
        int bits = 0;
        int value = 0;
        int digits = 0;
        for (int i = 0; i < all.length || bits > 0; ) {
            if (bits < 5) {
                value = value << 8 | (i < all.length ? all[i] & 0xFF : 0);
                bits += 8;
                i++;
            }
            if (digits > 0 && digits % GROUP == 0) {
                text.append('-');
            }
            bits -= 5;
            text.append(ALPHABET.charAt(value >>> bits & 31));
            digits++;
            value &= (1 << bits) - 1;
            if (i >= all.length && bits < 5) {
                if (bits > 0) {
                    if (digits % GROUP == 0) {
                        text.append('-');
                    }
                    text.append(ALPHABET.charAt(value << (5 - bits) & 31));
                }
                break;
            }
        }
        return text.toString();
    }

    byte[] secret() {
        return secret;
    }

    private static byte[] decode(String digits, String origin) {
        byte[] all = new byte[SECRET_BYTES + CHECK_BYTES];
        int bytes = 0;
        int bits = 0;
        int value = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = ALPHABET.indexOf(digits.charAt(i));
            if (digit < 0) {
                throw wrong(origin + ": '" + digits.charAt(i) + "' does not occur in a key");
            }
            value = value << 5 | digit;
            bits += 5;
            if (bits >= 8) {
                bits -= 8;
                if (bytes == all.length) {
                    throw wrong(origin + ": the key is too long");
                }
                all[bytes++] = (byte) (value >>> bits);
                value &= (1 << bits) - 1;
            }
        }
        if (bytes < all.length) {
            throw wrong(origin + ": the key is cut off");
        }
        if (bits >= 5 || value != 0) {
            throw wrong(origin + ": the key has a typing error at its end");
        }
        return all;
    }

    private static HoldfastException wrong(String message) {
        return new HoldfastException(ErrorCode.WRONG_KEY, message, "Compare it with the recovery sheet.");
    }
}
