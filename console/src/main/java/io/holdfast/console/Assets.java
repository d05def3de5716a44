package io.holdfast.console;

import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Router;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** Style, scripts and pictures of the pages. Each has its content's hash in its address, so that browsers may keep it for good. Thread-safe. */
final class Assets {
    private static final String HTMX = "/META-INF/resources/webjars/htmx.org/2.0.4/dist/htmx.min.js";
    private static final int HASH_DIGITS = 16;

    private final Map<String, Asset> assets;

    /** @param path where it is served */
    private record Asset(String path, String contentType, byte[] content) {}

    private Assets(Map<String, Asset> assets) {
        this.assets = assets;
    }

    static Assets load() {
        Map<String, Asset> assets = new TreeMap<>();
        add(assets, "console.css", "text/css", "console.css");
        add(assets, "console.js", "text/javascript", "console.js");
        add(assets, "htmx.js", "text/javascript", HTMX);
        add(assets, "favicon.svg", "image/svg+xml", "favicon.svg");
        return new Assets(assets);
    }

    private static void add(Map<String, Asset> assets, String name, String contentType, String resource) {
        try (InputStream in = Assets.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("the console lacks " + resource);
            }
            byte[] content = in.readAllBytes();
            assets.put(name, new Asset("/assets/" + hash(content) + "/" + name, contentType, content));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hash(byte[] content) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(content))
                    .substring(0, HASH_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    void addTo(Router router) {
        router.add("GET", "/assets/{hash}/{name}", this::answer);
    }

    /** Where a page finds one. */
    String path(String name) {
        return of(name).path();
    }

    private Asset of(String name) {
        Asset asset = assets.get(name);
        if (asset == null) {
            throw HttpProblem.notFound("there is no '" + name + "'");
        }
        return asset;
    }

    private void answer(Exchange exchange) throws IOException {
        Asset asset = of(exchange.parameter("name"));
        if (exchange.path().equals(asset.path())) {
            exchange.header("Cache-Control", "public, max-age=31536000, immutable");
        }
        exchange.answer(200, asset.contentType(), asset.content());
    }
}
