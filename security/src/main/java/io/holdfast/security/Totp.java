package io.holdfast.security;

import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Locale;
import java.util.OptionalLong;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * One-time codes of a phone (RFC 6238): HMAC-SHA-1, six digits, another one every 30 seconds, as all authenticator programs know them. A code counts for its own
 * step of time, and for the one before and after, as clocks differ.
 */
public final class Totp {
    private static final int SECRET_BYTES = 20;
    private static final int STEP_SECONDS = 30;
    private static final int DIGITS = 6;
    private static final int WINDOW = 1;
    private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private static final int BASE32_BITS = 5;

    private Totp() {}

    /** A new secret of 20 bytes. */
    public static byte[] secret(SecureRandom random) {
        byte[] secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        return secret;
    }

    /**
     * Finds the step of time that a code was made for. Whoever asks keeps it, and gives it the next time, so that each code counts once.
     *
     * @param code as it was typed; blanks do not matter
     * @param lastStep the newest step of which a code was used; 0 where none was
     * @return empty where the code is wrong, too old, too new, or used
     */
    public static OptionalLong match(byte[] secret, String code, Instant now, long lastStep) {
        byte[] typed = code.replaceAll("\\s", "").getBytes(StandardCharsets.UTF_8);
        long step = step(now);
        OptionalLong matched = OptionalLong.empty();
        // All are compared, whichever is right: the time tells nothing.
        for (long each = step - WINDOW; each <= step + WINDOW; each++) {
            byte[] right = code(secret, each).getBytes(StandardCharsets.US_ASCII);
            if (MessageDigest.isEqual(right, typed) && each > lastStep) {
                matched = OptionalLong.of(each);
            }
        }
        return matched;
    }

    static long step(Instant now) {
        return Math.floorDiv(now.getEpochSecond(), STEP_SECONDS);
    }

    /** The code of a step of time. */
    static String code(byte[] secret, long step) {
        return code(secret, step, DIGITS);
    }

    static String code(byte[] secret, long step, int digits) {
        try {
            Mac mac = Mac.getInstance("HmacSHA1");
            mac.init(new SecretKeySpec(secret, "HmacSHA1"));
            byte[] hash =
                    mac.doFinal(ByteBuffer.allocate(Long.BYTES).putLong(step).array());
            int offset = hash[hash.length - 1] & 0x0f;
            int number = ByteBuffer.wrap(hash).getInt(offset) & Integer.MAX_VALUE;
            return String.format(Locale.ROOT, "%010d", number).substring(10 - digits);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * What an authenticator program reads from a QR code.
     *
     * @param issuer whose service it is, without a colon
     * @param account the user
     */
    public static String uri(String issuer, String account, byte[] secret) {
        return "otpauth://totp/" + encoded(issuer) + ":" + encoded(account) + "?secret=" + base32(secret) + "&issuer="
                + encoded(issuer) + "&algorithm=SHA1&digits=" + DIGITS + "&period=" + STEP_SECONDS;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** The secret as people type it: Base32 (RFC 4648) without padding. */
    public static String base32(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        int bits = 0;
        int count = 0;
        for (byte each : bytes) {
            bits = bits << Byte.SIZE | each & 0xff;
            count += Byte.SIZE;
            while (count >= BASE32_BITS) {
                count -= BASE32_BITS;
                text.append(BASE32.charAt(bits >> count & 0x1f));
            }
            bits &= (1 << count) - 1;
        }
        if (count > 0) {
            text.append(BASE32.charAt(bits << BASE32_BITS - count & 0x1f));
        }
        return text.toString();
    }
}
