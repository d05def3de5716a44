package io.holdfast.control;

import io.holdfast.catalog.SecretHash;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.security.SealingKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;

/**
 * What a form for a one-time code shows instead of the password that was right a moment ago: sealed, for five minutes, and only as long as the password is the same. Each
 * server of a catalog opens it. Thread-safe.
 */
final class LoginTickets {
    private static final Duration VALID = Duration.ofMinutes(5);

    private final SealingKey sealing;
    private final InstantSource clock;

    LoginTickets(SealingKey sealing, InstantSource clock) {
        this.sealing = sealing;
        this.clock = clock;
    }

    String issue(String user, String passwordHash) {
        String content = clock.instant().plus(VALID).getEpochSecond() + " " + digest(passwordHash);
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(sealing.seal(content.getBytes(StandardCharsets.US_ASCII), purpose(user))
                        .toByteArray());
    }

    boolean isGood(String ticket, String user, String passwordHash) {
        try {
            byte[] opened = sealing.open(Bytes.wrap(Base64.getUrlDecoder().decode(ticket)), purpose(user));
            String[] parts = new String(opened, StandardCharsets.US_ASCII).split(" ", -1);
            return clock.instant().getEpochSecond() <= Long.parseLong(parts[0])
                    && MessageDigest.isEqual(
                            parts[1].getBytes(StandardCharsets.US_ASCII),
                            digest(passwordHash).getBytes(StandardCharsets.US_ASCII));
        } catch (IllegalArgumentException e) {
            return false;
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.WRONG_KEY) {
                throw e;
            }
            return false;
        }
    }

    private static String digest(String passwordHash) {
        return SecretHash.of(passwordHash.getBytes(StandardCharsets.UTF_8)).text();
    }

    private static String purpose(String user) {
        return "login of " + user;
    }
}
