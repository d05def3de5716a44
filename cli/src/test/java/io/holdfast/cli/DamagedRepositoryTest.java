package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What commands do in a repository in which something other than what they need is damaged. */
final class DamagedRepositoryTest extends DamagedRepository {
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
    void aPackThatIsGoneIsNamedAndNothingIsDeleted() throws IOException {
        Path pack = filesBelow("packs/data").getFirst();
        byte[] content = Files.readAllBytes(pack);
        Files.write(data.resolve("garbage"), new SeededRandom(9).bytes(300_000));
        String third = backUp();
        home.run("forget", third).succeeded();
        Files.delete(pack);
        loseCaches();

        TestHome.Run seen = home.run("verify");
        assertThat(seen.code()).isEqualTo(13);
        assertThat(seen.out()).contains("damaged: packs/data/").contains(pack.getFileName() + ": is missing");
        int before = filesBelow("packs").size();
        assertThat(home.run("prune").code()).isEqualTo(13);
        assertThat(filesBelow("packs")).hasSize(before);
        assertThat(home.run("repair").code()).isEqualTo(13);

        Files.write(pack, content);
        home.run("verify", "--read-data").succeeded();
        home.run("prune").succeeded();
        restores(second, "one", "two");
    }

    /** Copy tools and people leave files everywhere. */
    @Test
    void filesOfOthersAreNamedAndStopNobody() throws IOException {
        List<String> strays = List.of(
                "snapshots/junk",
                "snapshots/zzz",
                "sessions/notes.txt",
                "verdict/zz",
                "condemned/x",
                "removals/y",
                "index/foo",
                "packs/data/foo",
                "packs/data/ab/bar",
                "packs/meta/x");
        for (String stray : strays) {
            Path file = home.repository().resolve(stray);
            Files.createDirectories(file.getParent());
            Files.writeString(file, "mine");
        }
        loseCaches();
        backUp();
        home.run("snapshots").succeeded();
        home.run("forget", "--keep-last", "1").succeeded();
        home.run("prune").succeeded();
        restores("latest", "one", "two");
        TestHome.Run seen = home.run("verify", "--read-data");
        assertThat(seen.code()).isEqualTo(13);
        assertThat(seen.out()).contains("No file is hit");
        for (String stray : strays) {
            assertThat(seen.out()).contains("damaged: " + stray);
            assertThat(home.repository().resolve(stray)).hasContent("mine");
        }
    }

    /** Made over it, a new one would hold all that is there to be damaged. */
    @Test
    void aRepositoryWithoutItsConfigurationIsNoEmptyPlace() throws IOException {
        Path config = filesBelow("config").getFirst();
        byte[] content = Files.readAllBytes(config);
        Files.delete(config);
        for (String[] command : new String[][] {
            {"init"}, {"snapshots"}, {"backup", data.toString()}, {"restore", "latest", "--target", "/nowhere"}
        }) {
            TestHome.Run refused = home.run(command);
            assertThat(refused.code()).as(command[0]).isEqualTo(13);
            assertThat(refused.err()).contains("config/00000001", "put").doesNotContain("holdfast init");
        }
        Files.write(config, content);
        restores(second, "one", "two");
    }

    @Test
    void anybodyCanScrubWithoutAKey() throws IOException {
        Path keys = home.home().resolve(".config/holdfast/keys");
        try (var files = Files.list(keys)) {
            for (Path key : files.toList()) {
                Files.delete(key);
            }
        }
        assertThat(home.run("verify").code()).isEqualTo(12);
        assertThat(home.run("verify", "--no-key").succeeded().out())
                .contains("without a key", "No damage found", "What is in snapshots")
                .contains("was not looked at");
        for (String prefix : List.of("packs/data", "packs/meta", "index", "config", "keys")) {
            Path object = filesBelow(prefix).getFirst();
            byte[] whole = Files.readAllBytes(object);
            damage(prefix, object.getFileName().toString());
            TestHome.Run seen = home.run("verify", "--no-key");
            assertThat(seen.code()).as(prefix).isEqualTo(13);
            assertThat(seen.out())
                    .contains("damaged: " + prefix, "Whether files are hit, and which, was not looked at")
                    .doesNotContain("No file is hit");
            replace(object, whole);
        }
        assertThat(home.run("verify", "--no-key", "--read-data").failure(2)).contains("--no-key");
    }

    @Test
    void missingKeySlotsAreNoWrongPassword() throws IOException {
        for (Path slot : filesBelow("keys")) {
            Files.delete(slot);
        }
        TestHome.Run refused = home.run("snapshots");
        assertThat(refused.code()).isEqualTo(13);
        assertThat(refused.err()).contains("key slots").contains("missing");
    }

    @Test
    void verifyNamesTheFilesOfAPackThatWasCutShort() throws IOException {
        for (Path pack : filesBelow("packs/data")) {
            Files.write(pack, Arrays.copyOf(Files.readAllBytes(pack), 60));
        }
        for (String[] command : new String[][] {{"verify"}, {"verify", "--read-data"}}) {
            TestHome.Run seen = home.run(command);
            assertThat(seen.code()).isEqualTo(13);
            assertThat(seen.out())
                    .contains("hit: snapshot " + first.substring(0, 8) + " " + data.resolve("one"))
                    .contains("hit: snapshot " + second.substring(0, 8) + " " + data.resolve("two"));
        }
    }

    @Test
    void verifyCountsASnapshotThatCannotBeReadAsHit() throws IOException {
        damage("snapshots", first);
        TestHome.Run seen = home.run("verify", "--json");
        assertThat(seen.code()).isEqualTo(13);
        assertThat(JsonObject.parse(seen.outLines().getLast())).containsEntry("hit_snapshots", 1L);
    }

    @Test
    void findGoesOnBehindADamagedTree() throws IOException {
        Files.writeString(data.resolve("three"), "3");
        damage("packs/meta", "");
        home.run("repair");
        backUp();
        loseCaches();
        TestHome.Run found = home.run("find", "three");
        assertThat(found.code()).isEqualTo(13);
        assertThat(found.err())
                .contains("warning: snapshot " + first.substring(0, 8))
                .contains("left out");
        assertThat(found.out()).contains("1 match");
    }

    @Test
    void aDamagedVerdictSaysHowCollectionsGoOn() throws IOException {
        Files.write(data.resolve("one"), new SeededRandom(1).bytes(300_000));
        backUp();
        Files.write(data.resolve("one"), new SeededRandom(2).bytes(300_000));
        backUp();
        home.run("forget", "--keep-last", "1").succeeded();
        home.run("prune").succeeded();
        damage("verdict", "");

        backUp();
        home.run("forget", "--keep-last", "1").succeeded();
        TestHome.Run refused = home.run("prune");
        assertThat(refused.code()).isEqualTo(13);
        assertThat(refused.err()).contains("verdict/").contains("remove it");
        try (var files = Files.list(home.repository().resolve("verdict"))) {
            for (Path verdict : files.toList()) {
                Files.delete(verdict);
            }
        }
        home.run("prune").succeeded();
        assertThat(home.run("verify", "--read-data").succeeded().out()).contains("No damage found");
        home.run("restore", "latest", "--target", directory.resolve("target").toString())
                .succeeded();
    }
}
