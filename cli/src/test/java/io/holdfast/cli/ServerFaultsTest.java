package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.PostgresqlServer;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two control servers on one PostgreSQL and an agent, real processes all of them, of which some die in the middle of a backup. */
@Tag("root")
@Timeout(300)
final class ServerFaultsTest {
    private static final int CONTENT_BYTES = 20 << 20;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    private Path root;

    private final List<HoldfastProcess.Running> running = new ArrayList<>();
    private Path data;
    private Path content;
    private String catalog = "";

    private record Server(HoldfastProcess.Running process, String url) {}

    @BeforeEach
    void prepare() throws IOException, SQLException {
        String name = "faults_" + Long.toHexString(System.nanoTime());
        String url = PostgresqlServer.shared().url("postgres");
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE SCHEMA " + name);
        }
        catalog = url + "&currentSchema=" + name;
        data = Files.createDirectories(root.resolve("data"));
        content = Files.write(data.resolve("noise"), new SeededRandom(42).bytes(CONTENT_BYTES));
        Path password = Files.writeString(root.resolve("password"), TestServer.PASSWORD + "\n");
        HoldfastProcess.Ended made = process("init")
                .run(
                        "server",
                        "init",
                        "--data",
                        root.resolve("one").toString(),
                        "--catalog",
                        catalog,
                        "--repository",
                        root.resolve("repository").toString(),
                        "--admin-password-file",
                        password.toString());
        assertThat(made.code()).as(made.output()).isZero();
    }

    @AfterEach
    void stop() {
        running.forEach(each -> each.process().destroyForcibly());
        running.forEach(HoldfastProcess.Running::await);
    }

    /** The second one takes over, with sessions and work of its own. */
    @Test
    void aServerIsKilledAndAnotherOneTakesOver() throws IOException {
        Server first = server("one");
        copyKeys();
        Server second = server("two");
        TestHome admin = administrator(first);
        enrolled(first, admin);
        awaitKnown(second);
        apply(first, admin);
        String job = run(admin);
        awaitContent(admin, job);
        kill(first.process());

        TestHome other = administrator(second);
        assertThat(ended(other, job)).as(second.process().toString()).containsEntry("state", "done");
        assertThat(other.json("job", "list", "--plan", "nightly")).hasSize(1);
        assertRestores(second, other);
    }

    @Test
    void anAgentIsKilledAndGoesOn() throws IOException {
        Server server = server("one");
        TestHome admin = administrator(server);
        HoldfastProcess.Running agent = enrolled(server, admin);
        apply(server, admin);
        String job = run(admin);
        awaitContent(admin, job);
        kill(agent);
        HoldfastProcess.Running again = start("agent", "agent", "run");

        assertThat(ended(admin, job)).as(again.toString()).containsEntry("state", "done");
        assertRestores(server, admin);
    }

    /** A loss of power, to the database alone. */
    @Test
    void theDatabaseIsRestartedUnderLoad() throws IOException {
        Server server = server("one");
        TestHome admin = administrator(server);
        enrolled(server, admin);
        apply(server, admin);
        String job = run(admin);
        awaitContent(admin, job);
        PostgresqlServer.shared().restart();

        assertThat(ended(admin, job)).containsEntry("state", "done");
        assertRestores(server, admin);
    }

    /** Whoever begins with the catalog alone has keys that fit nothing. */
    @Test
    void aSecondServerNeedsTheKeysOfTheFirst() {
        HoldfastProcess.Ended alone =
                process("two").run("server", "--data", root.resolve("two").toString(), "--catalog", catalog);
        assertThat(alone.code()).isEqualTo(4);
        assertThat(alone.output()).contains("host.key is missing").contains("Copy host.key and authority/");
    }

    /** The first two commands of the README, one after the other, with their output going into a file. */
    @Test
    void whoBeginsWithTheReadmeGetsOn() throws IOException {
        HoldfastProcess.Running server = start("reader", "server", "--listen", "127.0.0.1:0");
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.readString(server.output()).contains("/first/")) {
            assertThat(server.process().isAlive() && System.nanoTime() < end)
                    .as(Files.readString(server.output()))
                    .isTrue();
            LockSupport.parkNanos(50_000_000);
        }
        assertThat(Files.readString(server.output())).contains("listens on https://127.0.0.1:");
        HoldfastProcess.Ended saved = process("reader").run("backup", data.toString());
        assertThat(saved.code()).as(saved.output()).isZero();
    }

    /** The key that a new server makes opens no repository that was there before. */
    @Test
    void aNewServerTakesNoRepositoryForItsOwn() {
        HoldfastProcess.Ended taken = process("three")
                .run(
                        "server",
                        "init",
                        "--data",
                        root.resolve("three").toString(),
                        "--repository",
                        root.resolve("repository").toString(),
                        "--admin-password-file",
                        root.resolve("password").toString());
        assertThat(taken.code()).isEqualTo(4);
        assertThat(taken.output()).contains("there is a repository at").contains("repository add --key-file");
    }

    private HoldfastProcess process(String home) {
        try {
            return new HoldfastProcess(Files.createDirectories(root.resolve("home-" + home)), List.of(), "400m");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private HoldfastProcess.Running start(String home, String... words) {
        HoldfastProcess.Running started = process(home).start(words);
        running.add(started);
        return started;
    }

    private Server server(String name) throws IOException {
        HoldfastProcess.Running started = start(
                name,
                "server",
                "--data",
                root.resolve(name).toString(),
                "--catalog",
                catalog,
                "--listen",
                "127.0.0.1:0",
                "--name",
                "127.0.0.1",
                "--json");
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Optional<String> ready = Files.readAllLines(started.output()).stream()
                    .filter(line -> line.startsWith("{\"type\":\"ready\"") && line.endsWith("}"))
                    .findFirst();
            if (ready.isPresent()) {
                return new Server(
                        started, String.valueOf(JsonObject.parse(ready.get()).get("url")));
            }
            assertThat(started.process().isAlive() && System.nanoTime() < end)
                    .as(Files.readString(started.output()))
                    .isTrue();
            LockSupport.parkNanos(50_000_000);
        }
    }

    /** As the guide has it. */
    private void copyKeys() throws IOException {
        Path from = root.resolve("one");
        Path to = Files.createDirectories(root.resolve("two"));
        Files.copy(from.resolve("host.key"), to.resolve("host.key"));
        Files.createDirectories(to.resolve("authority"));
        try (Stream<Path> files = Files.list(from.resolve("authority"))) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve("authority").resolve(file.getFileName()));
            }
        }
    }

    private TestHome administrator(Server server) throws IOException {
        TestHome home = new TestHome(
                Files.createDirectories(root.resolve("admin-" + server.url().hashCode())));
        home.set("HOLDFAST_PASSWORD", TestServer.PASSWORD);
        home.run(
                        "login",
                        server.url(),
                        "--user",
                        "admin",
                        "--ca-file",
                        root.resolve("one/authority/authority.pem").toString())
                .succeeded();
        return home;
    }

    private HoldfastProcess.Running enrolled(Server server, TestHome admin) {
        String token = String.valueOf(
                admin.json("token", "create", "--enroll").getFirst().get("token"));
        HoldfastProcess.Ended in =
                process("agent").run("agent", "enroll", server.url(), "--token", token, "--name", "loom");
        assertThat(in.code()).as(in.output()).isZero();
        return start("agent", "agent", "run");
    }

    /** Waits until the agent was told of a server that it was not enrolled at. */
    private void awaitKnown(Server server) throws IOException {
        String address = server.url().substring("https://".length());
        Path told = root.resolve("home-agent/.local/share/holdfast-agent/servers.told");
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.exists(told) || !Files.readAllLines(told).contains(address)) {
            assertThat(System.nanoTime()).as("not told: " + address).isLessThan(end);
            LockSupport.parkNanos(100_000_000);
        }
    }

    private void apply(Server server, TestHome admin) throws IOException {
        Path plan = Files.writeString(root.resolve("nightly.yaml"), """
                plan: nightly
                cron: "0 3 * * *"
                select:
                  hosts: [loom]
                limits:
                  - upload: 4M
                sources:
                  - files: [%s]
                """.formatted(data));
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        assertThat(server.process().process().isAlive()).isTrue();
    }

    private static String run(TestHome admin) {
        return String.valueOf(admin.json("job", "run", "nightly").getFirst().get("id"));
    }

    /** Waits until some of the content is under way. */
    private void awaitContent(TestHome home, String id) {
        await(home, id, job -> job.get("bytes") instanceof Long bytes && bytes > 1 << 20);
    }

    private Map<String, Object> ended(TestHome home, String id) {
        return await(
                home,
                id,
                job -> List.of("done", "partial", "failed", "cancelled").contains(String.valueOf(job.get("state"))));
    }

    private Map<String, Object> await(TestHome home, String id, Predicate<Map<String, Object>> wanted) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Map<String, Object> job = Map.of();
            TestHome.Run shown = home.run("job", "show", id, "--json");
            if (shown.code() == 0) {
                job = TestServer.only(
                        shown.outLines().stream().map(JsonObject::parse).toList(), "job");
                if (wanted.test(job)) {
                    return job;
                }
            }
            assertThat(System.nanoTime()).as("%s %s %s", job, shown, said()).isLessThan(end);
            LockSupport.parkNanos(100_000_000);
        }
    }

    /** What all processes have said. */
    private String said() {
        StringBuilder all = new StringBuilder();
        for (HoldfastProcess.Running each : running) {
            try {
                all.append('\n').append(Files.readString(each.output()));
            } catch (IOException e) {
                all.append(e);
            }
        }
        return all.toString();
    }

    private static void kill(HoldfastProcess.Running what) {
        what.process().destroyForcibly();
        int code = what.await().code();
        assertThat(code).isEqualTo(137);
    }

    private void assertRestores(Server server, TestHome admin) {
        Path back = root.resolve("back");
        admin.run("restore", "latest", "--server", server.url(), "--target", back.toString())
                .succeeded();
        assertThat(back.resolve(content.toString().substring(1))).hasSameBinaryContentAs(content);
        assertThat(admin.json("snapshots", "--server", server.url())).hasSize(1);
    }
}
