package io.holdfast.control.watch;

import io.holdfast.http.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A web server that gets notices as JSON.
 *
 * @param secret with which they are signed
 * @param authority PEM text
 */
record Webhook(URI url, Optional<String> secret, Optional<String> authority) implements Target {
    static final String SIGNATURE = "Holdfast-Signature";

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @Override
    public void tell(Notice notice) throws IOException, InterruptedException {
        String body = Json.text(notice);
        HttpRequest.Builder request = HttpRequest.newBuilder(url)
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .header("User-Agent", "Holdfast")
                .POST(BodyPublishers.ofString(body));
        secret.ifPresent(
                key -> request.header(SIGNATURE, signature(key, notice.at().getEpochSecond(), body)));
        try (HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(PATIENCE)
                .followRedirects(HttpClient.Redirect.NEVER)
                .sslContext(Target.trust(authority))
                .build()) {
            // What it answers is of no use, and may be long.
            int status = client.send(request.build(), BodyHandlers.discarding()).statusCode();
            if (status < 200 || status > 299) {
                throw new IOException("it answered with status " + status);
            }
        }
    }

    /** The moment and the HMAC-SHA-256 of moment, full stop and body: one that was heard cannot be sent again later as new. */
    static String signature(String secret, long seconds, String body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            byte[] sum = mac.doFinal((seconds + "." + body).getBytes(StandardCharsets.UTF_8));
            return "t=" + seconds + ",v1=" + HexFormat.of().formatHex(sum);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Never the secret. */
    @Override
    public String toString() {
        return "webhook " + url.getHost();
    }
}
