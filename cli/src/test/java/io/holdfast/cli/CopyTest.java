package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CopyTest {
    @TempDir
    private Path directory;

    private TestHome home = new TestHome(Path.of("/nonexistent"));
    private Path data = Path.of("/nonexistent");
    private String other = "";

    @BeforeEach
    void setUp() throws IOException {
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        data = directory.resolve("data");
        Files.createDirectories(data.resolve("sub/deep"));
        other = directory.resolve("other").toString();
        for (int i = 0; i < 30; i++) {
            Files.write(data.resolve("f" + i), new SeededRandom(i).bytes(40_000));
        }
        Files.write(data.resolve("sub/deep/large"), new SeededRandom(99).bytes(9_000_000));
        Files.createSymbolicLink(data.resolve("link"), Path.of("f1"));
        home.run("init").succeeded();
    }

    private String backUp() {
        return String.valueOf(home.json("backup", data.toString()).getLast().get("snapshot"));
    }

    private Map<String, Object> copy(String... more) {
        String[] arguments = new String[more.length + 3];
        arguments[0] = "copy";
        arguments[1] = "--to";
        arguments[2] = other;
        System.arraycopy(more, 0, arguments, 3, more.length);
        return home.json(arguments).getLast();
    }

    private String idOfCopy(String of) {
        return home.run("--repo", other, "snapshots", "--json").succeeded().outLines().stream()
                .map(JsonObject::parse)
                .map(line -> String.valueOf(line.get("id")))
                .toList()
                .get(home.json("snapshots").stream()
                        .map(line -> line.get("id"))
                        .toList()
                        .indexOf(of));
    }

    private void assertSame(String original, String copied) throws IOException {
        Path one = Files.createTempDirectory(directory, "one");
        Path two = Files.createTempDirectory(directory, "two");
        home.run("restore", original, "--target", one.toString()).succeeded();
        home.run("--repo", other, "restore", copied, "--target", two.toString()).succeeded();
        List<Path> files;
        try (var walked = Files.walk(one)) {
            files = walked.filter(Files::isRegularFile).toList();
        }
        assertThat(files).isNotEmpty();
        for (Path file : files) {
            assertThat(two.resolve(one.relativize(file))).hasSameBinaryContentAs(file);
            assertThat(Files.getLastModifiedTime(two.resolve(one.relativize(file))))
                    .isEqualTo(Files.getLastModifiedTime(file));
        }
        String all = home.run("ls", "-r", original).succeeded().out();
        assertThat(home.run("--repo", other, "ls", "-r", copied).succeeded().out())
                .isEqualTo(all);
    }

    @Test
    void makesNothingWhereThereIsNothingToCopy() {
        backUp();
        assertThat(home.run("copy", "--to", other, "no-such-snapshot").failure(1))
                .contains("no-such-snapshot");
        assertThat(Path.of(other)).doesNotExist();
    }

    @Test
    void copiesWhatDiffersAsWhatDiffers() throws IOException {
        byte[] content = new SeededRandom(77).bytes(900_000);
        Files.write(data.resolve("database"), content);
        backUp();
        copy();
        // Not near the end: the last chunk may fall so short that a delta is not worth it.
        for (int at = 5; at < 600_000; at += 60_000) {
            content[at]++;
        }
        Files.write(data.resolve("database"), content);
        String second = backUp();

        assertThat((Long) copy().get("stored_bytes")).isLessThan(90_000);
        assertSame(second, idOfCopy(second));
        assertThat(home.run("--repo", other, "verify", "--read-data")
                        .succeeded()
                        .out())
                .contains("No damage found");
    }

    @Test
    void copiesAllOnceAndThenWhatIsNew() throws IOException {
        String first = backUp();
        Files.write(data.resolve("f3"), new SeededRandom(500).bytes(50_000));
        Files.delete(data.resolve("f4"));
        Files.createDirectory(data.resolve("new"));
        Files.writeString(data.resolve("new/x"), "x");
        String second = backUp();
        home.setInput("a stream".getBytes(StandardCharsets.US_ASCII));
        home.run("backup", "--stdin", "--name", "s").succeeded();

        Map<String, Object> all = copy();
        assertThat(all).containsEntry("copied", 3L).containsEntry("skipped", 0L);
        assertThat((Long) all.get("added_bytes")).isBetween(10_000_000L, 10_600_000L);
        assertSame(first, idOfCopy(first));
        assertSame(second, idOfCopy(second));
        assertThat(home.run("--repo", other, "restore", "latest", "--target", "-")
                        .succeeded()
                        .out())
                .isEqualTo("a stream");
        assertThat(home.run("--repo", other, "verify", "--read-data")
                        .succeeded()
                        .out())
                .contains("No damage found");

        assertThat(copy()).containsEntry("copied", 0L).containsEntry("skipped", 3L);
        Files.write(data.resolve("f5"), new SeededRandom(501).bytes(60_000));
        String third = backUp();
        Map<String, Object> more = copy();
        assertThat(more).containsEntry("copied", 1L);
        assertThat((Long) more.get("added_bytes")).isLessThan(200_000);
        assertThat(home.json("snapshots")).hasSize(4);
        assertSame(third, idOfCopy(third));
    }

    /** What an earlier copy holds is not read again: here it could not be. */
    @Test
    void readsOnlyWhatTheCopyLacks() throws IOException {
        String first = backUp();
        copy();
        for (Path pack : filesBelow(home.repository().resolve("packs/data"))) {
            byte[] bytes = Files.readAllBytes(pack);
            bytes[1_000] ^= 1;
            Files.delete(pack);
            Files.write(pack, bytes);
        }
        Files.writeString(data.resolve("fresh"), "fresh");
        backUp();
        assertThat(copy()).containsEntry("copied", 1L);
        assertThat(home.run("--repo", other, "verify", "--read-data")
                        .succeeded()
                        .out())
                .contains("No damage found");
        assertThat(home.run("restore", first, "--target", directory.resolve("t").toString())
                        .code())
                .isEqualTo(13);
    }

    private static List<Path> filesBelow(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    @Test
    void copiesBackAndForthWithoutCopiesOfCopies() {
        backUp();
        copy();
        assertThat(home.json("--repo", other, "copy", "--to", home.repository().toString())
                        .getLast())
                .containsEntry("copied", 0L);
        assertThat(home.json("snapshots")).hasSize(1);
    }

    @Test
    void copiesWhatIsAskedForAndOpensWithOwnKeys() throws IOException {
        String first = backUp();
        home.run("backup", data.toString(), "--tag", "t").succeeded();
        Path password = Files.writeString(directory.resolve("password"), "another one\n");
        assertThat(copy("latest", "--tag", "t", "--to-password-file", password.toString()))
                .containsEntry("copied", 1L);
        assertThat(home.run("--repo", other, "snapshots").code()).isEqualTo(12);
        assertThat(home.run("--repo", other, "--password-file", password.toString(), "snapshots")
                        .succeeded()
                        .out())
                .contains("1 snapshot");
        assertThat(copy(first, "--to-password-file", password.toString())).containsEntry("copied", 1L);
        Path wrong = Files.writeString(directory.resolve("wrong"), "wrong\n");
        assertThat(home.run("copy", "--to", other, "--to-password-file", wrong.toString())
                        .code())
                .isEqualTo(12);
        assertThat(home.run("copy", "--to", home.repository().toString()).failure(2))
                .contains("itself");
        assertThat(home.run("copy", "--to", other, "--to-password-file", password.toString(), "nosuch")
                        .code())
                .isEqualTo(1);
    }
}
