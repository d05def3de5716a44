package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A plan whose host encrypts with keys of its own, carried out by a real server and its agent. */
@Timeout(120)
final class HostKeysTest {
    private static final int BYTES = 3_000_000;
    private static final int PIECE = 64;
    private static final String NAME = "unmistakable-name-of-a-file";

    @TempDir
    private Path root;

    private TestServer server;
    private TestHome admin;
    private Path data;
    private byte[] content = new byte[0];

    @BeforeEach
    void start() throws IOException {
        server = TestServer.start(root);
        admin = server.administrator();
        admin.set("HOLDFAST_SERVER", server.url());
        data = Files.createDirectories(root.resolve("data"));
        content = new SeededRandom(7).bytes(BYTES);
        Files.write(data.resolve(NAME), content);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Path plan(String more) throws IOException {
        Path plan = server.plan("sealed", "files: [" + data + "]");
        return Files.writeString(plan, Files.readString(plan) + "retries: {count: 0}\n" + more);
    }

    private String saved() throws IOException {
        admin.run("plan", "apply", "-f", plan("encrypt: host\n").toString()).succeeded();
        return run();
    }

    private String run() {
        Map<String, Object> job = job("job", "run", "sealed", "--wait");
        assertThat(job).as(() -> job + "\n" + server.logged()).containsEntry("state", "done");
        return TestServer.snapshotOf(job);
    }

    /** However it ends. */
    private Map<String, Object> job(String... words) {
        TestHome.Run ran = admin.run(
                Stream.concat(Arrays.stream(words), Stream.of("--json")).toArray(String[]::new));
        return TestServer.only(ran.outLines().stream().map(JsonObject::parse).toList(), "job");
    }

    private Path vault() throws IOException {
        try (Stream<Path> vaults = Files.list(server.directory().repository().resolve("vaults"))) {
            return vaults.toList().getFirst();
        }
    }

    private Path agent() {
        return server.directory().agent();
    }

    /** The key file of the vault, as the agent has it. */
    private Path key() throws IOException {
        try (Stream<Path> homes = Files.list(agent().resolve("vaults"))) {
            return homes.toList().getFirst().resolve("vault.key");
        }
    }

    private TestHome.Run direct(String... words) throws IOException {
        TestHome owner = new TestHome(Files.createDirectories(root.resolve("home-of-owner")));
        Path key = root.resolve("kept.key");
        if (!Files.exists(key)) {
            Files.copy(key(), key);
        }
        return owner.run(Stream.concat(
                        Stream.of("--repo", vault().toString(), "--key-file", key.toString()), Arrays.stream(words))
                .toArray(String[]::new));
    }

    private String own() {
        return String.valueOf(admin.json("host", "list").getFirst().get("name"));
    }

    private Map<String, Object> restore(String snapshot, Path target) {
        return TestServer.only(
                admin.json("job", "restore", snapshot, "--host", own(), "--target", target.toString(), "--wait"),
                "job");
    }

    private static boolean contains(byte[] all, byte[] part) {
        for (int i = 0; i + part.length <= all.length; i++) {
            if (all[i] == part[0] && Arrays.equals(all, i, i + part.length, part, 0, part.length)) {
                return true;
            }
        }
        return false;
    }

    /** Whether something the host saved can be found in a directory, as it is. */
    private boolean isTold(Path directory) throws IOException {
        byte[] piece = Arrays.copyOfRange(content, BYTES / 2, BYTES / 2 + PIECE);
        byte[] name = NAME.getBytes(StandardCharsets.UTF_8);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                byte[] bytes = Files.readAllBytes(file);
                if (contains(bytes, piece) || contains(bytes, name)) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void theServerKeepsWhatItCannotRead() throws IOException {
        String snapshot = saved();
        Map<String, Object> line = admin.json("snapshots").getFirst();
        assertThat(line)
                .containsEntry("id", snapshot)
                .containsEntry("encrypted_by", "host")
                .containsEntry("host", own())
                .containsEntry("files", 1L)
                .containsEntry("bytes", (long) BYTES);
        assertThat(admin.run("snapshots").succeeded().out())
                .contains("encrypted by the host")
                .contains(data.toString());
        for (List<String> command : List.of(
                List.of("ls", snapshot),
                List.of("cat", snapshot, data.resolve(NAME).toString()),
                List.of("restore", snapshot, "--target", root.resolve("no").toString()))) {
            TestHome.Run refused = admin.run(command.toArray(String[]::new));
            assertThat(refused.code()).as(command.toString()).isEqualTo(4);
            assertThat(refused.err()).as(command.toString()).contains("that the server does not have");
        }
        // Its own repository has nothing of it, and nothing on its disk shows it.
        Path mine = root.resolve("main.key");
        admin.run("repository", "key", "main", "--out", mine.toString()).succeeded();
        TestHome owner = new TestHome(Files.createDirectories(root.resolve("home-of-server")));
        String main = server.directory().repository().toString();
        assertThat(owner.run("--repo", main, "--key-file", mine.toString(), "snapshots", "--json")
                        .succeeded()
                        .outLines())
                .isEmpty();
        owner.run("--repo", main, "--key-file", mine.toString(), "verify").succeeded();
        owner.run("--repo", main, "--key-file", mine.toString(), "prune").succeeded();
        owner.run("storage", "validate", main).succeeded();
        Map<String, Object> stats = owner.json("--repo", main, "--key-file", mine.toString(), "stats")
                .getFirst();
        assertThat((Long) stats.get("repository_bytes")).isLessThan(BYTES);
        assertThat(owner.run("--repo", vault().toString(), "--key-file", mine.toString(), "snapshots")
                        .code())
                .isEqualTo(12);
        assertThat(isTold(data)).isTrue();
        assertThat(isTold(server.directory().root())).isFalse();
        assertThat(Files.getPosixFilePermissions(key())).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(Files.readAllBytes(key())).isNotEmpty();
        String secret = Files.readString(key()).strip();
        try (Stream<Path> files = Files.walk(server.directory().root())) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(each -> !each.startsWith(agent()))
                    .toList()) {
                assertThat(contains(Files.readAllBytes(file), secret.getBytes(StandardCharsets.US_ASCII)))
                        .as(file.toString())
                        .isFalse();
            }
        }
        assertThat(String.join("\n", server.logged())).doesNotContain(secret);
    }

    @Test
    void theHostBringsItBackThroughTheServerAndTheOwnerWithoutOne() throws IOException {
        String first = saved();
        assertThat(run()).isNotEqualTo(first);
        Path there = root.resolve("there");
        assertThat(restore(first, there)).containsEntry("state", "done");
        assertThat(Files.readAllBytes(
                        there.resolve(data.toString().substring(1)).resolve(NAME)))
                .isEqualTo(content);
        Path here = root.resolve("here");
        direct("restore", first, "--target", here.toString()).succeeded();
        assertThat(Files.readAllBytes(here.resolve(data.toString().substring(1)).resolve(NAME)))
                .isEqualTo(content);
        direct("verify", "--read-data").succeeded();
        // The second run sent nothing again.
        assertThat(admin.json("snapshots").getLast()).containsEntry("encrypted_by", "host");
        try (Stream<Path> packs = Files.walk(vault().resolve("packs/data"))) {
            long bytes = 0;
            for (Path pack : packs.filter(Files::isRegularFile).toList()) {
                bytes += Files.size(pack);
            }
            assertThat(bytes).isLessThan(2L * BYTES);
        }
    }

    @Test
    void whatAProgramWritesGoesIntoTheVaultAsWell() throws IOException {
        Path plan = server.plan("sealed", "{command: [sh, -c, 'echo a stream'], name: words}");
        Files.writeString(plan, Files.readString(plan) + "encrypt: host\n");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        String snapshot = run();
        assertThat(admin.json("snapshots").getFirst())
                .containsEntry("id", snapshot)
                .containsEntry("kind", "stream")
                .containsEntry("encrypted_by", "host");
        assertThat(direct("cat", snapshot, "/words").succeeded().out()).isEqualTo("a stream\n");
    }

    @Test
    void aHostWhoseKeyWasTakenAwayGoesOnAndReadsNothing() throws IOException {
        saved();
        Path kept = root.resolve("exported.key");
        String at = agent().toString();
        TestHome.Run shown = admin.run("agent", "key", "show", "--data", at).succeeded();
        assertThat(shown.out()).contains("RECOVERY SHEET").contains(vault().toString());
        admin.run("agent", "key", "export", kept.toString(), "--data", at).succeeded();
        Path wrong = Files.writeString(root.resolve("sheet"), shown.out().replace("key-1-", "kex-1-"));
        assertThat(admin.run("agent", "key", "remove", "--kept", wrong.toString(), "--data", at)
                        .failure(12))
                .contains("sheet");
        assertThat(admin.run("agent", "key", "remove", "--kept", key().toString(), "--data", at)
                        .failure(4))
                .contains("would be removed");
        admin.run("agent", "key", "remove", "--kept", kept.toString(), "--data", at)
                .succeeded();
        assertThat(key()).doesNotExist();
        assertThat(admin.json("agent", "key", "list", "--data", at).getFirst()).containsEntry("key_here", false);

        Files.write(data.resolve("more"), new SeededRandom(8).bytes(1000));
        String second = run();
        String failing = String.valueOf(job(
                        "job",
                        "restore",
                        second,
                        "--host",
                        own(),
                        "--target",
                        root.resolve("there").toString())
                .get("id"));
        long end = System.nanoTime() + 60_000_000_000L;
        while (!admin.run("job", "show", failing).out().contains("no key on this host")) {
            assertThat(System.nanoTime())
                    .as(admin.run("job", "show", failing).out())
                    .isLessThan(end);
            LockSupport.parkNanos(100_000_000);
        }
        admin.run("job", "cancel", failing).succeeded();
        assertThat(root.resolve("there").resolve(data.toString().substring(1))).doesNotExist();

        Files.copy(kept, key());
        assertThat(restore(second, root.resolve("again"))).containsEntry("state", "done");
        assertThat(root.resolve("again").resolve(data.toString().substring(1)).resolve("more"))
                .exists();
    }

    @Test
    void aVaultThatIsGoneIsNotMadeAnew() throws IOException {
        saved();
        Path aside = root.resolve("aside");
        Path vault = vault();
        Files.move(vault, aside);
        Path plan = plan("encrypt: host\n");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        server.stop();
        server.startAgain();
        Map<String, Object> job = job("job", "run", "sealed", "--wait");
        assertThat(job).containsEntry("state", "failed");
        assertThat(String.valueOf(job.get("message"))).contains("the vault of this host is not at");
        assertThat(Files.exists(vault.resolve("config"))).isFalse();
    }

    @Test
    void whatTheOwnerForgetsGoesFromTheCatalogAndASnapshotThatNobodyNotedComes() throws IOException {
        String first = saved();
        String second = run();
        direct("forget", first).succeeded();
        direct("prune").succeeded();
        server.stop();
        try (var catalog = server.openCatalog()) {
            var entry = catalog.snapshots().withIdPart(second, 1).getFirst();
            assertThat(catalog.snapshots().remove("main", entry.facts().id())).isTrue();
        }
        TestHome.Run rebuilt = admin.run(
                        "catalog",
                        "rebuild",
                        "--data",
                        server.directory().root().toString())
                .succeeded();
        assertThat(rebuilt.out()).contains("1 snapshot in vaults of hosts");
        try (var catalog = server.openCatalog()) {
            assertThat(catalog.snapshots()
                            .withIdPart(second, 1)
                            .getFirst()
                            .facts()
                            .isReadable())
                    .isFalse();
            assertThat(catalog.snapshots().withIdPart(first, 1)).isEmpty();
            var entry = catalog.snapshots().withIdPart(second, 1).getFirst();
            assertThat(catalog.snapshots().remove("main", entry.facts().id())).isTrue();
        }
        server.startAgain();
        long end = System.nanoTime() + 60_000_000_000L;
        while (admin.json("snapshots").size() != 1
                || !second.equals(admin.json("snapshots").getFirst().get("id"))) {
            assertThat(System.nanoTime()).as(admin.run("snapshots").out()).isLessThan(end);
            LockSupport.parkNanos(100_000_000);
        }
        assertThat(admin.json("snapshots").getFirst())
                .containsEntry("encrypted_by", "host")
                .containsEntry("host", own());
        assertThat(restore(second, root.resolve("there"))).containsEntry("state", "done");
        // The server's own prune leaves the vault alone.
        TestServer.only(admin.json("repository", "prune", "main", "--wait"), "job");
        direct("verify", "--read-data").succeeded();
    }

    @Test
    void whatTheServerCannotDoWithItIsRefused() throws IOException {
        for (String more : List.of("keep: {last: 3}\n", "lock-for: 3d\n", "copy: {to: other}\n")) {
            TestHome.Run refused = admin.run(
                    "plan", "apply", "-f", plan("encrypt: host\n" + more).toString());
            assertThat(refused.failure(2)).as(more).contains("what a host encrypts itself");
        }
    }
}
