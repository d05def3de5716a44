package io.holdfast.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.security.Authority;
import io.holdfast.security.Identity;
import io.holdfast.security.MachineKeys;
import io.holdfast.security.MachineName;
import io.holdfast.security.TlsContexts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class WebServerTest {
    private static final MachineName HOST = new MachineName(MachineName.Role.HOST, "0123456789abcdef0123456789abcdef");

    /** What a test sends. */
    record Wish(String name, int count, Optional<String> note, List<String> parts) {
        Wish {
            if (count < 0) {
                throw HoldfastException.usage("a count of " + count, "Write 0 or more.");
            }
        }
    }

    private final SecureRandom random = new SecureRandom();
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final List<Throwable> defects = new CopyOnWriteArrayList<>();

    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch mayEnd = new CountDownLatch(1);
    private final AtomicInteger waiting = new AtomicInteger();

    @TempDir
    private Path directory;

    private final AtomicBoolean hasEnded = new AtomicBoolean();
    private Authority authority;
    private WebServer server;

    @BeforeEach
    void start() {
        authority = Authority.create(directory, WallClock.system(), random);
        Identity identity = authority.forServer(List.of("localhost", "127.0.0.1"));
        Router router = new Router()
                .add(
                        "GET",
                        "/name",
                        exchange -> exchange.answerText(
                                200,
                                "text/plain",
                                exchange.certificate()
                                        .flatMap(MachineName::of)
                                        .map(MachineName::id)
                                        .orElse("nobody")))
                .add(
                        "GET",
                        "/files/{host}/{path...}",
                        exchange -> exchange.answerText(
                                200, "text/plain", exchange.parameter("host") + "|" + exchange.parameter("path")))
                .add("GET", "/files/all/of", exchange -> exchange.answerText(200, "text/plain", "words first"))
                .add("POST", "/wish", exchange -> exchange.answerJson(201, exchange.json(Wish.class)))
                .add(
                        "POST",
                        "/upload",
                        exchange -> exchange.answerText(
                                200, "text/plain", "" + exchange.body(1_000).readAllBytes().length))
                .add("GET", "/held", exchange -> {
                    var ignored = waiting.incrementAndGet();
                    try {
                        mayEnd.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    exchange.answerText(200, "text/plain", "now");
                })
                .add("POST", "/nothing", exchange -> {})
                .add("GET", "/refused", exchange -> {
                    throw new HoldfastException(ErrorCode.REFUSED, "it is taken", "Take another one.");
                })
                .add("POST", "/closed", exchange -> {
                    throw HttpProblem.forbidden("not for you");
                })
                .add("GET", "/defect", exchange -> {
                    throw new IllegalStateException("secret details");
                })
                .add("GET", "/half", exchange -> {
                    exchange.answerStream(200, "text/plain").write(new byte[100_000]);
                    throw new IllegalStateException("in the middle");
                })
                .add(
                        "GET",
                        "/number",
                        exchange ->
                                exchange.answerText(200, "text/plain", "" + exchange.queryNumber("limit", 50, 1, 100)))
                .add("GET", "/slow", exchange -> {
                    begun.countDown();
                    try {
                        mayEnd.await();
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                    exchange.answerText(200, "text/plain", "ended");
                })
                .add("GET", "/stubborn", exchange -> {
                    begun.countDown();
                    long until = System.nanoTime() + 300_000_000;
                    while (System.nanoTime() < until) {
                        Thread.onSpinWait();
                    }
                    hasEnded.set(true);
                })
                .add("GET", "/events", exchange -> {
                    try (EventStream events = exchange.answerEvents()) {
                        events.send("1", "progress", "half\ndone");
                        events.keepAlive();
                        events.send("", "end", "");
                    }
                });
        server = WebServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                new WebServer.Tls(
                        TlsContexts.people(() -> identity),
                        TlsContexts.machines(() -> identity, authority.certificate()),
                        MachineName.SERVER_NAME),
                router,
                (method, pattern, status, took, failure) -> {
                    heard.add(method + " " + pattern + " " + status);
                    if (failure != null) {
                        defects.add(failure);
                    }
                },
                MonotonicClock.system());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> send(String host, SSLContext context, String method, String path, String body)
            throws Exception {
        try (HttpClient client = client(host, context)) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("https://" + host + ":" + server.port() + path))
                            .method(method, HttpRequest.BodyPublishers.ofString(body))
                            .header("Content-Type", "application/json")
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    private static HttpClient client(String host, SSLContext context) {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(context)
                .sslParameters(host.equals("127.0.0.1") ? TlsContexts.machineParameters() : new SSLParameters())
                .build();
    }

    private HttpResponse<String> ask(String method, String path, String body) throws Exception {
        return send("localhost", TlsContexts.client(Optional.empty(), authority.certificate()), method, path, body);
    }

    private HttpResponse<String> get(String path) throws Exception {
        return ask("GET", path, "");
    }

    private static Supplier<Identity> machine(Authority signer, SecureRandom random) {
        MachineKeys keys = MachineKeys.generate(random);
        Identity identity = new Identity(keys.key(), signer.forMachine(HOST, keys.request()));
        return () -> identity;
    }

    /** As many hosts wait for work, each with a request that is held. */
    @Test
    @Timeout(60)
    void requestsThatAreHeldKeepNobodyOut() throws Exception {
        int held = 600;
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        try (HttpClient client = client("localhost", TlsContexts.client(Optional.empty(), authority.certificate()))) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + "/held"))
                    .build();
            for (int i = 0; i < held; i++) {
                answers.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
            }
            while (waiting.get() < held) {
                assertThat(answers).noneMatch(CompletableFuture::isDone);
                Thread.sleep(10);
            }
            assertThat(get("/name").body()).isEqualTo("nobody");
            mayEnd.countDown();
            for (CompletableFuture<HttpResponse<String>> answer : answers) {
                assertThat(answer.get().statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void takesRecordsAndSaysWhatIsWrongWithThem() throws Exception {
        assertThat(ask("POST", "/wish", "{\"name\": \"x\", \"count\": 3}").body())
                .isEqualTo("{\"name\":\"x\",\"count\":3,\"parts\":[]}");
        HttpResponse<String> unknown = ask("POST", "/wish", "{\"name\": \"x\", \"count\": 1,\n\"cuont\": 3}");
        assertThat(unknown.statusCode()).isEqualTo(400);
        assertThat(unknown.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(unknown.body()).contains("cuont");
        assertThat(ask("POST", "/wish", "{\"name\":\n x}").body()).contains("line 2");
        HttpResponse<String> wrong = ask("POST", "/wish", "{\"name\": \"x\", \"count\": -3}");
        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(wrong.body()).contains("a count of -3").contains("Write 0 or more.");
        for (String broken : List.of(
                "",
                "{",
                "null",
                "[]",
                "{\"name\": \"x\", \"count\": 3} 7",
                "{\"name\": \"x\"}",
                "{\"count\": 3}",
                "{\"name\": null, \"count\": 3}")) {
            assertThat(ask("POST", "/wish", broken).statusCode()).as(broken).isEqualTo(400);
        }
    }

    @Test
    void findsItsWay() throws Exception {
        assertThat(get("/files/loom/a/b%2Fc%20d").body()).isEqualTo("loom|a/b/c d");
        assertThat(get("/files/all/of").body()).isEqualTo("words first");
        assertThat(get("/files/all/on").body()).isEqualTo("all|on");
        assertThat(get("/elsewhere").statusCode()).isEqualTo(404);
        assertThat(get("/files").statusCode()).isEqualTo(404);
        HttpResponse<String> method = get("/wish");
        assertThat(method.statusCode()).isEqualTo(405);
        assertThat(method.headers().firstValue("Allow")).contains("POST");
        assertThat(ask("POST", "/nothing", "").statusCode()).isEqualTo(204);
        assertThat(get("/number").body()).isEqualTo("50");
        assertThat(get("/number?limit=7").body()).isEqualTo("7");
        assertThat(get("/number?limit=101").statusCode()).isEqualTo(400);
        assertThat(get("/number?limit=x").body()).contains("limit=x is no number from 1 to 100");
        assertThat(heard).contains("GET /files/{host}/{path...} 200", "GET  404", "POST /nothing 204");
    }

    @Test
    void tellsErrorsAndKeepsDefectsToItself() throws Exception {
        HttpResponse<String> refused = get("/refused");
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(refused.body())
                .isEqualTo("{\"type\":\"urn:holdfast:problem:refused\",\"title\":\"refused\",\"status\":409,"
                        + "\"detail\":\"it is taken\",\"hint\":\"Take another one.\"}");
        HttpResponse<String> defect = get("/defect");
        assertThat(defect.statusCode()).isEqualTo(500);
        assertThat(defect.body()).doesNotContain("secret details");
        assertThat(defects).anyMatch(e -> "secret details".equals(e.getMessage()));
        assertThatThrownBy(() -> get("/half")).as("an answer cut short is none").isInstanceOf(IOException.class);
    }

    @Test
    void whoIsRefusedMayAskAgainOnTheSameConnection() throws Exception {
        try (HttpClient client = client("localhost", TlsContexts.client(Optional.empty(), authority.certificate()))) {
            HttpRequest refused = HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + "/closed"))
                    .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[40_000]))
                    .build();
            for (int i = 0; i < 300; i++) {
                assertThat(client.send(refused, HttpResponse.BodyHandlers.ofString())
                                .statusCode())
                        .as("request " + i)
                        .isEqualTo(403);
            }
        }
    }

    @Test
    void takesNoMoreThanItWants() throws Exception {
        assertThat(ask("POST", "/upload", "x".repeat(1_000)).body()).isEqualTo("1000");
        assertThat(ask("POST", "/upload", "x".repeat(1_001)).statusCode()).isEqualTo(413);
        try (HttpClient client = client("localhost", TlsContexts.client(Optional.empty(), authority.certificate()))) {
            HttpRequest chunked = HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + "/upload"))
                    .POST(HttpRequest.BodyPublishers.ofInputStream(
                            () -> new java.io.ByteArrayInputStream(new byte[5_000])))
                    .build();
            assertThat(client.send(chunked, HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(413);
        }
    }

    @Test
    void sendsEvents() throws Exception {
        HttpResponse<String> events = get("/events");
        assertThat(events.headers().firstValue("Content-Type")).contains("text/event-stream");
        assertThat(events.body()).isEqualTo("id: 1\nevent: progress\ndata: half\ndata: done\n\n:\n\nevent: end\n\n");
    }

    @Test
    void asksMachinesAloneForACertificate() throws Exception {
        SSLContext machine = TlsContexts.client(Optional.of(machine(authority, random)), authority.certificate());
        assertThat(send("127.0.0.1", machine, "GET", "/name", "").body()).isEqualTo(HOST.id());
        assertThat(send("localhost", machine, "GET", "/name", "").body())
                .as("under another name nobody asks")
                .isEqualTo("nobody");
    }

    @Test
    void letsNoMachineInThatItsAuthorityHasNotSigned() throws Exception {
        Authority other =
                Authority.create(Files.createDirectory(directory.resolve("other")), WallClock.system(), random);
        for (Optional<Supplier<Identity>> own : Stream.of(
                        Optional.of(machine(other, random)), Optional.<Supplier<Identity>>empty())
                .toList()) {
            SSLContext context = TlsContexts.client(own, authority.certificate());
            assertThatThrownBy(() -> send("127.0.0.1", context, "GET", "/name", ""))
                    .isInstanceOf(IOException.class);
        }
        assertThat(heard).isEmpty();
    }

    @Test
    void clientsKnowTheRightServerByAFingerprint() throws Exception {
        assertThat(send("localhost", TlsContexts.clientKnowing(authority.fingerprint()), "GET", "/name", "")
                        .body())
                .isEqualTo("nobody");
        Authority other =
                Authority.create(Files.createDirectory(directory.resolve("other")), WallClock.system(), random);
        assertThatThrownBy(() -> send("localhost", TlsContexts.clientKnowing(other.fingerprint()), "GET", "/name", ""))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("another one than the one that made the token");
    }

    @Test
    void anAddressThatIsTakenIsSaid() {
        Identity identity = authority.forServer(List.of("localhost"));
        SSLContext context = TlsContexts.people(() -> identity);
        assertThatThrownBy(() -> WebServer.start(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()),
                        new WebServer.Tls(context, context, "x"),
                        exchange -> {},
                        (method, pattern, status, took, failure) -> {},
                        MonotonicClock.system()))
                .isInstanceOf(HoldfastException.class)
                .hasMessageContaining("cannot listen on localhost:" + server.port());
    }

    @Test
    void letsRunningRequestsEnd() throws Exception {
        int port = server.port();
        CompletableFuture<String> slow = CompletableFuture.supplyAsync(() -> {
            try {
                return get("/slow").body();
            } catch (Exception e) {
                return e.toString();
            }
        });
        begun.await();
        CompletableFuture<Void> drained = CompletableFuture.runAsync(() -> server.drain(Duration.ofSeconds(20)));
        assertThat(drained.isDone()).isFalse();
        mayEnd.countDown();
        assertThat(slow.get()).isEqualTo("ended");
        drained.get();
        try (HttpClient client = client("localhost", TlsContexts.client(Optional.empty(), authority.certificate()))) {
            HttpRequest late = HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/name"))
                    .build();
            assertThatThrownBy(() -> client.send(late, HttpResponse.BodyHandlers.ofString()))
                    .isInstanceOf(IOException.class);
        }
    }

    /** What requests use is closed right after. */
    @Test
    void nothingRunsOnWhenItIsClosed() throws Exception {
        CompletableFuture<Void> request = CompletableFuture.runAsync(() -> {
            try {
                var ignored = get("/stubborn");
            } catch (Exception e) {
                // Its connection is broken off.
            }
        });
        begun.await();

        server.close();

        assertThat(hasEnded).isTrue();
        request.get();
    }
}
