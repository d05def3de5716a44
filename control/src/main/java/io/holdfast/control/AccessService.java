package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Network;
import io.holdfast.catalog.Role;
import io.holdfast.catalog.SecretHash;
import io.holdfast.catalog.Token.Enrolment;
import io.holdfast.catalog.Token.Grant;
import io.holdfast.catalog.Token.MediaEnrolment;
import io.holdfast.catalog.TokenId;
import io.holdfast.catalog.User;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.Access;
import io.holdfast.protocol.api.TotpApi;
import io.holdfast.security.Authority;
import io.holdfast.security.Passwords;
import io.holdfast.security.Token;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Logging in, users and tokens. Thread-safe. */
public final class AccessService {
    /** Characters that a password has at least. */
    public static final int MIN_PASSWORD = 10;

    private static final long MAX_VALID_SECONDS = 10L * 366 * 86_400;

    private final Catalog catalog;
    private final Sessions sessions;
    private final Passwords passwords;
    private final SecondFactor secondFactor;
    private final Authority authority;
    private final InstantSource clock;
    private final SecureRandom random;
    private final Audit audit;

    AccessService(
            Catalog catalog,
            Sessions sessions,
            Passwords passwords,
            SecondFactor secondFactor,
            Authority authority,
            InstantSource clock,
            SecureRandom random,
            Audit audit) {
        this.audit = audit;
        this.catalog = catalog;
        this.sessions = sessions;
        this.passwords = passwords;
        this.secondFactor = secondFactor;
        this.authority = authority;
        this.clock = clock;
        this.random = random;
    }

    void login(Exchange exchange) throws IOException {
        Access.Login login = exchange.json(Access.Login.class);
        Sessions.Begun begun = sessions.login(login.user(), login.password(), login.code(), exchange);
        exchange.answerJson(
                200,
                new Access.LoggedIn(
                        begun.principal().name(),
                        begun.principal().role(),
                        begun.secret(),
                        begun.session().expires()));
    }

    /** Who asks. */
    public static Access.Me me(Principal who) {
        return new Access.Me(
                who.name(),
                who.role(),
                List.copyOf(who.groups()),
                who.permissions().stream().map(Permission::word).sorted().toList());
    }

    /** Makes a token, which is told this one time. */
    public Access.MadeToken makeToken(Principal principal, Access.NewToken wish) {
        Token.Kind kind = switch (wish.kind()) {
            case "enrol" -> Token.Kind.ENROL;
            case "media" -> Token.Kind.MEDIA;
            case "api" -> Token.Kind.API;
            default -> throw HttpProblem.badRequest("'" + wish.kind() + "' is no kind of token: enrol or api");
        };
        Optional<Instant> expires = wish.validSeconds().map(this::expires);
        Grant grant = switch (kind) {
            case ENROL -> enrolment(wish);
            case MEDIA -> mediaEnrolment(wish);
            case API -> api(wish, principal);
        };
        Token token = Token.generate(kind, authority.fingerprint(), random);
        catalog.transaction(() -> {
            var ignored = catalog.tokens()
                    .add(
                            new TokenId(token.idText()),
                            SecretHash.of(token.secret().unsafeArray()),
                            grant,
                            wish.label().orElse(""),
                            principal.name(),
                            expires.orElse(null));
            audit.write(principal, "token.create", token.idText(), Map.of("kind", wish.kind()));
        });
        return new Access.MadeToken(token.idText(), token.text(), expires);
    }

    private Instant expires(long seconds) {
        if (seconds < 1 || seconds > MAX_VALID_SECONDS) {
            throw HttpProblem.badRequest("a token cannot be valid for " + seconds + " s");
        }
        return clock.instant().plusSeconds(seconds);
    }

    private static long uses(Access.NewToken wish) {
        long uses = wish.uses().orElse(1L);
        if (uses < 1 || !wish.scopes().isEmpty()) {
            throw HttpProblem.badRequest("a token for machines has at least one use, and no scopes");
        }
        return uses;
    }

    private static List<Network> networks(Access.NewToken wish) {
        return wish.networks().stream().map(Network::parse).toList();
    }

    private static Grant mediaEnrolment(Access.NewToken wish) {
        if (!wish.groups().isEmpty() || !wish.tags().isEmpty()) {
            throw HttpProblem.badRequest("a media server has no groups and no tags");
        }
        return new MediaEnrolment(uses(wish), networks(wish));
    }

    private static Grant enrolment(Access.NewToken wish) {
        return new Enrolment(uses(wish), networks(wish), new TreeSet<>(wish.groups()), new TreeSet<>(wish.tags()));
    }

    private static Grant api(Access.NewToken wish, Principal principal) {
        for (String scope : wish.scopes()) {
            boolean isKnown = Arrays.stream(Permission.values())
                    .anyMatch(permission -> permission.word().equals(scope));
            if (!isKnown) {
                throw HttpProblem.badRequest("'" + scope + "' is no scope: one of "
                        + Arrays.toString(Permission.values()).toLowerCase(Locale.ROOT));
            }
        }
        return new io.holdfast.catalog.Token.Api(principal.name(), new TreeSet<>(wish.scopes()));
    }

    public Access.TokenList tokens() {
        return new Access.TokenList(
                catalog.tokens().all().stream().map(AccessService::view).toList());
    }

    private static Access.TokenView view(io.holdfast.catalog.Token token) {
        return new Access.TokenView(
                token.id().text(),
                kind(token.grant()),
                token.label(),
                token.madeBy(),
                token.made(),
                Optional.ofNullable(token.expires()),
                token.used(),
                uses(token.grant()),
                token.isRevoked());
    }

    private static String kind(Grant grant) {
        return switch (grant) {
            case Enrolment host -> "enrol";
            case MediaEnrolment media -> "media";
            case io.holdfast.catalog.Token.Api api -> "api";
        };
    }

    private static Optional<Long> uses(Grant grant) {
        return switch (grant) {
            case Enrolment host -> Optional.of(host.uses());
            case MediaEnrolment media -> Optional.of(media.uses());
            case io.holdfast.catalog.Token.Api api -> Optional.empty();
        };
    }

    /** Makes a token worthless. */
    public void revoke(Principal principal, String id) {
        boolean revoked = catalog.transaction(() -> {
            boolean was = id.matches("[A-Za-z0-9_-]{11}") && catalog.tokens().revoke(new TokenId(id));
            if (was) {
                audit.write(principal, "token.revoke", id, Map.of());
            }
            return was;
        });
        if (!revoked) {
            throw HttpProblem.notFound("there is no token '" + id + "' that counts");
        }
    }

    public Access.UserView addUser(Principal principal, Access.NewUser wish) {
        Role role = Arrays.stream(Role.values())
                .filter(each -> Sessions.word(each).equals(wish.role()))
                .findFirst()
                .orElseThrow(() -> HttpProblem.badRequest(
                        "'" + wish.role() + "' is no role: administrator, operator, restore-operator or auditor"));
        if (role == Role.ADMINISTRATOR && !wish.groups().isEmpty()) {
            throw HttpProblem.badRequest("an administrator is there for all hosts: groups limit the other roles");
        }
        requireGood(wish.password());
        String hash = passwords.hash(wish.password());
        return view(catalog.transaction(() -> {
            User user = catalog.users().add(wish.name(), role, new HashSet<>(wish.groups()), hash);
            audit.write(principal, "user.add", wish.name(), Map.of("role", wish.role()));
            return user;
        }));
    }

    static void requireGood(String password) {
        if (password.length() < MIN_PASSWORD) {
            throw new HttpProblem(
                    400,
                    "usage",
                    "the password is shorter than " + MIN_PASSWORD + " characters",
                    "Three or four words are better than one with digits in it.");
        }
    }

    private static Access.UserView view(User user) {
        return new Access.UserView(
                user.name(), Sessions.word(user.role()), List.copyOf(user.groups()), user.isDisabled(), user.hasTotp());
    }

    public Access.UserList users() {
        return new Access.UserList(
                catalog.users().all().stream().map(AccessService::view).toList());
    }

    /** Gives a user another password, and ends their sessions. */
    public void setPassword(Principal principal, String name, String password) {
        requireGood(password);
        String hash = passwords.hash(password);
        boolean isSet = catalog.transaction(() -> {
            boolean was = catalog.users().setPassword(name, hash);
            if (was) {
                audit.write(principal, "user.password", name, Map.of());
            }
            return was;
        });
        if (!isSet) {
            throw HttpProblem.notFound("there is no user '" + name + "'");
        }
    }

    /** Whether a one-time code is asked for when this user logs in. */
    public boolean hasTotp(Principal principal) {
        return catalog.users().named(principal.name()).filter(User::hasTotp).isPresent();
    }

    /** How many recovery codes whoever asks has left. */
    public int recoveryCodes(Principal principal) {
        return catalog.users().recoveryCodes(principal.name());
    }

    /** A secret for one-time codes, which are asked for once the first one was shown. */
    public TotpApi.Setup setUpTotp(Principal principal, String password, Exchange exchange) {
        TotpApi.Setup setup = secondFactor.setUp(principal.name());
        sessions.requireProof(principal.name(), password, Optional.empty(), exchange);
        return setup;
    }

    /** What a setup says that was given out before. */
    public TotpApi.Setup setupAgain(Principal principal, String setup) {
        return secondFactor.again(principal.name(), setup);
    }

    /** Asks for one-time codes from now on; the answer is told this one time. */
    public TotpApi.RecoveryCodes confirmTotp(Principal principal, TotpApi.Confirmation confirmation) {
        return secondFactor.confirm(principal, confirmation.setup(), confirmation.code());
    }

    /** Asks for no one-time codes any more. */
    public void disableTotp(Principal principal, TotpApi.Proof proof, Exchange exchange) {
        sessions.requireProof(principal.name(), proof.password(), Optional.of(proof.code()), exchange);
        secondFactor.disable(principal);
    }

    /** Lets a user in who has lost phone and recovery codes. */
    public void resetTotp(Principal principal, String user) {
        secondFactor.reset(principal, user);
    }

    /** Removes a user with all sessions and tokens. */
    public void removeUser(Principal principal, String name) {
        boolean removed = catalog.transaction(() -> {
            boolean was = catalog.users().remove(name);
            if (was) {
                audit.write(principal, "user.remove", name, Map.of());
            }
            return was;
        });
        if (!removed) {
            throw HttpProblem.notFound("there is no user '" + name + "'");
        }
    }
}
