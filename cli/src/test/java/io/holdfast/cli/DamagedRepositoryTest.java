package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands do in a repository in which something other than what they need is damaged. */
final class DamagedRepositoryTest {
    @TempDir
    private Path directory;

    private TestHome home = new TestHome(Path.of("/nonexistent"));
    private Path data = Path.of("/nonexistent");
    private String first = "";
    private String second = "";

    @BeforeEach
    void backUpTwice() throws IOException {
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        data = Files.createDirectory(directory.resolve("data"));
        Files.writeString(data.resolve("one"), "1".repeat(5_000));
        first = backUp();
        Files.writeString(data.resolve("two"), "2".repeat(5_000));
        second = backUp();
    }

    private String backUp() {
        return String.valueOf(home.json("backup", data.toString()).getLast().get("snapshot"));
    }

    /** Flips a bit in the middle of the only object below {@code prefix} whose name holds {@code part}. */
    private void damage(String prefix, String part) throws IOException {
        List<Path> found;
        try (var files = Files.walk(home.repository().resolve(prefix))) {
            found = files.filter(f -> Files.isRegularFile(f) && f.toString().contains(part))
                    .toList();
        }
        assertThat(found).isNotEmpty();
        for (Path object : found) {
            byte[] bytes = Files.readAllBytes(object);
            bytes[bytes.length / 2] ^= 1;
            Files.delete(object); // Caches may have it mapped or linked: a new file instead.
            Files.write(object, bytes);
        }
    }

    private void loseCaches() throws IOException {
        Path caches = home.home().resolve(".cache");
        try (var files = Files.walk(caches)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void aDamagedManifestConcernsOnlyItsOwnSnapshot() throws IOException {
        damage("snapshots", first);
        loseCaches();

        TestHome.Run listed = home.run("snapshots", "--json");
        assertThat(listed.code()).isEqualTo(13);
        List<Map<String, Object>> lines =
                listed.outLines().stream().map(JsonObject::parse).toList();
        assertThat(lines)
                .filteredOn(l -> "damaged_snapshot".equals(l.get("type")))
                .singleElement()
                .satisfies(l -> assertThat(l.get("id")).isEqualTo(first));
        assertThat(lines).anyMatch(l -> second.equals(l.get("id")) && "complete".equals(l.get("state")));
        assertThat(home.run("snapshots").out()).contains(first.substring(0, 8) + "  damaged:");

        TestHome.Run found = home.run("find", "one");
        assertThat(found.code()).isEqualTo(13);
        assertThat(found.out()).contains("1 match");
        assertThat(found.err()).contains("warning: snapshot " + first.substring(0, 8));
        assertThat(home.run("stats").code()).isEqualTo(13);

        assertThat(home.run("ls", "latest").succeeded().err())
                .contains("warning: snapshots/")
                .contains(first);
        assertThat(home.run("ls", second).succeeded().err()).isEmpty();
        assertThat(home.run("ls", first).code()).isEqualTo(13);
        String third = backUp();

        TestHome.Run refused = home.run("prune");
        assertThat(refused.code()).isEqualTo(13);
        assertThat(refused.err()).contains("holdfast forget " + first.substring(0, 8));
        assertThat(home.run("verify").code()).isEqualTo(13);
        assertThat(home.run("forget", "--keep-last", "9").succeeded().err()).contains(first.substring(0, 8));

        assertThat(home.run("forget", first.substring(0, 10)).succeeded().out()).contains("damaged");
        assertThat(home.run("prune").succeeded().err()).isEmpty();
        assertThat(home.run("verify", "--read-data").succeeded().err()).isEmpty();
        assertThat(home.json("snapshots")).extracting(l -> l.get("id")).containsExactly(second, third);
    }

    @Test
    void aDamagedIndexIsMadeAnew() throws IOException {
        damage("index", "");
        loseCaches();

        TestHome.Run listed = home.run("ls", "latest").succeeded();
        assertThat(listed.err()).contains("warning: index/").contains("holdfast prune");
        Path target = directory.resolve("target");
        home.run("restore", "latest", "--target", target.toString()).succeeded();
        assertThat(Files.readString(target.resolve(data.toString().substring(1)).resolve("two")))
                .isEqualTo("2".repeat(5_000));
        TestHome.Run verified = home.run("verify");
        assertThat(verified.code()).isEqualTo(13);
        assertThat(verified.out()).contains("damaged: index/").contains("'holdfast prune'");
        backUp();

        home.run("prune").succeeded();
        TestHome.Run after = home.run("verify", "--read-data").succeeded();
        assertThat(after.out() + after.err()).doesNotContain("damaged:");
        assertThat(home.run("ls", "latest").succeeded().err()).isEmpty();
    }

    /** An intact copy in the cache hides the damage from this machine; it must be made good all the same. */
    @Test
    void aDamagedIndexIsMadeAnewAlsoWhereTheCacheHasAnIntactCopy() throws IOException {
        damage("index", "");
        home.run("prune").succeeded();
        loseCaches();
        assertThat(home.run("verify", "--read-data").succeeded().err()).isEmpty();
    }
}
