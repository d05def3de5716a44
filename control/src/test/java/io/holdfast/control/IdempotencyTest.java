package io.holdfast.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Role;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.http.Json;
import io.holdfast.protocol.api.Access;
import io.holdfast.security.Authority;
import io.holdfast.security.Passwords;
import io.holdfast.security.SealingKey;
import io.holdfast.security.TlsContexts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests whose answers are lost. */
class IdempotencyTest {
    private static final String PASSWORD = "correct horse battery";
    private static final String TOKEN =
            "{\"kind\":\"api\",\"networks\":[],\"groups\":[],\"tags\":[],\"scopes\":[\"read\"]}";

    private final InstantSource clock = WallClock.system();
    private final SecureRandom random = new SecureRandom();

    @TempDir
    private Path root;

    private ServerDirectory directory;
    private Catalog catalog;
    private ControlServer server;
    private HttpClient client;
    private String bearer = "";

    @BeforeEach
    void start() throws Exception {
        directory = ServerDirectory.create(root.resolve("server"));
        var sealing = SealingKey.create(directory.hostKey(), random);
        assertThat(sealing).isNotNull();
        Authority authority = Authority.create(directory.authority(), clock, random);
        catalog = Catalog.open(directory.catalog(), clock, random);
        String hash = new Passwords(Passwords.Cost.DEFAULT, random).hash(PASSWORD);
        for (String name : List.of("admin", "other")) {
            var ignored = catalog.users().add(name, Role.ADMINISTRATOR, new TreeSet<>(), hash);
        }
        server = ControlServer.start(
                directory,
                catalog,
                new ControlServer.Settings(
                        "test",
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        List.of("127.0.0.1"),
                        List.of(),
                        clock,
                        MonotonicClock.system(),
                        random,
                        (level, what, details) -> {},
                        new NoRepositories(),
                        (router, api) -> {}));
        client = HttpClient.newBuilder()
                .sslContext(TlsContexts.client(Optional.empty(), authority.certificate()))
                .build();
        bearer = login("admin");
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
        catalog.close();
    }

    private String login(String user) throws IOException, InterruptedException {
        String body = Json.text(new Access.Login(user, PASSWORD, Optional.empty()));
        return Json.parse(
                        client.send(request("/api/v1/login", "", body), BodyHandlers.ofString())
                                .body(),
                        Access.LoggedIn.class)
                .token();
    }

    private HttpRequest request(String path, String key, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port() + path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body));
        if (!bearer.isEmpty()) {
            request.header("Authorization", "Bearer " + bearer);
        }
        if (!key.isEmpty()) {
            request.header(Idempotency.HEADER, key);
        }
        return request.build();
    }

    private HttpResponse<String> post(String path, String key, String body) throws IOException, InterruptedException {
        return client.send(request(path, key, body), BodyHandlers.ofString());
    }

    @Test
    void whatWasDoneIsAnsweredAgainAndNotDoneAgain() throws Exception {
        HttpResponse<String> first = post("/api/v1/tokens", "key-1", TOKEN);
        HttpResponse<String> again = post("/api/v1/tokens", "key-1", TOKEN);
        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(again.body()).isEqualTo(first.body()).contains("hf_api_");
        assertThat(first.headers().firstValue(Idempotency.REPLAYED)).isEmpty();
        assertThat(again.headers().firstValue(Idempotency.REPLAYED)).contains("true");
        assertThat(catalog.tokens().all()).hasSize(1);
        assertThat(post("/api/v1/tokens", "key-2", TOKEN).body()).isNotEqualTo(first.body());
        assertThat(post("/api/v1/tokens", "", TOKEN).statusCode()).isEqualTo(200);
        assertThat(catalog.tokens().all()).hasSize(3);
        bearer = login("other");
        assertThat(post("/api/v1/tokens", "key-1", TOKEN).body())
                .as("keys are of their users")
                .isNotEqualTo(first.body());
    }

    @Test
    void anotherRequestDoesNotGetTheAnswerOfTheFirst() throws Exception {
        assertThat(post("/api/v1/tokens", "key", TOKEN).statusCode()).isEqualTo(200);
        HttpResponse<String> other = post("/api/v1/tokens", "key", TOKEN.replace("read", "run"));
        assertThat(other.statusCode()).isEqualTo(422);
        assertThat(post("/api/v1/tokens", "a b", TOKEN).statusCode()).isEqualTo(400);
        assertThat(catalog.tokens().all()).hasSize(1);
    }

    @Test
    void whatWasRefusedMayBeAskedForAgain() throws Exception {
        String plan = "{\"text\":\"plan: nightly\\ncron: never\\n\"}";
        assertThat(post("/api/v1/plans", "key", plan).statusCode()).isEqualTo(400);
        String right = "{\"text\":\"plan: nightly\\ncron: '0 3 * * *'\\nsources:\\n  - files: [/etc]\\n\"}";
        assertThat(post("/api/v1/plans", "key", right).statusCode()).isEqualTo(200);
        HttpResponse<String> again = post("/api/v1/plans", "key", right);
        assertThat(again.body()).contains("new");
        assertThat(catalog.plans().all()).hasSize(1);
    }

    @Test
    void ofRequestsAtOnceOneIsDone() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            answers.add(client.sendAsync(request("/api/v1/tokens", "key", TOKEN), BodyHandlers.ofString()));
        }
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            assertThat(answer.get().statusCode()).isIn(200, 409);
        }
        assertThat(catalog.tokens().all()).hasSize(1);
    }

    @Test
    void answersAreKeptSealed() throws Exception {
        String token = Json.parse(post("/api/v1/tokens", "key", TOKEN).body(), Access.MadeToken.class)
                .token();
        server.close();
        catalog.close();
        byte[] secret = token.getBytes(StandardCharsets.UTF_8);
        try (var files = Files.list(directory.catalog().getParent())) {
            for (Path file : files.filter(each -> each.getFileName().toString().startsWith("catalog"))
                    .toList()) {
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .doesNotContain(new String(secret, StandardCharsets.ISO_8859_1));
            }
        }
    }
}
