package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyRotationTest {
    @TempDir
    private Path directory;

    private TestHome home = new TestHome(Path.of("/nonexistent"));
    private Path data = Path.of("");

    @BeforeEach
    void setUp() throws IOException {
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        home.run("init").succeeded();
        data = Files.createDirectory(directory.resolve("data"));
        Files.write(data.resolve("old"), new SeededRandom(1).bytes(200_000));
        home.run("backup", data.toString()).succeeded();
    }

    private Path slots() {
        return home.repository().resolve("keys");
    }

    private List<Path> slotFiles() throws IOException {
        try (Stream<Path> files = Files.list(slots())) {
            return files.toList();
        }
    }

    private Path passphrase(String text) throws IOException {
        return Files.writeString(directory.resolve(text), text + "\n");
    }

    private void assertAllWhole() {
        assertThat(home.run("verify", "--read-data").succeeded().out()).contains("No damage found");
        Path target = directory.resolve("restored" + System.identityHashCode(new Object()));
        home.run("restore", "latest", "--target", target.toString()).succeeded();
        Path old = target.resolve(Path.of("/").relativize(data.resolve("old")));
        assertThat(old).hasSameBinaryContentAs(data.resolve("old"));
    }

    @Test
    void whatIsNewIsClosedToWhoeverHasOnlyTheOldSlot() throws IOException {
        Path slot = slotFiles().getFirst();
        byte[] leaked = Files.readAllBytes(slot);

        Map<String, Object> rotated = home.json("key", "rotate").getLast();

        assertThat(rotated).containsEntry("epoch", 2L).containsEntry("kept", 1L).containsEntry("dropped", 0L);
        assertThat(slotFiles()).hasSize(1).doesNotContain(slot);
        Files.write(data.resolve("new"), new SeededRandom(2).bytes(100_000));
        home.run("backup", data.toString()).succeeded();
        assertAllWhole();

        // Whoever copied the slot has the key file as well; the new one is hidden from him.
        Files.delete(slotFiles().getFirst());
        Files.write(slot, leaked);
        assertThat(home.run("verify").failure(12)).contains("was written under key epoch 2");
        assertThat(home.run("repair").failure(12)).contains("was written under key epoch 2");
        assertThat(home.run("key", "add", "--new-password-file", passphrase("p").toString())
                        .failure(4))
                .contains("has begun key epoch 2");
        assertThat(slotFiles()).hasSize(1);
    }

    @Test
    void canBeDoneAgainAndAgain() throws IOException {
        for (int epoch = 2; epoch < 6; epoch++) {
            assertThat(home.json("key", "rotate").getLast()).containsEntry("epoch", (long) epoch);
            Files.write(data.resolve("f" + epoch), new SeededRandom(epoch).bytes(50_000));
            home.run("backup", data.toString()).succeeded();
        }
        assertAllWhole();
        home.run("forget", "--keep-last", "1").succeeded();
        home.run("prune").succeeded();
        assertAllWhole();
    }

    @Test
    void slotsThatNothingOpensStayOrGoAsTheUserSays() throws IOException {
        Path first = passphrase("first");
        Path second = passphrase("second");
        home.run("key", "add", "--new-password-file", first.toString()).succeeded();
        home.run("key", "add", "--new-password-file", second.toString()).succeeded();
        List<Path> before = slotFiles();

        assertThat(home.run("key", "rotate").failure(4)).contains("2 of 3 key slots", "--keep-password-file");
        assertThat(home.run("key", "rotate", "--keep-password-file", first.toString())
                        .failure(4))
                .contains("1 of 3 key slots");
        Path typo = passphrase("typo");
        assertThat(home.run("key", "rotate", "--keep-password-file", typo.toString(), "--drop-others")
                        .failure(12))
                .contains(typo.toString(), "opens no key slot");
        assertThat(slotFiles()).containsExactlyInAnyOrderElementsOf(before);
        assertThat(home.repository().resolve("config")).isDirectoryNotContaining("glob:**00000002");

        assertThat(home.json("key", "rotate", "--keep-password-file", first.toString(), "--drop-others")
                        .getLast())
                .containsEntry("kept", 2L)
                .containsEntry("dropped", 1L);
        home.run("--password-file", first.toString(), "backup", data.toString()).succeeded();
        assertThat(home.run("--password-file", second.toString(), "snapshots").failure(12))
                .contains("wrong password");
        assertAllWhole();
    }

    /** What was opened before goes on with what it has. */
    @Test
    void aBackupThatRunsMeanwhileIsWholeAfterwards() throws IOException {
        try (TestHome.Opened opened = home.open();
                var session = opened.repository().beginSession("backup")) {
            home.run("key", "rotate").succeeded();
            session.flush();
        }
        assertAllWhole();
    }
}
