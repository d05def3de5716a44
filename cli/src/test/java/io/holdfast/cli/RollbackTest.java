package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A store that hides the newest snapshot, or shows an older state of itself, to machines that have seen it and to others. */
final class RollbackTest extends DamagedRepository {
    @Test
    void aHiddenSnapshotIsMissedByWhoeverHasSeenIt() throws IOException {
        Path manifest = snapshot(second);
        byte[] content = Files.readAllBytes(manifest);
        Files.delete(manifest);

        assertThat(home.run("snapshots").succeeded().err())
                .contains("warning: snapshots/")
                .contains(second)
                .contains("nobody has forgotten it");
        Path target = directory.resolve("target");
        assertThat(home.run("restore", "latest", "--target", target.toString())
                        .succeeded()
                        .err())
                .contains(second);
        assertThat(home.run("backup", data.toString()).succeeded().err()).contains(second);
        for (List<String> reading : List.of(
                List.of("ls", "latest", data.toString()),
                List.of("find", "one"),
                List.of("stats"),
                List.of("diff", first, first),
                List.of("cat", "latest", data.resolve("one").toString()),
                List.of("copy", "--to", directory.resolve("copy").toString()))) {
            assertThat(home.run(reading.toArray(String[]::new)).succeeded().err())
                    .as("%s", reading)
                    .contains("warning: snapshots/")
                    .contains(second);
        }
        TestHome.Run verified = home.run("verify");
        assertThat(verified.code()).isEqualTo(13);
        assertThat(verified.out()).contains("damaged: snapshots/").contains(second);
        assertThat(lastLine("verify", "--json")).containsEntry("freshness", "older_than_seen");

        int packs = filesBelow("packs").size();
        assertThat(home.run("prune").failure(13)).contains(second).contains("nothing was deleted");
        assertThat(filesBelow("packs")).hasSize(packs);

        Files.write(manifest, content);
        assertThat(home.run("snapshots").succeeded().err()).isEmpty();
        assertThat(lastLine("verify", "--json")).containsEntry("freshness", "as_seen");
        home.run("prune").succeeded();
    }

    /** Else one object that somebody has removed would stop every clean-up for ever. */
    @Test
    void aSnapshotThatIsLostCanBeGivenUp() throws IOException {
        Path manifest = snapshot(second);
        byte[] content = Files.readAllBytes(manifest);
        Files.delete(manifest);
        assertThat(home.run("repair").code()).isEqualTo(13);
        assertThat(home.run("repair").err())
                .contains(second, "holdfast copy", "holdfast forget " + second.substring(0, 8));
        assertThat(home.run("forget", first).failure(13)).contains("nothing was removed");

        assertThat(home.run("forget", second).succeeded().out()).contains("Removed 1 snapshot");

        home.run("repair").succeeded();
        assertThat(lastLine("verify", "--json")).containsEntry("freshness", "as_seen");
        home.run("prune").succeeded();
        Files.write(manifest, content);
        assertThat(home.run("snapshots").succeeded().out())
                .doesNotContain(second.substring(0, 8))
                .contains(first.substring(0, 8));
    }

    /** Else a whole one would go in place of the lost one that was meant. */
    @Test
    void aNameThatFitsALostAndALiveSnapshotIsNoName() throws IOException {
        Map<Character, String> byDigit = new TreeMap<>();
        String gone = second;
        while (!byDigit.containsKey(gone.charAt(0))) {
            byDigit.put(gone.charAt(0), gone);
            gone = backUp();
        }
        home.run("forget", first, "--quiet").succeeded();
        String live = String.valueOf(byDigit.get(gone.charAt(0)));
        Files.delete(snapshot(gone));

        assertThat(home.run("forget", gone.substring(0, 1)).failure(2)).contains("fits 2 snapshots", "more digits");

        assertThat(home.run("snapshots").succeeded().out()).contains(live.substring(0, 8));
    }

    /** Nobody can have forgotten it. */
    @Test
    void aHeldSnapshotIsMissedAlsoByWhoeverHasSeenNothing() throws IOException {
        home.run("hold", "add", second, "--reason", "case 4711").succeeded();
        Path manifest = snapshot(second);
        byte[] content = Files.readAllBytes(manifest);
        Files.delete(manifest);
        loseCaches();

        assertThat(home.run("verify").code()).isEqualTo(13);
        loseCaches();
        assertThat(home.run("verify").out()).contains("is held, and is gone", "hold remove " + second.substring(0, 8));
        loseCaches();
        int packs = filesBelow("packs").size();
        assertThat(home.run("prune").failure(13)).contains(second, "is held, and is gone", "nothing was deleted");
        assertThat(filesBelow("packs")).hasSize(packs);

        Files.write(manifest, content);
        home.run("verify").succeeded();
        home.run("prune").succeeded();
        Files.delete(manifest);
        home.run("hold", "remove", second).succeeded();
        loseCaches();
        home.run("prune").succeeded();
    }

    @Test
    void whoHasSeenNothingSaysThatFreshnessIsUnproven() throws IOException {
        Files.delete(snapshot(second));
        loseCaches();

        assertThat(home.run("verify").succeeded().out()).contains("not proven");
        loseCaches();
        assertThat(lastLine("verify", "--json")).containsEntry("freshness", "unproven");
        assertThat(lastLine("verify", "--json")).as("from now on it is").containsEntry("freshness", "as_seen");
    }

    /** Also when its name was retired by a collection, and when another machine forgot it. */
    @Test
    void whatWasForgottenIsNotMissed() throws IOException {
        String third = backUp();
        home.run("forget", first).succeeded();
        assertThat(home.run("snapshots").succeeded().err()).isEmpty();
        Files.delete(data.resolve("two"));
        String fourth = backUp();
        String otherCache = directory.resolve("cache-of-another-machine").toString();
        home.run("--cache-dir", otherCache, "forget", second, third).succeeded();
        home.run("--cache-dir", otherCache, "prune").succeeded();
        home.run("--cache-dir", otherCache, "prune").succeeded();

        assertThat(home.run("snapshots").succeeded().err()).isEmpty();
        assertThat(home.run("verify").succeeded().out()).contains("No damage found");
        assertThat(home.json("snapshots")).extracting(line -> line.get("id")).containsExactly(fourth);
    }

    /** The marker has to be one that a holder of the key has made. */
    @Test
    void aForgedForgetMarkerHidesNothing() throws IOException {
        Path manifest = snapshot(second);
        Path marker = home.repository().resolve("forgotten").resolve(String.valueOf(manifest.getFileName()));
        Files.createDirectories(marker.getParent());
        Files.write(marker, new byte[100]);

        assertThat(home.run("snapshots").succeeded().err()).contains(second);
        assertThat(home.run("verify").code()).isEqualTo(13);
    }

    @Test
    void anOlderStateOfTheWholeRepositoryIsNoticed() throws IOException {
        Map<Path, byte[]> older = state();
        String third = backUp();
        home.run("forget", first).succeeded();
        home.run("key", "rotate").succeeded();
        home.run("snapshots").succeeded();

        putBack(older);

        String told = home.run("snapshots").succeeded().err();
        assertThat(told).contains(third).contains("config/00000002").contains("removals/00000001");
        assertThat(home.run("verify").code()).isEqualTo(13);
        assertThat(home.run("backup", data.toString()).succeeded().err()).contains(third);
        assertThat(home.run("prune").code()).isEqualTo(13);

        // On purpose: then the memory goes, and all is well.
        try (var files = Files.walk(home.home().resolve(".cache"))) {
            for (Path file : files.filter(file -> file.endsWith("seen")).toList()) {
                Files.delete(file);
            }
        }
        assertThat(home.run("snapshots").succeeded().err()).isEmpty();
        home.run("prune").succeeded();
    }

    @Test
    void anOlderVerdictIsNoticed() throws IOException {
        home.run("forget", first).succeeded();
        Files.delete(data.resolve("one"));
        backUp();
        home.run("forget", second).succeeded();
        home.run("prune").succeeded();
        Map<Path, byte[]> older = state();
        assertThat(filesBelow("verdict")).hasSize(1);
        Files.writeString(data.resolve("one"), "other");
        String kept = backUp();
        Files.delete(data.resolve("one"));
        backUp();
        home.run("forget", kept).succeeded();
        home.run("prune").succeeded();
        home.run("snapshots").succeeded();
        Path newest = filesBelow("verdict").getFirst();

        Files.delete(newest);
        for (Map.Entry<Path, byte[]> object : older.entrySet()) {
            if (object.getKey().toString().contains("/verdict/")) {
                Files.write(object.getKey(), object.getValue());
            }
        }

        assertThat(home.run("verify").out()).contains("verdict/" + newest.getFileName());
    }

    private Path snapshot(String id) throws IOException {
        return filesBelow("snapshots").stream()
                .filter(file -> file.toString().contains(id))
                .findFirst()
                .orElseThrow();
    }

    private Map<Path, byte[]> state() throws IOException {
        Map<Path, byte[]> state = new TreeMap<>();
        for (Path file : filesBelow("")) {
            state.put(file, Files.readAllBytes(file));
        }
        return state;
    }

    private void putBack(Map<Path, byte[]> state) throws IOException {
        for (Path file : filesBelow("")) {
            Files.delete(file);
        }
        for (Map.Entry<Path, byte[]> object : state.entrySet()) {
            Files.createDirectories(object.getKey().getParent());
            Files.write(object.getKey(), object.getValue());
        }
    }
}
