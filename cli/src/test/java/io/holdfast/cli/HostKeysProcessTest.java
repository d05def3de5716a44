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
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Agents in processes of their own that save into vaults; one of them dies in the middle. */
@Tag("slow")
@Timeout(400)
final class HostKeysProcessTest {
    /** At a mebibyte a second, more than goes before a checkpoint of the first minute has been put. */
    private static final int CONTENT_BYTES = 144 << 20;

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    @TempDir
    private Path root;

    private final List<HoldfastProcess.Running> running = new ArrayList<>();
    private TestServer server;
    private TestHome admin;
    private Path content;

    @BeforeEach
    void start() throws IOException {
        server = TestServer.start(root);
        admin = server.administrator();
        admin.set("HOLDFAST_SERVER", server.url());
        content = root.resolve("data").resolve("noise");
    }

    private void apply(int contentBytes, String upload) throws IOException {
        Path data = Files.createDirectories(root.resolve("data"));
        Files.write(content, new SeededRandom(42).bytes(contentBytes));
        Path plan = server.plan("sealed", "files: [" + data + "]");
        Files.writeString(
                plan,
                Files.readString(plan) + "encrypt: host\nselect: {hosts: [loom]}\nlimits: [{upload: " + upload
                        + "}]\nretries: {count: 0}\n");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
    }

    @AfterEach
    void stop() {
        running.forEach(each -> each.process().destroyForcibly());
        running.forEach(HoldfastProcess.Running::await);
        server.close();
    }

    private HoldfastProcess process(String name) throws IOException {
        return new HoldfastProcess(Files.createDirectories(root.resolve("home-of-" + name)), List.of(), "400m");
    }

    private HoldfastProcess.Running agent(String name, String... options) throws IOException {
        HoldfastProcess.Running started = process(name)
                .start(Stream.concat(Stream.of("agent", "run"), Stream.of(options))
                        .toArray(String[]::new));
        running.add(started);
        return started;
    }

    private void enrol(String name) throws IOException {
        String token = String.valueOf(
                admin.json("token", "create", "--enroll").getFirst().get("token"));
        HoldfastProcess.Ended in = process(name).run("agent", "enroll", server.url(), "--token", token, "--name", name);
        assertThat(in.code()).as(in.output()).isZero();
    }

    private Map<String, Object> job(String id) {
        return TestServer.only(admin.json("job", "show", id), "job");
    }

    private void await(String what, BooleanSupplier wanted) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!wanted.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            LockSupport.parkNanos(200_000_000);
        }
    }

    private List<Path> files(String below) {
        try (Stream<Path> files = Files.walk(server.directory().repository().resolve("vaults"))) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.toString().contains(below))
                    .toList();
        } catch (IOException | java.io.UncheckedIOException e) {
            return List.of(); // There is none yet, or it is being made.
        }
    }

    private long packBytes() throws IOException {
        long bytes = 0;
        for (Path pack : files("/packs/data/")) {
            bytes += Files.size(pack);
        }
        return bytes;
    }

    @Test
    void anAgentThatIsKilledGoesOnWithWhatItPublishedAndAnotherHostRestoresWithTheKey() throws IOException {
        apply(CONTENT_BYTES, "1M");
        enrol("loom");
        HoldfastProcess.Running agent = agent("loom");
        String id = String.valueOf(admin.json("job", "run", "sealed").getFirst().get("id"));
        await("nothing published", () -> !files("/index/").isEmpty());
        assertThat(files("/snapshots/")).isEmpty();
        agent.process().destroyForcibly();
        assertThat(agent.await().code()).isEqualTo(137);
        assertThat(job(id)).containsEntry("state", "running");

        agent("loom");
        await("never done", () -> !List.of("running", "queued").contains(job(id).get("state")));
        assertThat(job(id)).as(server.logged().toString()).containsEntry("state", "done");
        assertThat(admin.json("snapshots")).hasSize(1);
        assertThat(files("/snapshots/")).hasSize(1);
        // Sent anew is what the last segment lacked, and not what it had.
        assertThat(packBytes()).isLessThan(CONTENT_BYTES + (48L << 20));

        enrol("spindle");
        Path key = root.resolve("carried.key");
        HoldfastProcess.Ended exported = process("loom").run("agent", "key", "export", key.toString());
        assertThat(exported.code()).as(exported.output()).isZero();
        Path configuration = Files.writeString(root.resolve("agent.yaml"), "vault-keys: carried.key\n");
        agent("spindle", "--config", configuration.toString());
        Path back = root.resolve("back");
        admin.run("job", "restore", snapshot(), "--host", "spindle", "--target", back.toString(), "--wait")
                .succeeded();
        assertThat(back.resolve(content.toString().substring(1))).hasSameBinaryContentAs(content);
    }

    /** It knows no access any more, and the agent asks for another one. */
    @Test
    void aMediaServerThatStartsAgainCostsNoAttempt() throws IOException {
        apply(20 << 20, "4M");
        enrol("loom");
        HoldfastProcess.Running agent = agent("loom");
        String id = String.valueOf(admin.json("job", "run", "sealed").getFirst().get("id"));
        await("nothing sent", () -> job(id).get("bytes") instanceof Long bytes && bytes > 1 << 20);
        server.stop();
        server.startAgain();
        await("never done", () -> !List.of("running", "queued").contains(job(id).get("state")));
        assertThat(job(id)).as(agent.toString()).containsEntry("state", "done").containsEntry("attempt", 1L);
        assertThat(admin.json("snapshots")).hasSize(1);
        Path back = root.resolve("back");
        admin.run("job", "restore", snapshot(), "--host", "loom", "--target", back.toString(), "--wait")
                .succeeded();
        assertThat(back.resolve(content.toString().substring(1))).hasSameBinaryContentAs(content);
    }

    private String snapshot() {
        return String.valueOf(admin.json("snapshots").getFirst().get("id"));
    }
}
