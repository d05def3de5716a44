package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What repair, a backup and prune make whole again: packs, and the index that is derived from them. */
final class RepairTest extends DamagedRepository {
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

    @Test
    void whatIsLostComesBackFromACopyOfTheSnapshots() throws IOException {
        Files.write(data.resolve("three"), new SeededRandom(3).bytes(300_000));
        String third = backUp();
        String copy = directory.resolve("copy").toString();
        home.run("copy", "--to", copy).succeeded();
        // The sources have it no more.
        Files.delete(data.resolve("three"));
        damage("packs", "");
        loseCaches();

        assertThat(home.run("repair").code()).isEqualTo(13);
        Map<String, Object> healed = lastLine("repair", "--from", copy, "--json");

        assertThat((Long) healed.get("healed_bytes")).isGreaterThan(300_000);
        assertThat(healed).containsEntry("hit_snapshots", 0L);
        assertThat(home.run("verify").out()).contains("No file is hit");
        Path target = directory.resolve("to-three");
        home.run("restore", third, "--target", target.toString()).succeeded();
        assertThat(target.resolve(data.toString().substring(1)).resolve("three"))
                .hasBinaryContent(new SeededRandom(3).bytes(300_000));
        home.run("prune").succeeded();
        home.run("prune").succeeded();
        home.run("verify", "--read-data").succeeded();
    }

    /** Somebody has found a copy after all. */
    @Test
    void packsThatAreWholeAgainAfterTheyWereGivenUpCountAgain() throws IOException {
        Files.write(data.resolve("three"), new SeededRandom(3).bytes(300_000));
        backUp();
        Map<Path, byte[]> whole = new HashMap<>();
        for (Path pack : filesBelow("packs/data")) {
            byte[] content = Files.readAllBytes(pack);
            whole.put(pack, content.clone());
            for (int at = 2_000; at < content.length; at += 20_000) {
                content[at]++;
            }
            Files.write(pack, content);
        }
        loseCaches();
        assertThat(home.run("repair").code()).isEqualTo(13);
        for (Map.Entry<Path, byte[]> pack : whole.entrySet()) {
            Files.write(pack.getKey(), pack.getValue());
        }

        assertThat(home.run("repair").succeeded().out()).contains("given up before are whole again");

        home.run("prune").succeeded();
        home.run("prune").succeeded();
        assertThat(home.run("repair").succeeded().out()).doesNotContain("whole again");
        assertThat(home.run("verify", "--read-data").succeeded().out()).contains("No damage");
        Path target = directory.resolve("target-again");
        home.run("restore", "latest", "--target", target.toString()).succeeded();
        assertThat(target.resolve(data.toString().substring(1)).resolve("three"))
                .hasBinaryContent(new SeededRandom(3).bytes(300_000));
    }

    @Test
    void whatIsLostComesBackFromTheSameRepositoryElsewhere() throws Exception {
        Files.write(data.resolve("three"), new SeededRandom(3).bytes(300_000));
        String third = backUp();
        Path mirror = directory.resolve("mirror");
        assertThat(new ProcessBuilder("cp", "-a", home.repository().toString(), mirror.toString())
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        for (Path pack : filesBelow("packs")) {
            Files.delete(pack);
        }
        loseCaches();

        TestHome.Run repaired = home.run("repair", "--from", mirror.toString());

        assertThat(repaired.out()).contains("Brought back from the copy");
        assertThat(home.run("verify", "--read-data").out() + home.run("verify").err())
                .doesNotContain("hit:");
        Path target = directory.resolve("to-three");
        home.run("restore", third, "--target", target.toString()).succeeded();
        assertThat(target.resolve(data.toString().substring(1)).resolve("three"))
                .hasSameBinaryContentAs(data.resolve("three"));
    }

    @Test
    void aDamagedMirrorGivesAllThatItHasWhole() throws Exception {
        for (int i = 0; i < 8; i++) {
            Files.write(data.resolve("f" + i), new SeededRandom(i).bytes(2_000_000));
        }
        String snapshot = backUp();
        Path mirror = directory.resolve("mirror");
        assertThat(new ProcessBuilder("cp", "-a", home.repository().toString(), mirror.toString())
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        for (Path pack : filesBelow("packs/data")) {
            Files.delete(pack);
        }
        try (var packs = Files.walk(mirror.resolve("packs/data"))) {
            Path largest = packs.filter(Files::isRegularFile)
                    .max(Comparator.comparingLong(pack -> pack.toFile().length()))
                    .orElseThrow();
            flip(largest, 5_000_000);
        }
        loseCaches();

        Map<String, Object> repaired = lastLine("repair", "--from", mirror.toString(), "--json");

        assertThat((Long) repaired.get("healed_bytes")).isGreaterThan(12_000_000);
        assertThat((Long) repaired.get("hit_files")).isBetween(1L, 3L);
        assertThat(snapshot).isNotEmpty();
    }

    /** What the copy has whole comes back all the same. */
    @Test
    void aCopyThatIsDamagedItselfGivesWhatItHas() throws IOException {
        Files.write(data.resolve("three"), new SeededRandom(3).bytes(300_000));
        backUp();
        Files.delete(data.resolve("three"));
        home.run("copy", "--to", directory.resolve("copy").toString()).succeeded();
        String unrelated = directory.resolve("unrelated").toString();
        home.run("--repo", unrelated, "init").succeeded();
        damage("packs/data", "");
        loseCaches();
        TestHome.Run nothing = home.run("repair", "--from", unrelated);
        assertThat(nothing.code()).isEqualTo(13);
        assertThat(nothing.out()).contains("it has no copy");
        try (var packs = Files.walk(directory.resolve("copy/packs/data"))) {
            for (Path pack : packs.filter(Files::isRegularFile).toList()) {
                byte[] bytes = Files.readAllBytes(pack);
                bytes[100] ^= 1;
                replace(pack, bytes);
            }
        }
        TestHome.Run little =
                home.run("repair", "--from", directory.resolve("copy").toString());
        assertThat(little.code()).as(little.out()).isEqualTo(13);
        assertThat(home.run("repair", "--from-key-file", "x").failure(2)).contains("without --from");
    }

    @Test
    void repairAndABackupHealWhatTheSourceStillHas() throws IOException {
        Files.write(data.resolve("three"), new SeededRandom(3).bytes(300_000));
        String third = backUp();
        damage("packs/data", "");
        loseCaches();

        TestHome.Run seen = home.run("verify", "--read-data");
        assertThat(seen.code()).isEqualTo(13);
        assertThat(seen.out()).contains("holdfast repair").contains("hit: snapshot " + third.substring(0, 8));
        Map<String, Object> told = lastLine("repair", "--dry-run", "--json");
        assertThat(told).containsEntry("chunks", 0L).containsEntry("dry_run", true);
        assertThat((Long) lastLine("repair", "--json").get("chunks")).isPositive();
        TestHome.Run refused = home.run("prune");
        assertThat(refused.code())
                .as("nothing is deleted while snapshots miss chunks")
                .isEqualTo(13);
        assertThat(refused.err()).contains("holdfast repair");

        backUp();
        assertThat(home.run("verify", "--read-data").out()).contains("No file is hit");
        for (String snapshot : List.of(first, second, third, "latest")) {
            Path target = directory.resolve("to-" + snapshot);
            home.run("restore", snapshot, "--target", target.toString()).succeeded();
            assertThat(target.resolve(data.toString().substring(1)).resolve("one"))
                    .hasSameBinaryContentAs(data.resolve("one"));
        }
        home.run("prune").succeeded();
        assertThat(home.run("verify", "--read-data").succeeded().out())
                .as("what is damaged is deleted when nobody needs it")
                .contains("No damage found");
    }

    /** What is whole in a damaged pack moves out of it, whatever part of the pack is damaged. */
    @ParameterizedTest
    @ValueSource(strings = {"header", "table of contents", "footer", "end", "frame"})
    void repairAndPruneLeaveNothingDamaged(String where) throws IOException {
        Files.write(data.resolve("three"), new SeededRandom(3).bytes(300_000));
        String third = backUp();
        for (Path pack : filesBelow("frame".equals(where) ? "packs/data" : "packs")) {
            byte[] bytes = Files.readAllBytes(pack);
            int tableAt = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(bytes.length - 28);
            byte[] changed = "end".equals(where) ? Arrays.copyOf(bytes, bytes.length + 7) : bytes;
            switch (where) {
                case "header" -> changed[20] ^= 1;
                case "table of contents" -> changed[tableAt + 3] ^= 1;
                case "footer" -> changed[bytes.length - 20] ^= 1;
                case "frame" -> changed[60] ^= 1;
                default -> {}
            }
            replace(pack, changed);
        }
        loseCaches();
        assertThat(home.run("verify").code()).isEqualTo("frame".equals(where) ? 0 : 13);

        TestHome.Run repaired = home.run("repair");
        if ("frame".equals(where)) {
            assertThat(repaired.code()).isEqualTo(13);
            assertThat(home.run("verify").code())
                    .as("also without reading all the data")
                    .isEqualTo(13);
            backUp();
            home.run("forget", "--keep-last", "1").succeeded();
            third = "latest";
        } else {
            assertThat(repaired.code()).isZero();
            assertThat(repaired.out()).contains("holdfast prune");
        }
        home.run("prune").succeeded();
        home.run("verify", "--read-data").succeeded();
        Path target = directory.resolve("target");
        home.run("restore", third, "--target", target.toString()).succeeded();
        assertThat(target.resolve(data.toString().substring(1)).resolve("three"))
                .hasSameBinaryContentAs(data.resolve("three"));
    }

    /**
     * An index made anew from tables of contents does not know which copy was found damaged. Whichever of the two copies has the
     * lower name, the whole one has to stay.
     */
    @Test
    void aHealedChunkOutlivesTheIndexThatKnewWhichCopyIsDamaged() throws IOException {
        Set<Boolean> orders = new HashSet<>();
        for (int round = 0; orders.size() < 2; round++) {
            assertThat(round).as("rounds until both orders were seen").isLessThan(64);
            Path own = Files.createDirectory(directory.resolve("round" + round));
            home = new TestHome(own);
            byte[] content = new SeededRandom(round).bytes(300_000);
            Files.write(data.resolve("one"), content);
            backUp();
            Path damagedPack = filesBelow("packs/data").getFirst();
            damage("packs/data", "");
            home.run("repair");
            home.run("backup", "--parent", "none", data.toString()).succeeded();
            Path healed = filesBelow("packs/data").stream()
                    .filter(pack -> !pack.equals(damagedPack))
                    .findFirst()
                    .orElseThrow();
            orders.add(damagedPack.compareTo(healed) < 0);
            damage("index", "");
            loseCaches();

            for (int i = 0; i < 3; i++) {
                home.run("prune");
            }
            Path target = own.resolve("target");
            home.run("restore", "latest", "--target", target.toString()).succeeded();
            assertThat(target.resolve(data.toString().substring(1)).resolve("one"))
                    .hasBinaryContent(content);
            home.run("repair").succeeded();
            home.run("prune").succeeded();
            home.run("verify", "--read-data").succeeded();
        }
    }

    /** Not damaged, but gone: nothing in the store says that there ever was more. */
    @ParameterizedTest
    @ValueSource(strings = {"prune", "repair"})
    void anIndexThatIsGoneIsMadeAnew(String command) throws IOException {
        for (Path segment : filesBelow("index")) {
            Files.delete(segment);
        }
        loseCaches();
        Path target = directory.resolve("target");
        home.run("restore", "latest", "--target", target.toString()).succeeded();
        assertThat(target.resolve(data.toString().substring(1)).resolve("two"))
                .hasSameBinaryContentAs(data.resolve("two"));
        TestHome.Run seen = home.run("verify");
        assertThat(seen.code()).isEqualTo(13);
        assertThat(seen.out()).contains("damaged: index").contains("No file is hit");
        home.run("prune", "--dry-run").succeeded();
        assertThat(filesBelow("index")).as("a dry run makes nothing").isEmpty();

        home.run(command).succeeded();
        assertThat(filesBelow("index")).isNotEmpty();
        assertThat(home.run("verify", "--read-data").succeeded().out()).contains("No damage found");
        assertThat(home.json("snapshots")).hasSize(2);
    }

    /** Each whole, and neither what the index says. */
    @Test
    void packsThatWereExchangedAreNotTakenForWhole() throws IOException {
        seenPacks.addAll(filesBelow("packs/data"));
        // Of one chunk each, however the repository cuts: so the packs are of one length.
        Files.write(data.resolve("one"), new SeededRandom(1).bytes(200_000));
        backUp();
        Path packOfOne = newestPack();
        Files.write(data.resolve("two"), new SeededRandom(2).bytes(200_000));
        String third = backUp();
        Path packOfTwo = newestPack();
        byte[] one = Files.readAllBytes(packOfOne);
        byte[] two = Files.readAllBytes(packOfTwo);
        assertThat(one.length).isEqualTo(two.length);
        replace(packOfOne, two);
        replace(packOfTwo, one);

        for (String[] command : new String[][] {{"verify"}, {"verify", "--read-data"}, {"repair"}}) {
            TestHome.Run seen = home.run(command);
            assertThat(seen.code()).as(command[0]).isEqualTo(13);
            assertThat(seen.out()).contains("hit: snapshot " + third.substring(0, 8) + " " + data.resolve("one"));
        }
        home.run("backup", "--parent", "none", data.toString()).succeeded();
        home.run("repair").succeeded();
        home.run("prune").succeeded();
        home.run("verify", "--read-data").succeeded();
        restores(third, "one", "two");
    }

    /** A byte says which version of the format an object has; when it is flipped, no newer program would help. */
    @Test
    void aFlippedVersionIsDamage() throws IOException {
        for (String prefix : List.of("packs/data", "packs/meta", "index")) {
            flip(filesBelow(prefix).getFirst(), 5);
        }
        flip(
                filesBelow("snapshots").stream()
                        .filter(path -> path.toString().contains(first))
                        .findFirst()
                        .orElseThrow(),
                5);
        loseCaches();
        assertThat(home.run("verify").code()).isEqualTo(13);
        assertThat(home.run("prune").code()).isEqualTo(13);
        home.run("forget", first.substring(0, 10)).succeeded();
        home.run("repair");
        backUp();
        home.run("prune").succeeded();
        home.run("verify", "--read-data").succeeded();
        restores(second, "one", "two");
    }

    /** Where tables of contents are damaged as well, a copy in the cache is all that says where things lie. */
    @ParameterizedTest
    @ValueSource(strings = {"repair", "prune"})
    void aCachedIndexHelpsWhereTheIndexAndATableOfContentsAreDamaged(String command) throws IOException {
        for (Path pack : filesBelow("packs/data")) {
            flip(pack, (int) Files.size(pack) - 20);
        }
        damage("index", "");
        home.run(command);
        loseCaches();
        home.run("repair").succeeded();
        home.run("prune").succeeded();
        home.run("verify", "--read-data").succeeded();
        restores(second, "one", "two");
    }

    /** The index alone would say that everything is lost. */
    @Test
    void repairMakesTheIndexBeforeItLooksForDamage() throws IOException {
        Files.write(data.resolve("three"), new SeededRandom(3).bytes(300_000));
        String third = backUp();
        for (Path segment : filesBelow("index")) {
            Files.delete(segment);
        }
        Path large = filesBelow("packs/data").stream()
                .max(Comparator.comparingLong(path -> path.toFile().length()))
                .orElseThrow();
        flip(large, 1_000);
        loseCaches();

        TestHome.Run seen = home.run("verify", "--read-data");
        assertThat(seen.out())
                .contains("hit: snapshot " + third.substring(0, 8) + " " + data.resolve("three"))
                .doesNotContain("hit: snapshot " + second.substring(0, 8));
        Map<String, Object> repaired = lastLine("repair", "--json");
        assertThat(repaired).containsEntry("index_made", true).containsEntry("hit_files", 1L);
        assertThat((Long) repaired.get("chunks")).isPositive();
        backUp();
        home.run("prune").succeeded();
        assertThat(home.run("verify", "--read-data").succeeded().out()).contains("No damage found");
        restores(third, "one", "two", "three");
    }

    /** Pages of the tree as it is now; those of earlier states no source has any more. */
    @Test
    void repairAndABackupHealTheTreeAsItIs() throws IOException {
        damage("packs/meta", "");
        loseCaches();
        home.run("repair");
        backUp();
        TestHome.Run seen = home.run("verify", "--read-data");
        assertThat(seen.out())
                .contains("hit: snapshot " + first.substring(0, 8))
                .doesNotContain("hit: snapshot " + second.substring(0, 8));
        Path target = directory.resolve("target");
        home.run("restore", second, "--target", target.toString()).succeeded();
        home.run("forget", first.substring(0, 10)).succeeded();
        home.run("prune").succeeded();
    }
}
