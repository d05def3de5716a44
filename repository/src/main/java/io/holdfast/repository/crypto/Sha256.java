package io.holdfast.repository.crypto;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 from the JDK, which every Java must have. */
public final class Sha256 {
    public static final int BYTES = 32;

    /** Copied, never used: looking the algorithm up takes longer than hashing a name. */
    private static final MessageDigest PROTOTYPE = lookUp();

    private Sha256() {}

    public static MessageDigest digest() {
        try {
            return (MessageDigest) PROTOTYPE.clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("this Java's SHA-256 cannot be copied", e);
        }
    }

    private static MessageDigest lookUp() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java lacks SHA-256", e);
        }
    }

    public static byte[] of(byte[] content) {
        return digest().digest(content);
    }
}
