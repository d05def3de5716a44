package io.holdfast.catalog;

import io.holdfast.catalog.Token.Api;
import io.holdfast.catalog.Token.Enrolment;
import io.holdfast.catalog.Token.Grant;
import io.holdfast.catalog.Token.MediaEnrolment;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The tokens of a catalog, which knows hashes of secrets and no secret. Thread-safe. */
public final class Tokens {
    private static final String COLUMNS =
            "id, kind, user_name, uses, label, made_by, made_micros, expires_micros, used, last_used_micros, revoked";

    /** A program may come many times in a second. */
    private static final Duration EXACT = Duration.ofMinutes(1);

    private final Database database;
    private final InstantSource clock;

    /** Lists of words that tokens have. */
    private enum WordKind {
        NETWORK,
        GROUP,
        TAG,
        SCOPE
    }

    /** What became of the use of a token. */
    public sealed interface Use {
        /** @param token as it was before this use */
        record Accepted(Token token) implements Use {}

        record Refused(Reason reason) implements Use {}
    }

    /** Why a token is refused. For the log: whoever shows a wrong one should not learn that its id is right. */
    public enum Reason {
        /** There is none of this kind, id and secret. */
        UNKNOWN,
        EXPIRED,
        REVOKED,
        /** As many machines as it is for have joined. */
        USED_UP,
        /** It is not for this address. */
        ADDRESS
    }

    Tokens(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * Adds one.
     *
     * @param id drawn by the caller, as the secret is
     * @param expires absent where it never does
     */
    public Token add(
            TokenId id, SecretHash secret, Grant grant, String label, String madeBy, @Nullable Instant expires) {
        Token token =
                new Token(id, grant, label, madeBy, Micros.exact(clock), Micros.exactOrNull(expires), 0, null, false);
        return database.write(handle -> {
            handle.execute(
                    "INSERT INTO tokens (id, kind, secret_hash, user_name, uses, label, made_by, made_micros, expires_micros, used,"
                            + " last_used_micros, revoked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0)",
                    id.text(),
                    kind(grant),
                    secret.text(),
                    grant instanceof Api api ? api.user() : "",
                    uses(grant),
                    label,
                    madeBy,
                    Micros.of(token.made()),
                    Micros.orZero(token.expires()));
            switch (grant) {
                case Enrolment enrolment -> {
                    List<String> networks =
                            enrolment.networks().stream().map(Network::text).toList();
                    put(handle, id, WordKind.NETWORK, networks);
                    put(handle, id, WordKind.GROUP, enrolment.groups());
                    put(handle, id, WordKind.TAG, enrolment.tags());
                }
                case MediaEnrolment media ->
                    put(
                            handle,
                            id,
                            WordKind.NETWORK,
                            media.networks().stream().map(Network::text).toList());
                case Api api -> put(handle, id, WordKind.SCOPE, api.scopes());
            }
            return token;
        });
    }

    private static String kind(Grant grant) {
        return switch (grant) {
            case Enrolment host -> "enrol";
            case MediaEnrolment media -> "media";
            case Api api -> "api";
        };
    }

    private static long uses(Grant grant) {
        return switch (grant) {
            case Enrolment host -> host.uses();
            case MediaEnrolment media -> media.uses();
            case Api api -> 0;
        };
    }

    private static void put(Handle handle, TokenId id, WordKind kind, Collection<String> words) {
        for (String word : words) {
            String ignored = Names.check(word, Words.of(kind));
            handle.execute(
                    "INSERT INTO token_words (token_id, kind, word) VALUES (?, ?, ?)", id.text(), Words.of(kind), word);
        }
    }

    /**
     * Counts one machine that joins with a token, before it gets a certificate: of many that come at once, no more are accepted than the token is for.
     *
     * @param wanted as what it joins: {@link Enrolment} or {@link MediaEnrolment}; a token for the other is unknown
     * @param from where it comes from
     */
    public Use enrol(TokenId id, SecretHash secret, Class<? extends Grant> wanted, InetAddress from) {
        return database.write(handle -> {
            Optional<Token> found = find(handle, id, secret).filter(token -> wanted.isInstance(token.grant()));
            if (found.isEmpty()) {
                return new Use.Refused(Reason.UNKNOWN);
            }
            List<Network> networks = switch (found.get().grant()) {
                case Enrolment host -> host.networks();
                case MediaEnrolment media -> media.networks();
                case Api api -> throw new IllegalArgumentException("no machine joins with a token for scripts");
            };
            Instant now = clock.instant();
            Optional<Reason> refusal = refusal(found.get(), now);
            if (refusal.isPresent()) {
                return new Use.Refused(refusal.get());
            }
            if (!networks.isEmpty() && networks.stream().noneMatch(network -> network.contains(from))) {
                return new Use.Refused(Reason.ADDRESS);
            }
            int counted = handle.execute(
                    "UPDATE tokens SET used = used + 1, last_used_micros = ? WHERE id = ? AND used < uses AND revoked = 0",
                    Micros.of(now),
                    id.text());
            return counted == 0 ? new Use.Refused(Reason.USED_UP) : new Use.Accepted(found.get());
        });
    }

    /** Whether a program may come with a token. */
    public Use api(TokenId id, SecretHash secret) {
        Instant now = clock.instant();
        Optional<Token> found = database.read(handle -> find(handle, id, secret));
        if (found.isEmpty() || !(found.get().grant() instanceof Api)) {
            return new Use.Refused(Reason.UNKNOWN);
        }
        Token token = found.get();
        Optional<Reason> refusal = refusal(token, now);
        if (refusal.isPresent()) {
            return new Use.Refused(refusal.get());
        }
        Instant last = token.lastUsed();
        if (last == null || last.plus(EXACT).isBefore(now)) {
            int ignored = database.execute(
                    "UPDATE tokens SET used = used + 1, last_used_micros = ? WHERE id = ? AND last_used_micros = ?",
                    Micros.of(now),
                    id.text(),
                    Micros.orZero(last));
        }
        return new Use.Accepted(token);
    }

    private static Optional<Reason> refusal(Token token, Instant now) {
        Instant expires = token.expires();
        if (token.isRevoked()) {
            return Optional.of(Reason.REVOKED);
        }
        return expires != null && !now.isBefore(expires) ? Optional.of(Reason.EXPIRED) : Optional.empty();
    }

    private static Optional<Token> find(Handle handle, TokenId id, SecretHash secret) {
        return handle.select("SELECT secret_hash FROM tokens WHERE id = ?", id.text())
                .mapTo(String.class)
                .findFirst()
                .filter(hash -> MessageDigest.isEqual(
                        hash.getBytes(StandardCharsets.US_ASCII), secret.text().getBytes(StandardCharsets.US_ASCII)))
                .flatMap(hash ->
                        select(handle, "WHERE id = ?", id.text()).stream().findFirst());
    }

    /** All, those that were made last first. */
    public List<Token> all() {
        return database.read(handle -> select(handle, "ORDER BY made_micros DESC, id"));
    }

    /** Whether there was one that was not revoked. */
    public boolean revoke(TokenId id) {
        return database.execute("UPDATE tokens SET revoked = 1 WHERE id = ? AND revoked = 0", id.text()) > 0;
    }

    /** Forgets those that expired before this. */
    public void removeExpired(Instant before) {
        int ignored = database.execute(
                "DELETE FROM tokens WHERE expires_micros > 0 AND expires_micros < ?", Micros.of(before));
    }

    private static List<Token> select(Handle handle, String which, Object... arguments) {
        return handle.select("SELECT " + COLUMNS + " FROM tokens " + which, arguments)
                .map((row, context) -> {
                    TokenId id = new TokenId(row.getString(1));
                    Grant grant = switch (row.getString(2)) {
                        case "api" -> new Api(row.getString(3), words(handle, id, WordKind.SCOPE));
                        case "media" -> new MediaEnrolment(row.getLong(4), networks(handle, id));
                        default ->
                            new Enrolment(
                                    row.getLong(4),
                                    networks(handle, id),
                                    words(handle, id, WordKind.GROUP),
                                    words(handle, id, WordKind.TAG));
                    };
                    return new Token(
                            id,
                            grant,
                            row.getString(5),
                            row.getString(6),
                            Micros.instant(row.getLong(7)),
                            Micros.orNull(row.getLong(8)),
                            row.getLong(9),
                            Micros.orNull(row.getLong(10)),
                            row.getLong(11) != 0);
                })
                .list();
    }

    private static List<Network> networks(Handle handle, TokenId id) {
        return words(handle, id, WordKind.NETWORK).stream().map(Network::parse).toList();
    }

    private static SortedSet<String> words(Handle handle, TokenId id, WordKind kind) {
        return new TreeSet<>(
                handle.select("SELECT word FROM token_words WHERE token_id = ? AND kind = ?", id.text(), Words.of(kind))
                        .mapTo(String.class)
                        .list());
    }
}
