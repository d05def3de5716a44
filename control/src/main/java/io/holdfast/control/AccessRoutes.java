package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Network;
import io.holdfast.catalog.Role;
import io.holdfast.catalog.SecretHash;
import io.holdfast.catalog.Token.Enrolment;
import io.holdfast.catalog.Token.Grant;
import io.holdfast.catalog.TokenId;
import io.holdfast.catalog.User;
import io.holdfast.control.ApiRoutes.Call;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Json;
import io.holdfast.protocol.api.Access;
import io.holdfast.protocol.api.Nothing;
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

/** Logging in, users and tokens in the API. */
final class AccessRoutes {
    private static final int MIN_PASSWORD = 10;
    private static final long MAX_VALID_SECONDS = 10L * 366 * 86_400;

    private final Catalog catalog;
    private final Sessions sessions;
    private final Passwords passwords;
    private final Authority authority;
    private final InstantSource clock;
    private final SecureRandom random;

    AccessRoutes(
            Catalog catalog,
            Sessions sessions,
            Passwords passwords,
            Authority authority,
            InstantSource clock,
            SecureRandom random) {
        this.catalog = catalog;
        this.sessions = sessions;
        this.passwords = passwords;
        this.authority = authority;
        this.clock = clock;
        this.random = random;
    }

    void addTo(ApiRoutes routes) {
        routes.raw(
                        new Operation(
                                "POST",
                                "/api/v1/login",
                                "Logs in, and gives a token for this session",
                                Optional.empty(),
                                List.of(),
                                Optional.of(Access.Login.class),
                                Access.LoggedIn.class,
                                "application/json"),
                        this::login)
                .act("POST", "/logout", "Ends the session that was shown", Permission.READ, call -> {
                    sessions.end(call.exchange());
                    return Nothing.NOTHING;
                })
                .get("/me", "Who asks", Permission.READ, Access.Me.class, AccessRoutes::me)
                .send(
                        "POST",
                        "/tokens",
                        "Makes a token, which is shown this one time",
                        Permission.ADMINISTER,
                        Access.NewToken.class,
                        Access.MadeToken.class,
                        this::makeToken)
                .get(
                        "/tokens",
                        "Tokens, without their secrets",
                        Permission.ADMINISTER,
                        Access.TokenList.class,
                        call -> tokens())
                .act("DELETE", "/tokens/{id}", "Makes a token worthless", Permission.ADMINISTER, this::revoke)
                .send(
                        "POST",
                        "/users",
                        "Adds a user",
                        Permission.ADMINISTER,
                        Access.NewUser.class,
                        Access.UserView.class,
                        this::addUser)
                .get("/users", "All users", Permission.ADMINISTER, Access.UserList.class, call -> users())
                .send(
                        "PUT",
                        "/users/{name}/password",
                        "Gives a user another password, and ends their sessions",
                        Permission.ADMINISTER,
                        Access.NewPassword.class,
                        Nothing.class,
                        this::setPassword)
                .act("DELETE", "/users/{name}", "Removes a user", Permission.ADMINISTER, this::removeUser);
    }

    private void login(Exchange exchange) throws IOException {
        Access.Login login = exchange.json(Access.Login.class);
        Sessions.Begun begun = sessions.login(login.user(), login.password(), exchange);
        exchange.answerJson(
                200,
                new Access.LoggedIn(
                        begun.principal().name(),
                        begun.principal().role(),
                        begun.secret(),
                        begun.session().expires()));
    }

    private static Access.Me me(Call<Nothing> call) {
        Principal who = call.principal();
        return new Access.Me(
                who.name(),
                who.role(),
                List.copyOf(who.groups()),
                who.permissions().stream().map(Permission::word).sorted().toList());
    }

    private Access.MadeToken makeToken(Call<Access.NewToken> call) {
        Access.NewToken wish = call.request();
        Token.Kind kind = switch (wish.kind()) {
            case "enrol" -> Token.Kind.ENROL;
            case "api" -> Token.Kind.API;
            default -> throw HttpProblem.badRequest("'" + wish.kind() + "' is no kind of token: enrol or api");
        };
        Optional<Instant> expires = wish.validSeconds().map(this::expires);
        Grant grant = kind == Token.Kind.ENROL ? enrolment(wish) : api(wish, call.principal());
        Token token = Token.generate(kind, authority.fingerprint(), random);
        String actor = call.principal().name();
        catalog.transaction(() -> {
            var ignored = catalog.tokens()
                    .add(
                            new TokenId(token.idText()),
                            SecretHash.of(token.secret().unsafeArray()),
                            grant,
                            wish.label().orElse(""),
                            actor,
                            expires.orElse(null));
            audit(actor, "token.create", token.idText(), Map.of("kind", wish.kind()));
        });
        return new Access.MadeToken(token.idText(), token.text(), expires);
    }

    private Instant expires(long seconds) {
        if (seconds < 1 || seconds > MAX_VALID_SECONDS) {
            throw HttpProblem.badRequest("a token cannot be valid for " + seconds + " s");
        }
        return clock.instant().plusSeconds(seconds);
    }

    private static Grant enrolment(Access.NewToken wish) {
        long uses = wish.uses().orElse(1L);
        if (uses < 1 || !wish.scopes().isEmpty()) {
            throw HttpProblem.badRequest("a token for machines has at least one use, and no scopes");
        }
        return new Enrolment(
                uses,
                wish.networks().stream().map(Network::parse).toList(),
                new TreeSet<>(wish.groups()),
                new TreeSet<>(wish.tags()));
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

    private Access.TokenList tokens() {
        return new Access.TokenList(
                catalog.tokens().all().stream().map(AccessRoutes::view).toList());
    }

    private static Access.TokenView view(io.holdfast.catalog.Token token) {
        return new Access.TokenView(
                token.id().text(),
                token.grant() instanceof Enrolment ? "enrol" : "api",
                token.label(),
                token.madeBy(),
                token.made(),
                Optional.ofNullable(token.expires()),
                token.used(),
                token.grant() instanceof Enrolment enrolment ? Optional.of(enrolment.uses()) : Optional.empty(),
                token.isRevoked());
    }

    private Nothing revoke(Call<Nothing> call) {
        String id = call.exchange().parameter("id");
        String actor = call.principal().name();
        boolean revoked = catalog.transaction(() -> {
            boolean was = id.matches("[A-Za-z0-9_-]{11}") && catalog.tokens().revoke(new TokenId(id));
            if (was) {
                audit(actor, "token.revoke", id, Map.of());
            }
            return was;
        });
        if (!revoked) {
            throw HttpProblem.notFound("there is no token '" + id + "' that counts");
        }
        return Nothing.NOTHING;
    }

    private Access.UserView addUser(Call<Access.NewUser> call) {
        Access.NewUser wish = call.request();
        Role role = Arrays.stream(Role.values())
                .filter(each -> Sessions.word(each).equals(wish.role()))
                .findFirst()
                .orElseThrow(() -> HttpProblem.badRequest(
                        "'" + wish.role() + "' is no role: administrator, operator, restore-operator or auditor"));
        requireGood(wish.password());
        String hash = passwords.hash(wish.password());
        String actor = call.principal().name();
        return view(catalog.transaction(() -> {
            User user = catalog.users().add(wish.name(), role, new HashSet<>(wish.groups()), hash);
            audit(actor, "user.add", wish.name(), Map.of("role", wish.role()));
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
                user.name(), Sessions.word(user.role()), List.copyOf(user.groups()), user.isDisabled());
    }

    private Access.UserList users() {
        return new Access.UserList(
                catalog.users().all().stream().map(AccessRoutes::view).toList());
    }

    private Nothing setPassword(Call<Access.NewPassword> call) {
        String name = call.exchange().parameter("name");
        requireGood(call.request().password());
        String hash = passwords.hash(call.request().password());
        String actor = call.principal().name();
        boolean isSet = catalog.transaction(() -> {
            boolean was = catalog.users().setPassword(name, hash);
            if (was) {
                audit(actor, "user.password", name, Map.of());
            }
            return was;
        });
        if (!isSet) {
            throw HttpProblem.notFound("there is no user '" + name + "'");
        }
        return Nothing.NOTHING;
    }

    private Nothing removeUser(Call<Nothing> call) {
        String name = call.exchange().parameter("name");
        String actor = call.principal().name();
        boolean removed = catalog.transaction(() -> {
            boolean was = catalog.users().remove(name);
            if (was) {
                audit(actor, "user.remove", name, Map.of());
            }
            return was;
        });
        if (!removed) {
            throw HttpProblem.notFound("there is no user '" + name + "'");
        }
        return Nothing.NOTHING;
    }

    private void audit(String actor, String action, String object, Map<String, String> details) {
        catalog.audit().append(actor, action, object, Json.text(details));
    }
}
