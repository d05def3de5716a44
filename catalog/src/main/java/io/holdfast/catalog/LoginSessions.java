package io.holdfast.catalog;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Who is logged in, by the secrets of cookies, of which the catalog knows hashes. Thread-safe. */
public final class LoginSessions {
    /** A page of the console asks for many things at once. */
    private static final Duration EXACT = Duration.ofMinutes(1);

    private final Database database;
    private final InstantSource clock;

    /**
     * Somebody who is logged in.
     *
     * @param from the address from which it was begun
     * @param lastUsed up to a minute older than true
     * @param expires when it ends, however often it is used
     */
    public record LoginSession(String user, String from, Instant created, Instant lastUsed, Instant expires) {}

    LoginSessions(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * Begins one.
     *
     * @param idle it ends when it was not used for so long
     * @param longest it ends after so long whatever happens
     * @return empty where there is no such user, or it is disabled
     */
    public Optional<LoginSession> begin(SecretHash secret, String user, String from, Duration idle, Duration longest) {
        Instant now = Micros.exact(clock);
        LoginSession session = new LoginSession(user, from, now, now, Micros.exact(now.plus(longest)));
        return database.write(handle -> {
            // Changes nothing, and holds the row: or the user could be disabled between this look and the insert.
            boolean isThere = handle.execute("UPDATE users SET disabled = 0 WHERE name = ? AND disabled = 0", user) > 0;
            if (!isThere) {
                return Optional.empty();
            }
            handle.execute(
                    "INSERT INTO login_sessions (secret_hash, user_name, address, created_micros, last_used_micros, idle_micros,"
                            + " expires_micros) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    secret.text(),
                    user,
                    from,
                    Micros.of(now),
                    Micros.of(now),
                    idle.toNanos() / 1_000,
                    Micros.of(session.expires()));
            return Optional.of(session);
        });
    }

    /** Whose secret this is, and that it was used now; empty where it is nobody's any more. */
    public Optional<LoginSession> use(SecretHash secret) {
        Instant now = Micros.exact(clock);
        Optional<LoginSession> found = database.read(handle -> select(
                        handle,
                        "WHERE secret_hash = ? AND expires_micros > ? AND last_used_micros + idle_micros > ?",
                        secret.text(),
                        Micros.of(now),
                        Micros.of(now))
                .stream()
                .findFirst());
        found.filter(session -> session.lastUsed().plus(EXACT).isBefore(now))
                .ifPresent(session -> database.execute(
                        "UPDATE login_sessions SET last_used_micros = ? WHERE secret_hash = ? AND last_used_micros < ?",
                        Micros.of(now),
                        secret.text(),
                        Micros.of(now)));
        return found;
    }

    /** Those of a user that were begun last first, over or not. */
    public List<LoginSession> of(String user) {
        return database.read(handle -> select(handle, "WHERE user_name = ? ORDER BY created_micros DESC", user));
    }

    /** Ends one; false where there was none. */
    public boolean end(SecretHash secret) {
        return database.execute("DELETE FROM login_sessions WHERE secret_hash = ?", secret.text()) > 0;
    }

    /** Ends all of a user, and says how many there were. */
    public int endAll(String user) {
        return database.execute("DELETE FROM login_sessions WHERE user_name = ?", user);
    }

    /** Forgets those that are over. */
    public void removeExpired() {
        long now = Micros.of(clock.instant());
        int ignored = database.execute(
                "DELETE FROM login_sessions WHERE expires_micros <= ? OR last_used_micros + idle_micros <= ?",
                now,
                now);
    }

    private static List<LoginSession> select(Handle handle, String which, Object... arguments) {
        return handle.select(
                        "SELECT user_name, address, created_micros, last_used_micros, expires_micros FROM login_sessions "
                                + which,
                        arguments)
                .map((row, context) -> new LoginSession(
                        row.getString(1),
                        row.getString(2),
                        Micros.instant(row.getLong(3)),
                        Micros.instant(row.getLong(4)),
                        Micros.instant(row.getLong(5))))
                .list();
    }
}
