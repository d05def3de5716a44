package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.IdempotencyKeys.Begin;
import io.holdfast.catalog.IdempotencyKeys.Response;
import io.holdfast.catalog.SecretHash;
import io.holdfast.core.Bytes;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Json;
import io.holdfast.security.SealingKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Does a request once, however often it is sent with the same {@code Idempotency-Key} (docs/server.md, "Requests that are sent again"): who lost the answer gets it again. What is done and that it
 * was done is one transaction. Answers are kept sealed, as one may have a token in it. Thread-safe.
 */
final class Idempotency {
    static final String HEADER = "Idempotency-Key";
    static final String REPLAYED = "Idempotent-Replayed";

    private static final Duration KEPT = Duration.ofDays(1);
    private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,200}");

    private final Catalog catalog;
    private final SealingKey sealing;

    Idempotency(Catalog catalog, SealingKey sealing) {
        this.catalog = catalog;
        this.sealing = sealing;
    }

    /** Does what was asked for; it asks nothing of the world but the catalog. */
    @FunctionalInterface
    interface Work {
        Object run() throws IOException;
    }

    /** Answers a request as JSON, and does it where it was not done before. */
    void answer(Exchange exchange, Principal principal, Object request, Work work) throws IOException {
        Optional<String> key = exchange.header(HEADER);
        if (key.isEmpty()) {
            exchange.answerJson(200, work.run());
            return;
        }
        String name = key.get();
        if (!KEY.matcher(name).matches()) {
            throw HttpProblem.badRequest(HEADER + " has 1 to 200 visible characters of ASCII");
        }
        String what = exchange.method() + " " + exchange.path() + "\n" + Json.text(request);
        Begin begin = catalog.idempotencyKeys()
                .begin(principal.name(), name, SecretHash.of(what.getBytes(StandardCharsets.UTF_8)));
        switch (begin) {
            case Begin.Fresh ignored -> answer(exchange, once(principal.name(), name, work));
            case Begin.Done done -> {
                exchange.header(REPLAYED, "true");
                answer(exchange, opened(principal.name(), name, done.response().body()));
            }
            case Begin.AtWork ignored ->
                throw new HttpProblem(
                        409, "at-work", "a request with this " + HEADER + " is being done", "Ask again in a moment.");
            case Begin.Mismatch ignored ->
                throw new HttpProblem(
                        422, "key-reused", "another request had this " + HEADER, "Take a new key for each request.");
        }
    }

    private static void answer(Exchange exchange, String body) throws IOException {
        exchange.answerText(200, "application/json", body);
    }

    private String once(String user, String key, Work work) throws IOException {
        boolean isDone = false;
        try {
            String body = catalog.transaction(() -> {
                String made = text(work);
                String sealed = sealing.seal(made.getBytes(StandardCharsets.UTF_8), purpose(user, key))
                        .toHex();
                catalog.idempotencyKeys().complete(user, key, new Response(200, sealed), KEPT);
                return made;
            });
            isDone = true;
            return body;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            if (!isDone) {
                catalog.idempotencyKeys().abandon(user, key);
            }
        }
    }

    private static String text(Work work) {
        try {
            return Json.text(work.run());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String opened(String user, String key, String sealed) {
        return new String(sealing.open(Bytes.ofHex(sealed), purpose(user, key)), StandardCharsets.UTF_8);
    }

    private static String purpose(String user, String key) {
        return "answer to " + user + " " + key;
    }
}
