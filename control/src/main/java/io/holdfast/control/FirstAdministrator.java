package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.SecretHash;
import io.holdfast.catalog.User;
import io.holdfast.http.HttpProblem;
import io.holdfast.security.Passwords;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/** How the first administrator of a new server comes in: by a link that counts once, which whoever started the server has seen. Thread-safe. */
public final class FirstAdministrator {
    private static final Duration VALID = Duration.ofDays(1);
    private static final int SECRET_BYTES = 32;

    private final Catalog catalog;
    private final Passwords passwords;
    private final InstantSource clock;
    private final SecureRandom random;

    FirstAdministrator(Catalog catalog, Passwords passwords, InstantSource clock, SecureRandom random) {
        this.catalog = catalog;
        this.passwords = passwords;
        this.clock = clock;
        this.random = random;
    }

    /** Whether there is none yet, and so nobody who could add one. */
    public boolean isWanted() {
        return !catalog.users().hasAdministrator();
    }

    /** The secret of a new link, which counts for a day; earlier ones count no more. Empty where there is an administrator. */
    public Optional<String> offer() {
        if (!isWanted()) {
            return Optional.empty();
        }
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        String secret = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        catalog.users().offerFirst(hash(secret), clock.instant().plus(VALID));
        return Optional.of(secret);
    }

    /** Whether a link with this secret counts. */
    public boolean isOffered(String secret) {
        return catalog.users().isFirstOffered(hash(secret));
    }

    /**
     * Adds the first administrator; the link counts no more then.
     *
     * @throws HttpProblem 400 where name or password will not do, 410 where the link does not count
     */
    public void add(String secret, String name, String password) {
        if (!isOffered(secret)) {
            // Before any work: others than the one who has the link may try.
            throw gone();
        }
        AccessService.requireGood(password);
        String passwordHash = passwords.hash(password);
        catalog.transaction(() -> {
            User user =
                    catalog.users().addFirst(hash(secret), name, passwordHash).orElseThrow(FirstAdministrator::gone);
            catalog.audit()
                    .append(
                            "first link",
                            "user.add",
                            user.name(),
                            io.holdfast.http.Json.text(Map.of("role", Sessions.word(user.role()))));
        });
    }

    private static HttpProblem gone() {
        return new HttpProblem(
                410,
                "gone",
                "this link was used, is older than a day, or was never given out",
                "Start the server again: it prints a new one as long as there is no administrator.");
    }

    private static SecretHash hash(String secret) {
        return SecretHash.of(secret.getBytes(StandardCharsets.UTF_8));
    }
}
