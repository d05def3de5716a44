package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code key recipient} on the machine of the owner, {@code backup --recipient} on another one. */
final class RecipientCommandsTest {
    @TempDir
    private Path directory;

    private TestHome owner;
    private TestHome host;
    private Path data;
    private String recipient = "";

    @BeforeEach
    void setUp() throws IOException {
        owner = new TestHome(Files.createDirectory(directory.resolve("owner")));
        host = new TestHome(Files.createDirectory(directory.resolve("host")));
        host.set("HOLDFAST_REPO", owner.repository().toString());
        data = Files.createDirectory(directory.resolve("data"));
        Files.write(data.resolve("file"), new SeededRandom(5).bytes(400_000));
        owner.run("init").succeeded();
        recipient = owner.run("key", "recipient").succeeded().out().strip();
    }

    private Map<String, Object> add(String... options) {
        String[] all = new String[options.length + 4];
        all[0] = "backup";
        all[1] = data.toString();
        all[2] = "--recipient";
        all[3] = recipient;
        System.arraycopy(options, 0, all, 4, options.length);
        return host.json(all).getLast();
    }

    @Test
    void oneAddsAndTheOtherReads() throws IOException {
        Map<String, Object> first = add();
        assertThat((Long) first.get("added_bytes")).isGreaterThan(400_000);
        // The directories above have changed, perhaps.
        assertThat((Long) add().get("added_bytes")).isLessThan(10_000);

        for (String command : List.of("snapshots", "verify", "prune", "stats")) {
            assertThat(host.run(command).failure(12)).contains("password or key file");
        }
        assertThat(owner.json("snapshots")).hasSize(2);
        assertThat(owner.run("find", "file").succeeded().out()).contains("2 matches");
        Path target = directory.resolve("target");
        owner.run("restore", String.valueOf(first.get("snapshot")), "--target", target.toString(), "--verify")
                .succeeded();
        assertThat(target.resolve(data.toString().substring(1)).resolve("file"))
                .hasSameBinaryContentAs(data.resolve("file"));
        owner.run("verify", "--read-data").succeeded();
        owner.run("verify", "--no-key").succeeded();
        owner.run("forget", String.valueOf(first.get("snapshot"))).succeeded();
        owner.run("prune").succeeded();
        owner.run("verify", "--read-data").succeeded();
        assertThat((Long) add().get("added_bytes")).isLessThan(10_000);
    }

    @Test
    void takesTheRecipientFromAFileAndStreamsToo() throws IOException {
        Path file = directory.resolve("recipient.txt");
        Files.writeString(file, recipient + "\n");
        host.setInput("a dump".getBytes(StandardCharsets.UTF_8));
        host.run("backup", "--stdin", "--name", "dump.sql", "--recipient", file.toString())
                .succeeded();
        assertThat(owner.run("restore", "latest", "--target", "-").succeeded().out())
                .isEqualTo("a dump");
    }

    /** Its key tells what was sent, and nothing else; it is for its owner alone. */
    @Test
    void keepsItsOwnKeyAndNoOther() throws IOException {
        String text = host.run("backup", data.toString(), "--recipient", recipient)
                .succeeded()
                .out();
        assertThat(text).contains("Only who opens the repository can read it").doesNotContain("To restore it");
        try (var files = Files.walk(directory.resolve("host/.config"))) {
            assertThat(files.filter(Files::isRegularFile)).singleElement().satisfies(file -> {
                assertThat(Files.readString(file)).startsWith("holdfast-host-1-");
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------");
            });
        }
    }

    /** A key that changes from one backup to the next would send everything each time. */
    @Test
    void aKeyThatCannotBeKeptIsToldByItsOwnName() {
        host.set("XDG_CONFIG_HOME", "/proc/none");
        assertThat(host.run("backup", data.toString(), "--recipient", recipient).failure(1))
                .contains("the key of this host, ", ".host, cannot be written: ", "XDG_CONFIG_HOME");
    }

    @Test
    void wrongRecipientsAreToldApart() {
        assertThat(host.run("backup", data.toString(), "--recipient", "age1xyz").failure(2))
                .contains("neither a recipient nor a file");
        assertThat(host.run("backup", data.toString(), "--recipient", recipient.substring(0, recipient.length() - 2))
                        .failure(12))
                .contains("recipient");
        TestHome other = new TestHome(directory.resolve("other"));
        other.run("init").succeeded();
        String wrong = other.run("key", "recipient").succeeded().out().strip();
        assertThat(host.run("backup", data.toString(), "--recipient", wrong).failure(12))
                .contains("belongs to repository");
        assertThat(host.run("backup", data.toString(), "--recipient", recipient, "--parent", "latest")
                        .failure(2))
                .contains("--parent beside --recipient");
        assertThat(owner.json("snapshots")).isEmpty();
    }
}
