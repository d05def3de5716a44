package io.holdfast.http;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;

/**
 * Asks a server of this program. What it refuses comes as the exception that its problem tells. Thread-safe.
 */
public final class HttpCaller implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(15);
    /** A server that is at work says so, or has its request held for half a minute. */
    private static final Duration ANSWER = Duration.ofSeconds(70);

    private final URI server;
    private final HttpClient client;
    private final Optional<String> bearer;

    /**
     * @param server with scheme, host and port, without a path
     * @param bearer the token to show
     */
    public HttpCaller(URI server, SSLContext tls, SSLParameters parameters, Optional<String> bearer) {
        this.server = server;
        this.bearer = bearer;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT)
                .sslContext(tls)
                .sslParameters(parameters)
                .build();
    }

    public URI server() {
        return server;
    }

    /** Asks for something. */
    public <T> T get(String path, Class<T> answer) {
        return call("GET", path, Optional.empty(), answer);
    }

    /** Sends a record, and gets one. */
    public <T> T send(String method, String path, Object body, Class<T> answer) {
        return call(method, path, Optional.of(body), answer);
    }

    /** As {@link #send}; empty where it is refused with this problem, about which the caller can do something. */
    public <T> Optional<T> sendUnless(String problem, String method, String path, Object body, Class<T> answer) {
        return read(request(method, path, Optional.of(body)), in -> Json.readAnswer(in, answer), problem);
    }

    /** Sends a record; the answer has nothing in it. */
    public void tell(String method, String path, Object body) {
        read(request(method, path, Optional.of(body)), in -> "");
    }

    /** Asks for something whose answer has nothing in it. */
    public void tell(String method, String path) {
        read(request(method, path, Optional.empty()), in -> "");
    }

    private <T> T call(String method, String path, Optional<Object> body, Class<T> answer) {
        return read(request(method, path, body), in -> Json.readAnswer(in, answer));
    }

    /** What becomes of the content of an answer. */
    @FunctionalInterface
    public interface Reading<T> {
        T read(InputStream in) throws IOException;
    }

    /** Asks for something that is read as it comes; the answer may be as long as it likes, and pause as long as it likes. */
    public <T> T stream(String path, String accepted, Reading<T> reading) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).header("Accept", accepted);
        bearer.ifPresent(token -> request.header("Authorization", "Bearer " + token));
        return read(request.build(), reading);
    }

    /** Sends bytes, and gets an answer that is read as it comes; the caller closes it. */
    public InputStream exchange(String path, byte[] body, String accepted) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path))
                .timeout(ANSWER)
                .header("Accept", accepted)
                .header("Content-Type", "application/octet-stream")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        bearer.ifPresent(token -> request.header("Authorization", "Bearer " + token));
        try {
            HttpResponse<InputStream> response =
                    client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            if (response.statusCode() >= 400) {
                try (InputStream in = response.body()) {
                    throw problem(response, told(response, in));
                }
            }
            return response.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    private HttpRequest request(String method, String path, Optional<Object> body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path))
                .timeout(ANSWER)
                .header("Accept", "application/json")
                .method(
                        method,
                        body.map(value -> HttpRequest.BodyPublishers.ofByteArray(Json.bytes(value)))
                                .orElseGet(HttpRequest.BodyPublishers::noBody));
        if (body.isPresent()) {
            request.header("Content-Type", "application/json");
        }
        bearer.ifPresent(token -> request.header("Authorization", "Bearer " + token));
        return request.build();
    }

    private URI uri(String path) {
        return URI.create(server + path);
    }

    private <T> T read(HttpRequest request, Reading<T> reading) {
        return read(request, reading, "").orElseThrow();
    }

    /** @param expected problem for which there is no answer */
    private <T> Optional<T> read(HttpRequest request, Reading<T> reading, String expected) {
        try {
            HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream in = response.body()) {
                if (response.statusCode() < 400) {
                    return Optional.of(reading.read(in));
                }
                Optional<HttpProblem.ProblemBody> told = told(response, in);
                if (told.filter(body -> body.title().equals(expected)).isPresent()) {
                    return Optional.empty();
                }
                throw problem(response, told);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    private static Optional<HttpProblem.ProblemBody> told(HttpResponse<InputStream> response, InputStream in)
            throws IOException {
        boolean isProblem = response.headers()
                .firstValue("Content-Type")
                .filter("application/problem+json"::equals)
                .isPresent();
        return isProblem ? Optional.of(Json.readAnswer(in, HttpProblem.ProblemBody.class)) : Optional.empty();
    }

    private HoldfastException problem(HttpResponse<InputStream> response, Optional<HttpProblem.ProblemBody> told) {
        return told.map(body -> new HoldfastException(
                        code(body), body.detail(), body.hint().orElse(null)))
                .orElseGet(() -> new HoldfastException(
                        ErrorCode.STORE_UNREACHABLE,
                        server + " answers " + response.statusCode() + " to "
                                + response.request().method() + " "
                                + response.uri().getPath(),
                        "Is it a Holdfast server?"));
    }

    private static ErrorCode code(HttpProblem.ProblemBody body) {
        String word = body.title().toUpperCase(Locale.ROOT).replace('-', '_');
        return Arrays.stream(ErrorCode.values())
                .filter(code -> code.name().equals(word))
                .findFirst()
                .orElse(
                        switch (body.status()) {
                            case 400, 413, 415, 422 -> ErrorCode.USAGE;
                            case 401, 403 -> ErrorCode.DENIED;
                            case 404 -> ErrorCode.NOT_FOUND;
                            case 409, 429 -> ErrorCode.REFUSED;
                            case 502, 503 -> ErrorCode.STORE_UNREACHABLE;
                            default -> ErrorCode.FAILED;
                        });
    }

    private HoldfastException unreachable(IOException e) {
        String place = server.getHost() + ":" + server.getPort();
        if (e instanceof SSLHandshakeException) {
            return new HoldfastException(
                    ErrorCode.STORE_UNREACHABLE,
                    "the server at " + place + " cannot be trusted: " + deepest(e),
                    "Name the certificate of its authority with --ca-file; the server prints its fingerprint.",
                    e);
        }
        String why = e instanceof HttpConnectTimeoutException || e instanceof HttpTimeoutException
                ? "does not answer in time"
                : e instanceof ConnectException
                        ? "does not answer"
                        : e instanceof SSLException ? "refuses this machine" : "breaks off";
        return new HoldfastException(
                ErrorCode.STORE_UNREACHABLE,
                "the server at " + place + " " + why + (e.getMessage() == null ? "" : ": " + e.getMessage()),
                "Check the address, and that the server runs.",
                e);
    }

    private static String deepest(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }

    @Override
    public void close() {
        client.shutdownNow();
        client.close();
    }
}
