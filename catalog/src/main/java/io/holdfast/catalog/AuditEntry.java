package io.holdfast.catalog;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;

/**
 * Something that was done, and who did it.
 *
 * @param sequence 1 for the first one ever, without gaps
 * @param actor a user, token or machine, or the server itself
 * @param action a word of the control server's
 * @param object to what it was done
 * @param details JSON text
 * @param hash of this entry and the one before, 64 hexadecimal digits: see {@link #hash(String, long, Instant, String, String, String, String)}
 */
public record AuditEntry(
        long sequence, Instant at, String actor, String action, String object, String details, String hash) {
    /** What stands before the first entry. */
    static final String NO_HASH = "0".repeat(64);

    private static final byte[] DOMAIN = "holdfast audit 1\0".getBytes(StandardCharsets.US_ASCII);

    /**
     * SHA-256 of: {@code holdfast audit 1} and a zero byte; the hash before (32 bytes, zero before the first entry); sequence number and microseconds since 1970 (8
     * bytes each, big-endian); then actor, action, object and details, each with its length in bytes (4 bytes, big-endian) and in UTF-8.
     */
    static String hash(
            String before, long sequence, Instant at, String actor, String action, String object, String details) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(DOMAIN);
            digest.update(HexFormat.of().parseHex(before));
            digest.update(ByteBuffer.allocate(2 * Long.BYTES)
                    .putLong(sequence)
                    .putLong(Micros.of(at))
                    .array());
            for (String text : new String[] {actor, action, object, details}) {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                digest.update(
                        ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
                digest.update(bytes);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    String hashAfter(String before) {
        return hash(before, sequence, at, actor, action, object, details);
    }
}
