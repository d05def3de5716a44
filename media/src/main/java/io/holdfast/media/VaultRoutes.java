package io.holdfast.media;

import io.holdfast.core.HoldfastException;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Router;
import io.holdfast.protocol.VaultMade;
import io.holdfast.protocol.VaultObject;
import io.holdfast.protocol.VaultRequest;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.PutOutcome;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/** The requests of hosts about vaults over HTTP. Thread-safe. */
final class VaultRoutes {
    private static final String BYTES = "application/octet-stream";
    private static final int NOTHING = 204;

    private final Finder finder;

    /** Finds what a request is about. */
    @FunctionalInterface
    interface Finder {
        /** @throws HoldfastException {@code NOT_FOUND} where the host has no such access */
        VaultAccess find(String host, String access);
    }

    VaultRoutes(Finder finder) {
        this.finder = finder;
    }

    /** Adds all but the beginning and the end of an access. */
    void addTo(Router router, MediaRoutes.Told told) {
        router.add("GET", "/media/v1/vaults/{access}/object", told.of(this::get))
                .add("PUT", "/media/v1/vaults/{access}/object", told.of(this::put))
                .add("DELETE", "/media/v1/vaults/{access}/object", told.of(this::delete))
                .add("GET", "/media/v1/vaults/{access}/stat", told.of(this::stat))
                .add("GET", "/media/v1/vaults/{access}/list", told.of(this::list));
    }

    /** Adds those, too. */
    static void addTo(Router router, MediaRoutes.Told told, Vaults vaults) {
        new VaultRoutes(vaults::find).addTo(router, told);
        router.add(
                        "POST",
                        "/media/v1/vaults",
                        told.of(exchange -> exchange.answerJson(
                                201, vaults.begin(MediaRoutes.host(exchange), exchange.json(VaultRequest.class)))))
                .add("POST", "/media/v1/vaults/{access}/made", told.of(exchange -> {
                    VaultMade made = exchange.json(VaultMade.class);
                    vaults.made(MediaRoutes.host(exchange), exchange.parameter("access"), made);
                    exchange.answerJson(200, made);
                }))
                .add(
                        "DELETE",
                        "/media/v1/vaults/{access}",
                        told.of(exchange -> vaults.end(MediaRoutes.host(exchange), exchange.parameter("access"))));
    }

    private VaultAccess access(Exchange exchange) {
        return finder.find(MediaRoutes.host(exchange), exchange.parameter("access"));
    }

    private static ObjectName name(Exchange exchange) {
        String name = exchange.query("name").orElse("");
        if (!ObjectName.isValid(name)) {
            throw HttpProblem.badRequest("the name of the object is none");
        }
        return ObjectName.of(name);
    }

    private void get(Exchange exchange) throws IOException {
        VaultAccess access = access(exchange);
        ObjectName name = name(exchange);
        Optional<ObjectStat> stat = access.stat(name);
        if (stat.isEmpty()) {
            exchange.answer(NOTHING);
            return;
        }
        long size = stat.get().sizeBytes();
        long from = number(exchange, "from", 0);
        long length = number(exchange, "length", size - Math.min(from, size));
        if (from > size || length > size - from) {
            throw HoldfastException.damaged(
                    name + " has " + size + " bytes, and " + length + " from " + from + " on were asked for");
        }
        exchange.header("Content-Length", Long.toString(length));
        OutputStream out = exchange.answerStream(200, BYTES);
        access.read(name, from, length, out);
        // Where that fails it stays open: an answer that ended in order would look like one that is whole.
        out.close();
    }

    private static long number(Exchange exchange, String name, long otherwise) {
        Optional<String> text = exchange.query(name);
        if (text.isEmpty()) {
            return otherwise;
        }
        try {
            long number = Long.parseLong(text.get());
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw HttpProblem.badRequest(name + "=" + text.get() + " is no number of bytes");
    }

    private void put(Exchange exchange) throws IOException {
        VaultAccess access = access(exchange);
        ObjectName name = name(exchange);
        try (InputStream body = exchange.body(access.requirePut(name))) {
            exchange.answer(access.put(name, body) == PutOutcome.STORED ? 201 : 200);
        }
    }

    private void delete(Exchange exchange) {
        exchange.answer(access(exchange).delete(name(exchange)) ? 200 : NOTHING);
    }

    private void stat(Exchange exchange) throws IOException {
        Optional<ObjectStat> stat = access(exchange).stat(name(exchange));
        if (stat.isEmpty()) {
            exchange.answer(NOTHING);
        } else {
            exchange.answerText(200, "text/plain", VaultObject.of(stat.get()).line());
        }
    }

    private void list(Exchange exchange) throws IOException {
        VaultAccess access = access(exchange);
        String prefix = exchange.query("prefix").orElse("");
        OutputStream out = exchange.answerStream(200, "text/plain");
        access.list(prefix, out);
        out.close();
    }
}
