package io.holdfast.protocol;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.Bandwidth;
import io.holdfast.storage.RateLimit;
import java.io.IOException;
import java.io.InputStream;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The line to a media server: HTTPS by HTTP/1.1, as many connections as calls are under way, and what its answers mean. Thread-safe.
 */
public final class MediaLine implements AutoCloseable {
    /** What fits into the buffers of a connection is sent without asking. */
    private static final int ASKED_FIRST_BYTES = 64 << 10;

    private static final String JSON = "application/json";
    private static final Duration CONNECT = Duration.ofSeconds(15);
    /** Longer than a media server lets anybody wait, so that only one that is gone does not answer. */
    private static final Duration ANSWER = Duration.ofMinutes(3);

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final HttpClient client;
    private final List<InetSocketAddress> servers;
    /** Which of them is asked: the next one where it does not answer. */
    private final AtomicInteger current = new AtomicInteger();

    private final Supplier<Bandwidth> bandwidth;
    /** Of what waits for a slow line: those behind the first would be silent for so long that the media server took them for dead. */
    private final Semaphore slowLine = new Semaphore(1, true);

    /**
     * @param servers at least one; names are looked up at each call. Each does what the others do, except that it knows nothing of their sessions and reads: where one does not
     *     answer, the next call goes to the next one
     * @param tls shows the certificate of the host, and believes media servers
     * @param parameters with the server name under which machines come
     * @param bandwidth how fast content may go and come; asked again and again, so that it may change while calls are under way
     */
    public MediaLine(
            List<InetSocketAddress> servers, SSLContext tls, SSLParameters parameters, Supplier<Bandwidth> bandwidth) {
        this.servers = List.copyOf(servers);
        this.bandwidth = bandwidth;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT)
                .sslContext(tls)
                .sslParameters(parameters)
                .build();
    }

    /**
     * Sends content, as fast as it may go.
     *
     * @param request without method and timeout of its own
     * @param method of HTTP
     * @param content opened each time that it is sent
     */
    <T> T sendContent(
            HttpRequest.Builder request,
            String method,
            Supplier<InputStream> content,
            long length,
            BodyHandler<T> whenDone) {
        // Asked first: of a refusal that comes while megabytes are on their way only a broken connection would be seen.
        request.expectContinue(length > ASKED_FIRST_BYTES);
        RateLimit limit = bandwidth.get().upload();
        if (!limit.isLimited()) {
            return send(request.method(method, publisher(content, length)).build(), whenDone);
        }
        acquireSlowLine();
        try {
            Supplier<InputStream> paced =
                    () -> new PacedInput(content.get(), () -> bandwidth.get().upload());
            return send(
                    request.method(method, publisher(paced, length))
                            .timeout(ANSWER.plus(limit.duration(length).multipliedBy(2)))
                            .build(),
                    whenDone);
        } finally {
            slowLine.release();
        }
    }

    private static BodyPublisher publisher(Supplier<InputStream> content, long length) {
        return length == 0
                ? BodyPublishers.noBody()
                : BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(content), length);
    }

    /** Content that comes, as fast as it may. */
    InputStream paced(InputStream answer) {
        return bandwidth.get().download().isLimited()
                ? new PacedInput(answer, () -> bandwidth.get().download())
                : answer;
    }

    private void acquireSlowLine() {
        try {
            slowLine.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }

    <T> T json(String path, Object asked, Class<T> answer) {
        byte[] body = MAPPER.writeValueAsBytes(asked);
        byte[] answered =
                send(post(path, JSON).POST(BodyPublishers.ofByteArray(body)).build(), BodyHandlers.ofByteArray());
        try {
            return MAPPER.readValue(answered, answer);
        } catch (JacksonException e) {
            throw unreachable("its answer cannot be read", e);
        }
    }

    HttpRequest.Builder post(String path, String contentType) {
        return request(path).header("Content-Type", contentType);
    }

    HttpRequest.Builder request(String path) {
        InetSocketAddress server = server();
        return HttpRequest.newBuilder(URI.create("https://" + address(server) + ":" + server.getPort() + path))
                .timeout(ANSWER);
    }

    private InetSocketAddress server() {
        return servers.get(current.get() % servers.size());
    }

    /** As a number: of a name the client would make the server name that it asks for. */
    private String address(InetSocketAddress server) {
        try {
            InetAddress address = InetAddress.getByName(server.getHostString());
            String text = address.getHostAddress();
            return address instanceof Inet6Address ? "[" + text.replaceFirst("%.*", "") + "]" : text;
        } catch (UnknownHostException e) {
            goOn();
            throw unreachable("its name cannot be looked up", e);
        }
    }

    void done(HttpRequest request) {
        byte[] ignored = send(request, BodyHandlers.ofByteArray());
    }

    /** The next call goes to the next server. Of calls that fail together several may say so: then some are passed over, and asked later. */
    private void goOn() {
        current.updateAndGet(last -> (last + 1) % servers.size());
    }

    <T> T send(HttpRequest request, BodyHandler<T> whenDone) {
        while (true) {
            try {
                HttpResponse<Answer<T>> response = client.send(
                        request,
                        head -> head.statusCode() < 300
                                ? HttpResponse.BodySubscribers.mapping(whenDone.apply(head), Done::new)
                                : HttpResponse.BodySubscribers.mapping(
                                        HttpResponse.BodySubscribers.ofByteArray(), Problem::new));
                switch (response.body()) {
                    case Done<T> done -> {
                        return done.value();
                    }
                    case Problem<T> problem -> {
                        if (!isNotYet(response.statusCode(), problem.body())) {
                            throw problem(response.statusCode(), problem.body());
                        }
                    }
                }
            } catch (IOException e) {
                HoldfastException failure = unreachable(String.valueOf(e.getMessage()), e);
                goOn();
                throw failure;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
            }
        }
    }

    private sealed interface Answer<T> {}

    private record Done<T>(T value) implements Answer<T> {}

    private record Problem<T>(byte[] body) implements Answer<T> {}

    private static boolean isNotYet(int status, byte[] body) {
        return status == 503 && HttpMediaCalls.NOT_YET.equals(text(body, "title"));
    }

    /** What the server says in RFC 9457's form. */
    private HoldfastException problem(int status, byte[] body) {
        String detail = text(body, "detail");
        String hint = text(body, "hint");
        return new HoldfastException(
                code(status, text(body, "title")),
                "the media server says: " + (detail.isEmpty() ? "status " + status : detail),
                hint.isEmpty() ? null : hint);
    }

    private static ErrorCode code(int status, String title) {
        String name = title.toUpperCase(Locale.ROOT).replace('-', '_');
        for (ErrorCode code : ErrorCode.values()) {
            if (code.name().equals(name)) {
                return code;
            }
        }
        return switch (status) {
            case 404 -> ErrorCode.NOT_FOUND;
            case 401, 403 -> ErrorCode.REFUSED;
            case 502, 503, 504 -> ErrorCode.STORE_UNREACHABLE;
            default -> ErrorCode.FAILED;
        };
    }

    private static String text(byte[] body, String field) {
        try {
            JsonNode node = MAPPER.readTree(body);
            return node == null ? "" : node.path(field).asString("");
        } catch (JacksonException e) {
            return "";
        }
    }

    private HoldfastException unreachable(String why, Exception e) {
        InetSocketAddress server = server();
        return new HoldfastException(
                ErrorCode.STORE_UNREACHABLE,
                "media server " + server.getHostString() + ":" + server.getPort() + " does not answer: " + why,
                "Look whether it runs and can be reached from here.",
                e);
    }
}
