package io.holdfast.catalog;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Requests that are sent again, because their answer was lost, are answered again and not done again. Thread-safe, for any number of servers. */
public final class IdempotencyKeys {
    /** A server that dies does not answer: after that time the request may be begun again. */
    private static final Duration LONGEST_REQUEST = Duration.ofMinutes(2);

    private final Database database;
    private final InstantSource clock;

    /**
     * An answer.
     *
     * @param status of HTTP
     */
    public record Response(int status, String body) {}

    /** What is to be done with a request. */
    public sealed interface Begin {
        /** It is the first of its key: do it, then say {@link #complete} or {@link #abandon}. */
        record Fresh() implements Begin {}

        /** It was done: answer so. */
        record Done(Response response) implements Begin {}

        /** It is being done at the moment. */
        record AtWork() implements Begin {}

        /** Another request had this key. */
        record Mismatch() implements Begin {}
    }

    IdempotencyKeys(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * Asks what to do with a request.
     *
     * @param user whose key it is: others may use the same one for something else
     * @param request hash of method, path and body
     */
    public Begin begin(String user, String key, SecretHash request) {
        Instant now = clock.instant();
        return database.write(handle -> {
            handle.execute(
                    "DELETE FROM idempotency_keys WHERE user_name = ? AND key = ? AND expires_micros <= ?",
                    user,
                    key,
                    Micros.of(now));
            int added = handle.execute(
                    "INSERT INTO idempotency_keys (user_name, key, request_hash, status, body, expires_micros) VALUES (?, ?, ?, 0, '', ?)"
                            + " ON CONFLICT (user_name, key) DO NOTHING",
                    user,
                    key,
                    request.text(),
                    Micros.of(now.plus(LONGEST_REQUEST)));
            return added > 0 ? new Begin.Fresh() : known(handle, user, key, request);
        });
    }

    private static Begin known(Handle handle, String user, String key, SecretHash request) {
        record Row(String request, Response response) {}
        Optional<Row> found = handle.select(
                        "SELECT request_hash, status, body FROM idempotency_keys WHERE user_name = ? AND key = ?",
                        user,
                        key)
                .map((row, context) -> new Row(row.getString(1), new Response(row.getInt(2), row.getString(3))))
                .findFirst();
        if (found.isEmpty()) {
            // Somebody has given it up at this moment.
            return new Begin.AtWork();
        }
        Row row = found.get();
        if (!row.request().equals(request.text())) {
            return new Begin.Mismatch();
        }
        return row.response().status() == 0 ? new Begin.AtWork() : new Begin.Done(row.response());
    }

    /** Keeps the answer of a request that was begun: in the transaction that does it, or a server that dies in between lets it be done twice. */
    public void complete(String user, String key, Response response, Duration kept) {
        int ignored = database.execute(
                "UPDATE idempotency_keys SET status = ?, body = ?, expires_micros = ? WHERE user_name = ? AND key = ?",
                response.status(),
                response.body(),
                Micros.of(clock.instant().plus(kept)),
                user,
                key);
    }

    /** A request that was begun has changed nothing: it may come again. */
    public void abandon(String user, String key) {
        int ignored = database.execute(
                "DELETE FROM idempotency_keys WHERE user_name = ? AND key = ? AND status = 0", user, key);
    }

    /** Forgets those that are too old. */
    public void removeExpired() {
        int ignored =
                database.execute("DELETE FROM idempotency_keys WHERE expires_micros <= ?", Micros.of(clock.instant()));
    }
}
