package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real server as those see it who watch it. */
final class MetricsTest {
    private static final Pattern DOCUMENTED =
            Pattern.compile("(?m)^\\| `([a-z0-9_]+)` \\| (gauge|counter|histogram|summary)");
    private static final Pattern TOLD = Pattern.compile("(?m)^# TYPE ([a-z0-9_]+) (gauge|counter|histogram|summary)");

    @TempDir
    private Path root;

    private TestServer server;
    private TestHome admin;
    private HttpClient client;

    @BeforeEach
    void start() throws IOException {
        server = TestServer.start(root);
        admin = server.administrator();
        client = HttpClient.newBuilder()
                .sslContext(ServerAccess.trust(Files.readString(server.authority())))
                .build();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private HttpResponse<String> get(String path, String token) throws IOException {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url() + path));
            if (!token.isEmpty()) {
                request.header("Authorization", "Bearer " + token);
            }
            return client.send(request.build(), BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private String login(String user, String password) throws IOException {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(server.url() + "/api/v1/login"))
                    .header("Content-Type", "application/json")
                    .POST(BodyPublishers.ofString("{\"user\":\"" + user + "\",\"password\":\"" + password + "\"}"))
                    .build();
            String answer = client.send(request, BodyHandlers.ofString()).body();
            return answer.replaceAll(".*\"token\":\"([^\"]*)\".*", "$1");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private String token(TestHome home, String scope) {
        return String.valueOf(
                home.json("token", "create", "--scope", scope).getFirst().get("token"));
    }

    private static Set<String> families(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map(match -> match.group(1) + " " + match.group(2))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void numbersAreThoseThatAreDocumented() throws IOException {
        Path data = Files.createDirectories(root.resolve("data"));
        Files.writeString(data.resolve("file"), "text ".repeat(1_000));
        Path plan = server.plan("nightly", "files: [" + data + "]");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        admin.run("job", "run", "nightly", "--wait").succeeded();
        HttpResponse<String> answer = get("/metrics", token(admin, "metrics"));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain; version=0.0.4");
        String text = answer.body();
        assertThat(families(TOLD, text))
                .isEqualTo(families(DOCUMENTED, Files.readString(Path.of("../docs/metrics.md"))));
        assertThat(text)
                .contains("holdfast_jobs{kind=\"backup\",state=\"running\"} 0.0")
                .contains("holdfast_job_duration_seconds_count{kind=\"backup\",state=\"done\"} 1")
                .contains("holdfast_backup_bytes_total{what=\"read\"} 5000.0")
                .contains("holdfast_hosts{state=\"connected\"} 1.0")
                .contains("holdfast_plan_never_saved_hosts{plan=\"nightly\"} 0.0")
                .contains("holdfast_repository_snapshots{repository=\"main\"} 1.0")
                .contains("holdfast_repository_trouble{repository=\"main\"} 0.0")
                .contains("holdfast_alerts{kind=\"host-silent\"} 0.0")
                .contains("http_server_requests_seconds_count{method=\"POST\",route=\"/api/v1/login\",status=\"200\"}")
                .containsPattern("holdfast_backup_bytes_total\\{what=\"sent\"} [1-9]")
                .containsPattern("holdfast_backup_bytes_total\\{what=\"new\"} [1-9]")
                .containsPattern("holdfast_backup_bytes_total\\{what=\"stored\"} [1-9]")
                .containsPattern("holdfast_repository_free_bytes\\{repository=\"main\"} [1-9]");
    }

    @Test
    void numbersAreForThoseWhoSeeAllHostsAndMayReadThem() throws IOException {
        assertThat(get("/metrics", "").statusCode()).isEqualTo(401);
        assertThat(get("/metrics", token(admin, "read")).statusCode()).isEqualTo(403);
        admin.set("HOLDFAST_PASSWORD", "another good password");
        admin.run("user", "add", "ada", "--role", "operator", "--group", "berlin")
                .succeeded();
        HttpResponse<String> refused = get("/metrics", login("ada", "another good password"));
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("sees some alone");
    }

    @Test
    void aServerIsReadyAndNamesRepositoriesThatAreNot() throws IOException {
        assertThat(get("/healthz", "").body()).isEqualTo("ok\n");
        assertThat(get("/readyz", "").body()).isEqualTo("ready\n");
        admin.run("repository", "add", "second", root.resolve("second").toString())
                .succeeded();
        server.stop();
        Files.move(root.resolve("second"), root.resolve("moved"));
        server.startAgain();
        assertThat(get("/readyz", "").body()).isEqualTo("ready\nrepository second is not open\n");
    }
}
