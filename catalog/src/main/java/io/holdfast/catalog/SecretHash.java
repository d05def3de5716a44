package io.holdfast.catalog;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * SHA-256 of a secret that was drawn with 80 bits or more, which is all that the catalog knows of it: 64 hexadecimal digits. Nothing for passwords, which people
 * make up.
 */
public record SecretHash(String text) {
    private static final Pattern DIGITS = Pattern.compile("[0-9a-f]{64}");

    public SecretHash {
        if (!DIGITS.matcher(text).matches()) {
            throw new IllegalArgumentException("no hash of a secret");
        }
    }

    public static SecretHash of(byte[] secret) {
        try {
            return new SecretHash(HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(secret)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
