package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A repository with two snapshots, and ways to damage it. Objects are files, and each test has its own. */
abstract class DamagedRepository {
    @TempDir
    protected Path directory;

    protected TestHome home = new TestHome(Path.of("/nonexistent"));
    protected Path data = Path.of("/nonexistent");
    protected String first = "";
    protected String second = "";
    protected final List<Path> seenPacks = new ArrayList<>();

    @BeforeEach
    final void backUpTwice() throws IOException {
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        data = Files.createDirectory(directory.resolve("data"));
        Files.writeString(data.resolve("one"), "1".repeat(5_000));
        first = backUp();
        Files.writeString(data.resolve("two"), "2".repeat(5_000));
        second = backUp();
    }

    protected final String backUp() {
        return String.valueOf(home.json("backup", data.toString()).getLast().get("snapshot"));
    }

    /** Flips a bit in the middle of the only object below {@code prefix} whose name holds {@code part}. */
    protected final void damage(String prefix, String part) throws IOException {
        List<Path> found = filesBelow(prefix).stream()
                .filter(file -> file.toString().contains(part))
                .toList();
        assertThat(found).isNotEmpty();
        for (Path object : found) {
            byte[] bytes = Files.readAllBytes(object);
            bytes[bytes.length / 2] ^= 1;
            replace(object, bytes);
        }
    }

    protected final List<Path> filesBelow(String prefix) throws IOException {
        try (var files = Files.walk(home.repository().resolve(prefix))) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    /** Caches may have it mapped or linked: a new file instead. */
    protected static void replace(Path object, byte[] bytes) throws IOException {
        Files.delete(object);
        Files.write(object, bytes);
    }

    protected final Map<String, Object> lastLine(String... command) {
        return JsonObject.parse(home.run(command).outLines().getLast());
    }

    protected final void loseCaches() throws IOException {
        home.loseCaches();
    }

    protected final Path newestPack() throws IOException {
        List<Path> known = new ArrayList<>(seenPacks);
        List<Path> fresh = filesBelow("packs/data").stream()
                .filter(pack -> !known.contains(pack))
                .toList();
        seenPacks.addAll(fresh);
        return fresh.getLast();
    }

    protected final void restores(String snapshot, String... names) throws IOException {
        Path target = Files.createTempDirectory(directory, "target");
        home.run("restore", snapshot, "--target", target.toString()).succeeded();
        for (String name : names) {
            assertThat(target.resolve(data.toString().substring(1)).resolve(name))
                    .hasSameBinaryContentAs(data.resolve(name));
        }
    }

    protected static void flip(Path object, int at) throws IOException {
        byte[] bytes = Files.readAllBytes(object);
        bytes[at] ^= 2;
        replace(object, bytes);
    }
}
