package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.SecretHash;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.TotpApi.RecoveryCodes;
import io.holdfast.protocol.api.TotpApi.Setup;
import io.holdfast.security.SealingKey;
import io.holdfast.security.Totp;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/** One-time codes of users, and the recovery codes in their place (docs/server.md, "One-time codes"). Thread-safe. */
final class SecondFactor {
    private static final Duration SETUP_VALID = Duration.ofMinutes(15);
    private static final int RECOVERY_CODES = 10;
    private static final int RECOVERY_BYTES = 10;
    private static final int GROUP = 4;

    private final Catalog catalog;
    private final SealingKey sealing;
    private final InstantSource clock;
    private final SecureRandom random;
    private final Audit audit;

    SecondFactor(Catalog catalog, SealingKey sealing, InstantSource clock, SecureRandom random, Audit audit) {
        this.catalog = catalog;
        this.sealing = sealing;
        this.clock = clock;
        this.random = random;
        this.audit = audit;
    }

    /**
     * Whether a code counts, which it does no more then.
     *
     * @param sealedTotp as the catalog has it
     * @param code of a phone, or a recovery code
     */
    boolean accept(String user, Bytes sealedTotp, String code) {
        String typed = code.replaceAll("[\\s-]", "");
        if (!typed.matches("[0-9]{6}")) {
            return acceptRecovery(user, typed);
        }
        // What was used before is refused by the catalog, for all servers.
        OptionalLong step = Totp.match(sealing.open(sealedTotp, purpose(user)), typed, clock.instant(), 0);
        return step.isPresent() && catalog.users().useTotp(user, step.getAsLong());
    }

    private boolean acceptRecovery(String user, String typed) {
        return catalog.transaction(() -> {
            boolean isUsed = catalog.users().useRecoveryCode(user, hash(typed));
            if (isUsed) {
                audit.write(
                        user,
                        "totp.recovery",
                        user,
                        Map.of("left", catalog.users().recoveryCodes(user)));
            }
            return isUsed;
        });
    }

    /** A new secret, of which the catalog knows nothing until it is confirmed. */
    Setup setUp(String user) {
        requireOff(user);
        byte[] secret = Totp.secret(random);
        Instant expires = clock.instant().plus(SETUP_VALID);
        ByteBuffer setup = ByteBuffer.allocate(Long.BYTES + secret.length)
                .putLong(expires.getEpochSecond())
                .put(secret);
        return shown(
                user,
                secret,
                Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(sealing.seal(setup.array(), purposeOfSetup(user))
                                .toByteArray()),
                expires);
    }

    private static Setup shown(String user, byte[] secret, String setup, Instant expires) {
        return new Setup(Totp.base32(secret), Totp.uri("Holdfast", user, secret), setup, expires);
    }

    /** What a setup says. */
    Setup again(String user, String setup) {
        Opened opened = opened(setup, user);
        return shown(user, opened.secret(), setup, opened.expires());
    }

    private void requireOff(String user) {
        if (catalog.users().named(user).filter(found -> found.hasTotp()).isPresent()) {
            throw isOn();
        }
    }

    private static HttpProblem isOn() {
        return new HttpProblem(
                409,
                "refused",
                "one-time codes are switched on already",
                "Switch them off first, to take another phone.");
    }

    /** Asks for codes from now on. */
    RecoveryCodes confirm(Principal who, String setup, String code) {
        byte[] secret = opened(setup, who.name()).secret();
        OptionalLong step = Totp.match(secret, code, clock.instant(), 0);
        if (step.isEmpty()) {
            throw wrongCode(400);
        }
        List<String> codes = new ArrayList<>();
        for (int i = 0; i < RECOVERY_CODES; i++) {
            byte[] bytes = new byte[RECOVERY_BYTES];
            random.nextBytes(bytes);
            codes.add(Totp.base32(bytes).toLowerCase(Locale.ROOT).replaceAll("(.{" + GROUP + "})(?=.)", "$1-"));
        }
        boolean isSet = catalog.transaction(() -> {
            boolean was = catalog.users()
                    .setTotp(
                            who.name(),
                            sealing.seal(secret, purpose(who.name())),
                            step.getAsLong(),
                            codes.stream()
                                    .map(each -> hash(each.replace("-", "")))
                                    .toList());
            if (was) {
                audit.write(who, "totp.enable", who.name(), Map.of());
            }
            return was;
        });
        if (!isSet) {
            throw isOn();
        }
        return new RecoveryCodes(codes);
    }

    static HttpProblem wrongCode(int status) {
        return new HttpProblem(
                status,
                "wrong-code",
                "the one-time code is wrong, or was used before",
                "Wait for the next one; the clocks of phone and server must agree.");
    }

    private record Opened(byte[] secret, Instant expires) {}

    private Opened opened(String setup, String user) {
        try {
            byte[] opened = sealing.open(Bytes.wrap(Base64.getUrlDecoder().decode(setup)), purposeOfSetup(user));
            ByteBuffer buffer = ByteBuffer.wrap(opened);
            Instant expires = Instant.ofEpochSecond(buffer.getLong());
            if (!clock.instant().isAfter(expires)) {
                byte[] secret = new byte[buffer.remaining()];
                buffer.get(secret);
                return new Opened(secret, expires);
            }
        } catch (IllegalArgumentException e) {
            throw noSetup();
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.WRONG_KEY) {
                throw e;
            }
            throw noSetup();
        }
        throw noSetup();
    }

    private static HttpProblem noSetup() {
        return new HttpProblem(
                400, "bad-request", "this setup is older than 15 minutes, or was never given out", "Begin again.");
    }

    /** Asks for codes no more. */
    void disable(Principal who) {
        remove(who, who.name(), "totp.disable");
    }

    /** Lets a user in by the password alone again. */
    void reset(Principal who, String user) {
        if (catalog.users().named(user).isEmpty()) {
            throw HttpProblem.notFound("there is no user '" + user + "'");
        }
        remove(who, user, "totp.reset");
    }

    private void remove(Principal who, String user, String action) {
        boolean isRemoved = catalog.transaction(() -> {
            boolean was = catalog.users().removeTotp(user);
            if (was) {
                audit.write(who, action, user, Map.of());
            }
            return was;
        });
        if (!isRemoved) {
            throw new HttpProblem(409, "refused", "one-time codes of '" + user + "' are not switched on", null);
        }
    }

    private static SecretHash hash(String code) {
        return SecretHash.of(code.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8));
    }

    private static String purpose(String user) {
        return "one-time codes of " + user;
    }

    private static String purposeOfSetup(String user) {
        return "setup of one-time codes of " + user;
    }
}
