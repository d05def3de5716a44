package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** docs/guide/everything-lost.md, step by step: of a server there is a repository and its recovery sheet, and nothing else. */
@Timeout(300)
final class EverythingLostTest {
    @TempDir
    private Path root;

    private record Lost(Path repository, String key, String snapshot) {}

    private Path data() throws IOException {
        return Files.createDirectories(root.resolve("data"));
    }

    /** A server at work, whose directory is deleted but for the repository, which goes elsewhere. */
    private Lost lose() throws IOException {
        Files.write(data().resolve("large"), new SeededRandom(11).bytes(3_000_000));
        Files.writeString(data().resolve("thesis.txt"), "all of it");
        Path old = Files.createDirectories(root.resolve("old"));
        String snapshot;
        String key;
        try (TestServer server = TestServer.start(old)) {
            TestHome admin = server.administrator();
            admin.run(
                            "plan",
                            "apply",
                            "-f",
                            server.plan("nightly", "files: [" + data() + "]").toString())
                    .succeeded();
            snapshot = TestServer.snapshotOf(TestServer.only(admin.json("job", "run", "nightly", "--wait"), "job"));
            key = String.valueOf(
                    admin.json("repository", "sheet", "main").getFirst().get("key"));
        }
        Path kept = root.resolve("disk");
        Files.move(old.resolve("server").resolve("repository"), kept);
        delete(old);
        return new Lost(kept, key, snapshot);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            all.sorted(Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    @Test
    void aNewServerRestoresWithTheRepositoryAndItsSheet() throws IOException {
        Lost lost = lose();
        Path sheet = Files.writeString(root.resolve("recovery.key"), lost.key() + "\n");
        try (TestServer server = TestServer.start(Files.createDirectories(root.resolve("new")))) {
            TestHome admin = server.administrator();
            String directory = server.directory().root().toString();
            admin.run("repository", "add", "old", lost.repository().toString(), "--key-file", sheet.toString())
                    .succeeded();
            List<Map<String, Object>> rebuilt = admin.json("catalog", "rebuild", "--data", directory);
            assertThat(rebuilt.stream().filter(line -> "old".equals(line.get("repository"))))
                    .singleElement()
                    .satisfies(line -> assertThat(line)
                            .containsEntry("snapshots", 1L)
                            .containsEntry("added", 1L)
                            .containsEntry("removed", 0L)
                            .containsEntry("not_enrolled", List.of()));
            assertThat(TestServer.only(rebuilt, "catalog_summary"))
                    .containsEntry("repositories", 2L)
                    .containsEntry("added", 1L);
            assertThat(TestServer.only(admin.json("catalog", "rebuild", "--data", directory), "catalog_summary"))
                    .as("what is known is not noted again")
                    .containsEntry("snapshots", 1L)
                    .containsEntry("added", 0L);
            Map<String, Object> listed =
                    admin.json("snapshots", "--server", server.url()).getFirst();
            String own = String.valueOf(admin.json("host", "list").getFirst().get("name"));
            assertThat(listed)
                    .containsEntry("id", lost.snapshot())
                    .containsEntry("host", own)
                    .containsEntry("files", 2L)
                    .containsEntry("bytes", 3_000_009L);
            restores(server, admin, lost.snapshot(), own);
            savesThere(server, admin, lost.repository());
            assertThat(admin.run("audit", "list").succeeded().out()).contains("catalog.rebuild");
            assertThat(admin.run("plan", "list").succeeded().out()).doesNotContain("nightly");
        }
    }

    private void restores(TestServer server, TestHome admin, String snapshot, String host) throws IOException {
        server.awaitNames(admin, "thesis*");
        Path back = root.resolve("back");
        admin.run("restore", snapshot, "--server", server.url(), "--target", back.toString(), "--verify")
                .succeeded();
        assertThat(back.resolve(data().toString().substring(1)).resolve("large"))
                .hasSameBinaryContentAs(data().resolve("large"));
        Path there = root.resolve("there");
        admin.run("job", "restore", snapshot, "--host", host, "--target", there.toString(), "--wait")
                .succeeded();
        assertThat(there.resolve(data().toString().substring(1)).resolve("thesis.txt"))
                .hasContent("all of it");
    }

    /** Backups go on where they were: what is there is not stored again. */
    private void savesThere(TestServer server, TestHome admin, Path repository) throws IOException {
        long before = size(repository);
        Path plan = server.plan("again", "files: [" + data() + "]");
        Files.writeString(plan, Files.readString(plan) + "repository: old\n");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        assertThat(TestServer.only(admin.json("job", "run", "again", "--wait"), "job"))
                .containsEntry("state", "done");
        assertThat(admin.json("snapshots", "--server", server.url())).hasSize(2);
        assertThat(size(repository) - before).isBetween(1L, 500_000L);
        server.awaitNames(admin, "thesis*");
    }

    private static long size(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile)
                    .mapToLong(path -> path.toFile().length())
                    .sum();
        }
    }

    @Test
    void aServerMovesWithAFileAndItsKeys() throws IOException {
        Files.writeString(data().resolve("thesis.txt"), "all of it");
        Path file = root.resolve("catalog.hfc");
        TestServer server = TestServer.start(root);
        try {
            TestHome admin = server.administrator();
            String directory = server.directory().root().toString();
            Path plan = server.plan("nightly", "files: [" + data() + "]");
            admin.run("plan", "apply", "-f", plan.toString()).succeeded();
            var ignored = TestServer.snapshotOf(TestServer.only(admin.json("job", "run", "nightly", "--wait"), "job"));
            List<Map<String, Object>> before = admin.json("job", "list");
            server.awaitLeader();
            assertThat(admin.run("catalog", "export", file.toString(), "--data", directory)
                            .failure(4))
                    .contains("a server runs with this catalog");
            assertThat(file).doesNotExist();
            server.stop();
            admin.run("catalog", "export", file.toString(), "--data", directory).succeeded();
            assertThat(admin.run("catalog", "import", file.toString(), "--data", directory)
                            .failure(4))
                    .contains("has something in it");
            try (Stream<Path> parts = Files.list(server.directory().root())) {
                for (Path part : parts.filter(
                                path -> path.getFileName().toString().startsWith("catalog.db"))
                        .toList()) {
                    Files.move(part, root.resolve(part.getFileName()));
                }
            }
            assertThat(admin.run("catalog", "export", file + "2", "--data", directory)
                            .failure(2))
                    .contains("there is no catalog in");
            assertThat(admin.run("catalog", "import", data() + "/thesis.txt", "--data", directory)
                            .failure(13))
                    .contains("is no whole catalog");
            assertThat(server.directory().catalog()).doesNotExist();
            assertThat(TestServer.only(
                            admin.json("catalog", "import", file.toString(), "--data", directory), "catalog_imported"))
                    .containsEntry("missing", List.of());
            server.startAgain();
            assertThat(admin.json("job", "list")).isEqualTo(before);
            assertThat(TestServer.only(admin.json("job", "run", "nightly", "--wait"), "job"))
                    .containsEntry("state", "done");
            assertThat(admin.run("audit", "verify").succeeded().out()).contains("whole");
        } finally {
            server.close();
        }
    }
}
