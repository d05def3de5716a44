package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A control server, two media servers and an agent, each a real process, with a repository that the control server does not have open. */
@Tag("root")
@Timeout(400)
final class MediaServersTest {
    private static final int CONTENT_BYTES = 20 << 20;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    private Path root;

    private final List<HoldfastProcess.Running> running = new ArrayList<>();
    private Path data;
    private Path content;
    private Path repository;
    private HoldfastProcess.Running control;
    private String url = "";
    private TestHome admin;

    @BeforeEach
    void startControl() throws IOException {
        data = Files.createDirectories(root.resolve("data"));
        content = Files.write(data.resolve("noise"), new SeededRandom(42).bytes(CONTENT_BYTES));
        repository = root.resolve("shared");
        Path password = Files.writeString(root.resolve("password"), TestServer.PASSWORD + "\n");
        succeeded(
                "control", "server", "init", "--data", place("control"), "--admin-password-file", password.toString());
        control = control("127.0.0.1:0");
        url = ready(control, "url");
        admin = new TestHome(Files.createDirectories(root.resolve("admin")));
        admin.set("HOLDFAST_PASSWORD", TestServer.PASSWORD);
        admin.run(
                        "login",
                        url,
                        "--user",
                        "admin",
                        "--ca-file",
                        root.resolve("control/authority/authority.pem").toString())
                .succeeded();
    }

    @AfterEach
    void stop() {
        running.forEach(each -> each.process().destroyForcibly());
        running.forEach(HoldfastProcess.Running::await);
    }

    private String place(String name) {
        return root.resolve(name).toString();
    }

    private HoldfastProcess process(String home) {
        try {
            return new HoldfastProcess(Files.createDirectories(root.resolve("home-" + home)), List.of(), "300m");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void succeeded(String home, String... words) {
        HoldfastProcess.Ended ended = process(home).run(words);
        assertThat(ended.code()).as(ended.output()).isZero();
    }

    private HoldfastProcess.Running start(String home, String... words) {
        HoldfastProcess.Running started = process(home).start(words);
        running.add(started);
        return started;
    }

    private HoldfastProcess.Running control(String listen) {
        return start(
                "control", "server", "--data", place("control"), "--listen", listen, "--name", "127.0.0.1", "--json");
    }

    /** Waits for the line that it prints when it is ready. */
    private static String ready(HoldfastProcess.Running process, String field) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Optional<String> line = Files.readAllLines(process.output()).stream()
                    .filter(each -> each.startsWith("{\"type\":\"ready\"") && each.endsWith("}"))
                    .findFirst();
            if (line.isPresent()) {
                return String.valueOf(JsonObject.parse(line.get()).get(field));
            }
            assertThat(process.process().isAlive() && System.nanoTime() < end)
                    .as(Files.readString(process.output()))
                    .isTrue();
            LockSupport.parkNanos(50_000_000);
        }
    }

    private HoldfastProcess.Running media(String name) throws IOException {
        String token = String.valueOf(
                admin.json("token", "create", "--media").getFirst().get("token"));
        succeeded(name, "media", "join", url, "--token", token, "--name", name, "--site", name, "--data", place(name));
        HoldfastProcess.Running started = run(name);
        assertThat(ready(started, "url")).startsWith("https://127.0.0.1:");
        return started;
    }

    private HoldfastProcess.Running run(String name) {
        return start(name, "media", "run", "--data", place(name), "--listen", "127.0.0.1:0", "--json");
    }

    private void makeRepository(String... servers) {
        List<String> words = new ArrayList<>(List.of("repository", "add", "shared", repository.toString()));
        for (String server : servers) {
            words.addAll(List.of("--media", server));
        }
        admin.run(words.toArray(String[]::new)).succeeded();
        for (String server : servers) {
            awaitOpen(server);
        }
    }

    private void awaitOpen(String server) {
        await(
                () -> admin.json("media", "show", server).getFirst(),
                shown -> shown.get("open") instanceof List<?> open && open.contains("shared"));
    }

    private void startAgent() {
        String token = String.valueOf(admin.json("token", "create", "--enroll", "--tag", "site:north")
                .getFirst()
                .get("token"));
        succeeded("agent", "agent", "enroll", url, "--token", token, "--name", "loom", "--data", place("agent"));
        var ignored = start("agent", "agent", "run", "--data", place("agent"));
    }

    private String runPlan() throws IOException {
        Path plan = Files.writeString(root.resolve("nightly.yaml"), """
                plan: nightly
                cron: "0 3 * * *"
                repository: shared
                select:
                  hosts: [loom]
                limits:
                  - upload: 4M
                sources:
                  - files: [%s]
                """.formatted(data));
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        return String.valueOf(admin.json("job", "run", "nightly").getFirst().get("id"));
    }

    private Map<String, Object> job(String id) {
        TestHome.Run shown = admin.run("job", "show", id, "--json");
        return shown.code() == 0
                ? TestServer.only(
                        shown.outLines().stream().map(JsonObject::parse).toList(), "job")
                : Map.of();
    }

    private void awaitContent(String id) {
        await(() -> job(id), job -> job.get("bytes") instanceof Long bytes && bytes > 1 << 20);
    }

    private void assertDone(String id) {
        Map<String, Object> ended = await(
                () -> job(id),
                job -> List.of("done", "partial", "failed", "cancelled").contains(String.valueOf(job.get("state"))));
        assertThat(ended).as(said()).containsEntry("state", "done");
    }

    private Map<String, Object> await(Supplier<Map<String, Object>> look, Predicate<Map<String, Object>> wanted) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Map<String, Object> seen = look.get();
            if (wanted.test(seen)) {
                return seen;
            }
            assertThat(System.nanoTime()).as("%s %s", seen, said()).isLessThan(end);
            LockSupport.parkNanos(200_000_000);
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
        assertThat(what.await().code()).isEqualTo(137);
    }

    /** One snapshot in the catalog and in the repository, with all that was saved. */
    private void assertOneSnapshot() {
        List<Map<String, Object>> snapshots = admin.json("snapshots", "--server", url);
        assertThat(snapshots).as(said()).hasSize(1);
        String id = String.valueOf(snapshots.getFirst().get("id"));
        Path key = root.resolve("shared.key");
        admin.run("repository", "key", "shared", "--out", key.toString()).succeeded();
        TestHome direct = new TestHome(root.resolve("direct"));
        String[] opened = {"--repo", repository.toString(), "--key-file", key.toString()};
        assertThat(direct.json("snapshots", opened[0], opened[1], opened[2], opened[3]))
                .extracting(each -> each.get("id"))
                .containsExactly(id);
        Path back = root.resolve("back");
        direct.run("restore", "latest", "--target", back.toString(), opened[0], opened[1], opened[2], opened[3])
                .succeeded();
        assertContent(back);
        // All of this comes from the media server: the control server does not have the repository open.
        assertThat(admin.json("ls", id, data.toString(), "--server", url)).isNotEmpty();
        Path through = root.resolve("through");
        admin.run("restore", id, "--server", url, "--target", through.toString())
                .succeeded();
        assertContent(through);
        Path byAgent = root.resolve("by-agent");
        admin.run("job", "restore", id, "--host", "loom", "--target", byAgent.toString(), "--wait")
                .succeeded();
        assertContent(byAgent);
    }

    private void assertContent(Path target) {
        assertThat(target.resolve(content.toString().substring(1))).hasSameBinaryContentAs(content);
    }

    /** The agent goes on at the other one, with the same job. */
    @Test
    void aMediaServerIsKilledInTheMiddleOfABackup() throws IOException {
        HoldfastProcess.Running north = media("north");
        var south = media("south");
        makeRepository("north", "south");
        startAgent();
        String job = runPlan();
        awaitContent(job);
        assertThat(admin.json("media", "show", "north").getFirst()).containsEntry("jobs", 1L);
        kill(north);
        assertDone(job);
        assertThat(south.process().isAlive()).isTrue();
        assertThat(admin.json("job", "list", "--plan", "nightly")).hasSize(1);
        assertOneSnapshot();
    }

    /** What was sent stays sent, and nothing is committed before the control server is there again. */
    @Test
    void theControlServerIsKilledInTheMiddleOfABackup() throws IOException {
        var north = media("north");
        makeRepository("north");
        startAgent();
        String job = runPlan();
        awaitContent(job);
        kill(control);
        LockSupport.parkNanos(Duration.ofSeconds(3).toNanos());
        control = control(url.substring("https://".length()));
        assertThat(ready(control, "url")).isEqualTo(url);
        assertDone(job);
        assertThat(north.process().isAlive()).isTrue();
        assertOneSnapshot();
    }

    /** Keys are nowhere but in memory; a signal drains it; one that is removed is refused. */
    @Test
    void aMediaServerComesAndGoes() throws IOException, InterruptedException {
        HoldfastProcess.Running north = media("north");
        makeRepository("north");
        Path key = root.resolve("main.key");
        admin.run("repository", "key", "shared", "--out", key.toString()).succeeded();
        String secret = Files.readAllLines(key).stream()
                .filter(line -> line.length() > 40)
                .findFirst()
                .orElseThrow();
        assertThat(everythingBelow(root.resolve("north"))).doesNotContain(secret);
        assertThat(Files.readString(north.output())).doesNotContain(secret);

        north.process().destroy();
        assertThat(north.process().waitFor(60, TimeUnit.SECONDS)).isTrue();
        HoldfastProcess.Running again = run("north");
        assertThat(ready(again, "url")).startsWith("https://");
        awaitOpen("north");

        admin.run("media", "drain", "north").succeeded();
        assertThat(admin.json("media", "show", "north").getFirst()).containsEntry("state", "draining");
        admin.run("media", "activate", "north").succeeded();
        TestHome.Run refused = admin.run("media", "remove", "north");
        assertThat(refused.code()).isEqualTo(4);
        assertThat(refused.err()).contains("is served by media server 'north' alone");
        admin.run("repository", "remove", "shared").succeeded();
        admin.run("media", "remove", "north").succeeded();
        await(
                () -> Map.of("said", said()),
                all -> String.valueOf(all.get("said")).contains("refuses this media server"));
        assertThat(admin.run("media", "show", "north").err()).contains("there is no media server 'north'");
    }

    private static String everythingBelow(Path directory) throws IOException {
        StringBuilder all = new StringBuilder();
        try (var files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                all.append(Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1));
            }
        }
        return all.toString();
    }
}
