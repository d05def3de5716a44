package io.holdfast.control;

import io.holdfast.http.Exchange;
import io.holdfast.http.Handler;
import java.io.IOException;

/** Tells browsers what this server's pages may do: load their own things, and nothing else. */
record SecurityHeaders(Handler inner) implements Handler {
    @Override
    public void handle(Exchange exchange) throws IOException {
        exchange.header(
                "Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
                        + " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
        exchange.header("X-Content-Type-Options", "nosniff");
        exchange.header("X-Frame-Options", "DENY");
        exchange.header("Referrer-Policy", "same-origin");
        exchange.header("Cross-Origin-Opener-Policy", "same-origin");
        exchange.header("Strict-Transport-Security", "max-age=31536000");
        exchange.header("Cache-Control", "no-store");
        inner.handle(exchange);
    }
}
