package io.holdfast.security;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;

/**
 * What a machine or a script shows to be let in: {@code hf_<kind>_<id>_<secret>_<authority>}. The server keeps a hash of the secret alone; the last part says which server's
 * certificate is the right one.
 *
 * @param id 8 bytes, which may be told
 * @param secret 32 bytes
 * @param authority the first 16 bytes of the SHA-256 of the authority's certificate
 */
public record Token(Kind kind, Bytes id, Bytes secret, Bytes authority) {
    private static final int ID_BYTES = 8;
    private static final int SECRET_BYTES = 32;
    static final int AUTHORITY_BYTES = 16;

    /** What it opens. */
    public enum Kind {
        /** Brings a host in. */
        ENROL,
        /** Brings a media server in. */
        MEDIA,
        /** Makes requests in somebody's name. */
        API
    }

    public Token {
        if (id.length() != ID_BYTES || secret.length() != SECRET_BYTES || authority.length() != AUTHORITY_BYTES) {
            throw new IllegalArgumentException("a token of other lengths");
        }
    }

    public static Token generate(Kind kind, Bytes authority, SecureRandom random) {
        Bytes id = bytes(random, ID_BYTES);
        while (encode(id).startsWith("-")) {
            // On a command line it would look like an option.
            id = bytes(random, ID_BYTES);
        }
        return new Token(kind, id, bytes(random, SECRET_BYTES), authority);
    }

    private static Bytes bytes(SecureRandom random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return Bytes.wrap(bytes);
    }

    /** Reads what somebody pasted. */
    public static Token parse(String text) {
        // Base64 for URLs has underscores itself: parts have known lengths.
        String given = text.strip();
        for (Kind kind : Kind.values()) {
            String start = "hf_" + kind.name().toLowerCase(Locale.ROOT) + "_";
            if (given.startsWith(start)) {
                int id = start.length();
                int secret = id + chars(ID_BYTES) + 1;
                int authority = secret + chars(SECRET_BYTES) + 1;
                if (given.length() == authority + chars(AUTHORITY_BYTES)
                        && given.charAt(secret - 1) == '_'
                        && given.charAt(authority - 1) == '_') {
                    try {
                        return new Token(
                                kind,
                                decode(given.substring(id, secret - 1)),
                                decode(given.substring(secret, authority - 1)),
                                decode(given.substring(authority)));
                    } catch (IllegalArgumentException e) {
                        break;
                    }
                }
            }
        }
        throw HoldfastException.usage(
                "the token is cut short, or none", "Copy all of it: it begins with hf_ and has no spaces.");
    }

    private static int chars(int bytes) {
        return (bytes * 8 + 5) / 6;
    }

    private static Bytes decode(String text) {
        return Bytes.wrap(Base64.getUrlDecoder().decode(text));
    }

    private static String encode(Bytes bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.unsafeArray());
    }

    /** The whole token, secret and all. */
    public String text() {
        return "hf_" + kind.name().toLowerCase(Locale.ROOT) + "_" + idText() + "_" + encode(secret) + "_"
                + encode(authority);
    }

    /** The part that may be told, and finds it in the catalog. */
    public String idText() {
        return encode(id);
    }

    /** What the server keeps of the secret, in hexadecimal. The secret is random, so a plain hash is as good as a slow one. */
    public String secretHash() {
        return sha256(secret.unsafeArray()).toHex();
    }

    /** Whether a kept hash is of this secret; takes the same time whatever the answer. */
    public boolean matches(String secretHash) {
        return MessageDigest.isEqual(
                secretHash.getBytes(StandardCharsets.US_ASCII), secretHash().getBytes(StandardCharsets.US_ASCII));
    }

    /** Never the secret. */
    @Override
    public String toString() {
        return "token " + idText();
    }

    static Bytes sha256(byte[] content) {
        try {
            return Bytes.wrap(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Java without SHA-256", e);
        }
    }

    static Bytes authorityOf(byte[] certificate) {
        return Bytes.wrap(Arrays.copyOf(sha256(certificate).unsafeArray(), AUTHORITY_BYTES));
    }
}
