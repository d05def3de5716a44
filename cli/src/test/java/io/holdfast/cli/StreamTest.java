package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Streams: standard input, and what programs write. */
@Timeout(120)
final class StreamTest {
    @TempDir
    private Path directory;

    private TestHome home = new TestHome(Path.of("/nonexistent"));

    @BeforeEach
    void setUp() throws IOException {
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        home.run("init").succeeded();
    }

    private Map<String, Object> save(String name, byte[] content) {
        home.setInput(content);
        return home.json("backup", "--stdin", "--name", name).getLast();
    }

    /** Text, so that it can be compared as what was printed. */
    private static byte[] dump(int seed, int lines) {
        SeededRandom random = new SeededRandom(seed);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < lines; i++) {
            text.append("insert into t values (")
                    .append(i)
                    .append(", '")
                    .append(random.nextLong())
                    .append("');\n");
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void comesBackOnStandardOutputOrAsAFile() throws IOException {
        byte[] first = dump(1, 400_000);
        Map<String, Object> saved = save("shop.sql", first);
        assertThat(saved).containsEntry("bytes", (long) first.length).containsEntry("files", 1L);
        // Not at the end: the last chunk may fall so short that a delta is not worth it.
        String text = new String(first, StandardCharsets.US_ASCII);
        int middle = text.indexOf('\n', first.length / 2) + 1;
        byte[] longer =
                (text.substring(0, middle) + "-- more\n" + text.substring(middle)).getBytes(StandardCharsets.US_ASCII);
        Map<String, Object> again = save("shop.sql", longer);
        assertThat((Long) again.get("added_bytes")).isLessThan(first.length / 2);
        assertThat(again).containsKey("delta_chunks");
        // A chunk or two, as the secret cuts fall.
        assertThat((Long) again.get("delta_chunks")).isBetween(1L, 3L);
        assertThat((Long) again.get("stored_bytes")).isLessThan(20_000);
        assertThat(again).containsEntry("parent", saved.get("snapshot"));
        save("other", new byte[0]);

        String id = String.valueOf(saved.get("snapshot"));
        assertThat(home.run("restore", id, "--target", "-").succeeded().out())
                .isEqualTo(new String(first, StandardCharsets.US_ASCII));
        assertThat(home.run("restore", "latest", "--path", "shop.sql", "--target", "-")
                        .succeeded()
                        .out())
                .isEqualTo(new String(longer, StandardCharsets.US_ASCII));
        assertThat(home.run("restore", "latest", "--target", "-").succeeded().out())
                .isEmpty();
        Path target = directory.resolve("target");
        home.run("restore", id, "--target", target.toString(), "--verify").succeeded();
        assertThat(target.resolve("shop.sql")).hasBinaryContent(first);
        assertThat(home.run("ls", id).succeeded().out()).contains("/shop.sql");
        assertThat(home.run("diff", id, String.valueOf(again.get("snapshot")))
                        .succeeded()
                        .out())
                .contains("/shop.sql");
        assertThat(home.run("snapshots").succeeded().out()).contains("shop.sql  (stream or volume)");
        assertThat(home.run("verify", "--read-data").succeeded().out()).contains("No damage found");
    }

    @Test
    void eachStreamIsASourceOfItsOwn() throws IOException {
        save("a", dump(1, 10));
        save("a", dump(2, 10));
        save("b", dump(3, 10));
        Path data = Files.createDirectory(directory.resolve("data"));
        Files.writeString(data.resolve("a"), "file");
        home.run("backup", data.toString()).succeeded();
        home.run("forget", "--keep-last", "1").succeeded();
        assertThat(home.json("snapshots"))
                .extracting(line -> line.get("kind"))
                .containsExactly("stream", "stream", "files");
        assertThat(home.run("restore", "latest", "--target", "-").failure(2)).contains("holds files");
        assertThat(home.run("restore", "latest", data + "/a", "--target", "-")
                        .succeeded()
                        .out())
                .isEqualTo("file");
    }

    @Test
    void savesWhatAProgramWrites() {
        assertThat(home.run("backup", "--command", "--name", "numbers", "--", "seq", "1", "300000")
                        .succeeded()
                        .out())
                .containsPattern("holdfast restore [0-9a-f]{8} --target -\n");
        assertThat(home.run("restore", "latest", "--target", "-").succeeded().out())
                .startsWith("1\n2\n")
                .endsWith("\n300000\n");
    }

    /** As in a pipe, and as with {@code > >(gzip)} of a shell. */
    @Test
    void savesWhatOthersWriteOnWhenTheProgramHasEnded() {
        String script = "(sleep 1; seq 300000) & echo early; exit 0";
        home.run("backup", "--command", "--name", "m", "--", "sh", "-c", script).succeeded();
        String saved =
                home.run("restore", "latest", "--target", "-").succeeded().out();
        assertThat(saved).startsWith("early\n1\n").endsWith("\n300000\n");
        assertThat(saved.lines()).hasSize(300_001);
    }

    @Test
    void aProgramThatFailsLeavesNoSnapshot() {
        String[][] failing = {
            {"'sh' ended with 3", "sh", "-c", "echo half; exit 3"},
            {"'sh' ended with 1", "sh", "-c", "seq 1 3000000; exit 1"},
            {"'sh' was ended by signal 9", "sh", "-c", "echo half; kill -9 $$"},
            {"'sh' was ended by signal 15", "sh", "-c", "seq 1 100000; kill -15 $$"}
        };
        for (String[] each : failing) {
            TestHome.Run run = home.run("backup", "--command", "--name", "x", "--", each[1], each[2], each[3]);
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err()).contains(each[0], "no snapshot was made");
        }
        assertThat(home.run("backup", "--command", "--name", "x", "--", "/no/such/program")
                        .failure(2))
                .contains("'/no/such/program' cannot be run: No such file or directory")
                .doesNotContain("error");
        assertThat(home.json("snapshots")).isEmpty();
        assertThat(home.run("session", "list").succeeded().out()).contains("0 open sessions");
        home.run("prune").succeeded();
        home.run("verify", "--read-data").succeeded();
    }

    @Test
    void saysWhatCannotBeMeant() {
        String[][] wrong = {
            {"one of --stdin, --command", "backup", "--name", "x"},
            {"one of --stdin, --command", "backup", "--stdin", "--command", "--name", "x", "--", "true"},
            {"--name", "backup", "--stdin"},
            {"without a program", "backup", "--command", "--name", "x"},
            {"does not stand after --", "backup", "--command", "--name", "x", "seq", "1", "3"},
            {"does not stand after --", "backup", "--command", "--name", "x", "seq", "--tag", "5"},
            {"does not stand after --", "backup", "--command", "--name", "x", "seq", "--", "5"},
            {"--stdin and paths", "backup", "--stdin", "--name", "x", "/etc"},
            {"option for files", "backup", "--stdin", "--name", "x", "--exclude", "y"},
            {"cannot name a stream", "backup", "--stdin", "--name", "a/b"},
            {"cannot name a stream", "backup", "--stdin", "--name", ".."},
            {"cannot name a stream", "backup", "--stdin", "--name", "x".repeat(256)},
            {"nothing says what to save", "backup"},
            {"and nothing else", "restore", "latest", "--target", "-", "--verify"}
        };
        for (String[] each : wrong) {
            String[] arguments = Arrays.copyOfRange(each, 1, each.length);
            assertThat(home.run(arguments).failure(2))
                    .as(String.join(" ", arguments))
                    .contains(each[0]);
        }
    }
}
