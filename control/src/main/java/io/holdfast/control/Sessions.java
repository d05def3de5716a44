package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.LoginSessions.LoginSession;
import io.holdfast.catalog.Role;
import io.holdfast.catalog.SecretHash;
import io.holdfast.catalog.Token.Api;
import io.holdfast.catalog.TokenId;
import io.holdfast.catalog.Tokens;
import io.holdfast.catalog.User;
import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.security.Passwords;
import io.holdfast.security.Token;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds out who asks: by a session that a login began, shown as a cookie or as a bearer, or by an API token. Thread-safe. */
public final class Sessions {
    /** A browser sends it to this host alone, over TLS alone, and to no script. */
    static final String COOKIE = "__Host-holdfast";

    /** The problem of a login whose password is right. */
    private static final String CODE_NEEDED = "code-needed";

    private static final Duration IDLE = Duration.ofHours(12);
    private static final Duration LONGEST = Duration.ofDays(7);
    private static final String PREFIX = "hs_";
    private static final int SECRET_BYTES = 32;

    private final Catalog catalog;
    private final Passwords passwords;
    private final SecondFactor secondFactor;
    private final LoginTickets tickets;
    private final SecureRandom random;

    Sessions(
            Catalog catalog,
            Passwords passwords,
            SecondFactor secondFactor,
            LoginTickets tickets,
            SecureRandom random) {
        this.catalog = catalog;
        this.passwords = passwords;
        this.secondFactor = secondFactor;
        this.tickets = tickets;
        this.random = random;
    }

    /** What a login comes to whose password was right. */
    public sealed interface Attempt permits Begun, CodeNeeded {}

    /** A session that has just begun. */
    public record Begun(Principal principal, String secret, LoginSession session) implements Attempt {
        @Override
        public String toString() {
            return "Begun";
        }
    }

    /** @param ticket shows for five minutes that the password was right */
    public record CodeNeeded(String ticket) implements Attempt {
        @Override
        public String toString() {
            return "CodeNeeded";
        }
    }

    /**
     * Begins a session, or says that a one-time code is needed first.
     *
     * @throws HttpProblem 401 where user and password are not right together, 429 where that was tried too often
     */
    public Attempt login(String name, String password, Exchange exchange) {
        User.Credentials credentials = prove(name, password, exchange);
        if (credentials.sealedTotp() == null) {
            return admit(name, exchange);
        }
        catalog.loginThrottle().passed(name, exchange.remoteAddress());
        return new CodeNeeded(tickets.issue(name, credentials.passwordHash()));
    }

    /** The second step: a code of the user who has got a ticket. */
    public Begun loginByTicket(String name, String ticket, String code, Exchange exchange) {
        pass(name, exchange);
        User.Credentials credentials = catalog.users()
                .credentials(name)
                .filter(found -> tickets.isGood(ticket, name, found.passwordHash()))
                .orElseThrow(() -> new HttpProblem(401, "denied", "that took too long", "Log in again."));
        requireCode(name, credentials, Optional.of(code), exchange);
        return admit(name, exchange);
    }

    /**
     * Begins a session in one step.
     *
     * @throws HttpProblem 401 where user and password are not right together, and {@code code-needed} or {@code wrong-code} where they are; 429 where that was tried too often
     */
    Begun login(String name, String password, Optional<String> code, Exchange exchange) {
        User.Credentials credentials = prove(name, password, exchange);
        requireCode(name, credentials, code, exchange);
        return admit(name, exchange);
    }

    /** Makes sure that it is the user, by password and, where codes are switched on, by code. */
    void requireProof(String name, String password, Optional<String> code, Exchange exchange) {
        User.Credentials credentials = prove(name, password, exchange);
        requireCode(name, credentials, code, exchange);
        catalog.loginThrottle().succeeded(name, exchange.remoteAddress());
    }

    private void requireCode(String name, User.Credentials credentials, Optional<String> code, Exchange exchange) {
        Bytes sealed = credentials.sealedTotp();
        if (sealed == null) {
            return;
        }
        Optional<String> typed = code.filter(text -> !text.isBlank());
        if (typed.isEmpty()) {
            catalog.loginThrottle().passed(name, exchange.remoteAddress());
            throw new HttpProblem(
                    401,
                    CODE_NEEDED,
                    "a one-time code is needed, too",
                    "Give the code of your phone, or a recovery code.");
        }
        if (!secondFactor.accept(name, sealed, typed.get())) {
            throw SecondFactor.wrongCode(401);
        }
    }

    /** Counts as a failure until {@link #admit}. */
    private User.Credentials prove(String name, String password, Exchange exchange) {
        pass(name, exchange);
        Optional<User.Credentials> credentials = catalog.users().credentials(name);
        if (credentials.isEmpty()) {
            // The same work whether there is such a user or not.
            passwords.checkNobody(password);
        }
        return credentials
                .filter(found -> passwords.check(password, found.passwordHash()))
                .orElseThrow(Sessions::notRight);
    }

    private void pass(String name, Exchange exchange) {
        Duration wait = catalog.loginThrottle().attempt(name, exchange.remoteAddress());
        if (!wait.isZero()) {
            exchange.header("Retry-After", Long.toString(wait.toSeconds() + 1));
            throw new HttpProblem(
                    429,
                    "too-many-attempts",
                    "there were too many wrong passwords",
                    "Try again in " + (wait.toSeconds() + 1) + " s.");
        }
    }

    private static HttpProblem notRight() {
        return new HttpProblem(401, "denied", "user and password are not right together", null);
    }

    private Begun admit(String name, Exchange exchange) {
        catalog.loginThrottle().succeeded(name, exchange.remoteAddress());
        return begin(name, exchange).orElseThrow(Sessions::notRight);
    }

    /** Begins a session of somebody who has proved to be that. */
    public Optional<Begun> begin(String user, Exchange exchange) {
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        String secret = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        return catalog.loginSessions()
                .begin(hash(secret), user, exchange.remoteAddress().getHostAddress(), IDLE, LONGEST)
                .flatMap(session -> principal(user, Set.of()).map(who -> new Begun(who, secret, session)));
    }

    private static SecretHash hash(String secret) {
        return SecretHash.of(secret.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    /** Tells a browser who it is from now on. */
    public static void setCookie(Exchange exchange, String secret) {
        exchange.addHeader(
                "Set-Cookie",
                COOKIE + "=" + secret + "; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=" + LONGEST.toSeconds());
    }

    /** Ends the session that was shown. */
    public void end(Exchange exchange) {
        secret(exchange).ifPresent(secret -> {
            boolean ignored = catalog.loginSessions().end(hash(secret));
        });
        exchange.addHeader("Set-Cookie", COOKIE + "=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
    }

    private static Optional<String> secret(Exchange exchange) {
        return bearer(exchange).or(() -> exchange.cookie(COOKIE)).filter(secret -> secret.startsWith(PREFIX));
    }

    private static Optional<String> bearer(Exchange exchange) {
        return exchange.header("Authorization")
                .filter(header -> header.startsWith("Bearer "))
                .map(header -> header.substring("Bearer ".length()).strip());
    }

    /** @throws HttpProblem 401 where nobody is known by what was shown */
    public Principal authenticate(Exchange exchange) {
        return find(exchange).orElseThrow(() -> {
            exchange.header("WWW-Authenticate", "Bearer");
            return new HttpProblem(
                    401, "denied", "nobody is logged in", "Log in again: holdfast login, or the console's first page.");
        });
    }

    /** Who asks; empty where that is not known. */
    public Optional<Principal> find(Exchange exchange) {
        Optional<String> bearer = bearer(exchange);
        if (bearer.isPresent()) {
            return bearer.get().startsWith(PREFIX) ? bySession(bearer.get()) : byToken(bearer.get());
        }
        Optional<String> cookie = exchange.cookie(COOKIE);
        if (cookie.isPresent()) {
            requireSameSite(exchange);
            return bySession(cookie.get());
        }
        return Optional.empty();
    }

    /**
     * Whether a browser may have the cookie and keep it back, as a page of another site has sent it here (SameSite=Strict). A page of this server that sends it once
     * more gets it shown.
     */
    public static boolean mayBeKeptBack(Exchange exchange) {
        return exchange.method().equals("GET")
                && exchange.cookie(COOKIE).isEmpty()
                && exchange.header("Sec-Fetch-Site")
                        .filter("cross-site"::equals)
                        .isPresent()
                && exchange.header("Sec-Fetch-Mode").filter("navigate"::equals).isPresent()
                && exchange.header("Sec-Fetch-Dest").filter("document"::equals).isPresent();
    }

    /**
     * A browser shows its cookie also where another page makes it ask: such a page changes nothing here.
     *
     * @throws HttpProblem 403 where another page may have made it ask
     */
    public static void requireSameSite(Exchange exchange) {
        if (exchange.method().equals("GET") || exchange.method().equals("HEAD")) {
            return;
        }
        boolean isOwnPage =
                exchange.header("Sec-Fetch-Site").filter("same-origin"::equals).isPresent()
                        || exchange.header("Origin")
                                .filter(("https://" + exchange.authority())::equals)
                                .isPresent();
        if (!isOwnPage) {
            throw new HttpProblem(403, "denied", "another page has asked for that", "Open the console itself.");
        }
    }

    private Optional<Principal> bySession(String secret) {
        return catalog.loginSessions().use(hash(secret)).flatMap(session -> principal(session.user(), Set.of()));
    }

    private Optional<Principal> byToken(String text) {
        Token token;
        try {
            token = Token.parse(text);
        } catch (HoldfastException e) {
            return Optional.empty();
        }
        return switch (catalog.tokens()
                .api(new TokenId(token.idText()), SecretHash.of(token.secret().unsafeArray()))) {
            case Tokens.Use.Accepted accepted -> {
                Api grant = (Api) accepted.token().grant();
                yield principal(grant.user(), grant.scopes());
            }
            case Tokens.Use.Refused ignored -> Optional.empty();
        };
    }

    private Optional<Principal> principal(String user, Set<String> scopes) {
        return catalog.users().named(user).filter(found -> !found.isDisabled()).map(found -> {
            Set<Permission> permissions = permissions(found.role());
            if (!scopes.isEmpty()) {
                permissions = permissions.stream()
                        .filter(permission -> scopes.contains(permission.word()))
                        .collect(Collectors.toSet());
            }
            return new Principal(found.name(), word(found.role()), found.groups(), permissions);
        });
    }

    static String word(Role role) {
        return role.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What each role may. */
    static Set<Permission> permissions(Role role) {
        return switch (role) {
            case ADMINISTRATOR -> EnumSet.allOf(Permission.class);
            case OPERATOR ->
                EnumSet.of(
                        Permission.READ,
                        Permission.RUN,
                        Permission.PLAN,
                        Permission.BROWSE,
                        Permission.RESTORE,
                        Permission.METRICS);
            case RESTORE_OPERATOR -> EnumSet.of(Permission.READ, Permission.BROWSE, Permission.RESTORE);
            case AUDITOR -> EnumSet.of(Permission.READ, Permission.METRICS, Permission.AUDIT);
        };
    }
}
