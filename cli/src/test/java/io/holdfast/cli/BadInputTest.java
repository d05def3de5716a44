package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What users and disks get wrong: one line says what, where and what to do; the exit code tells scripts; and afterwards the
 * repository is as it was.
 */
final class BadInputTest {
    @TempDir
    private Path directory;

    private TestHome home = new TestHome(Path.of("/nonexistent"));
    private Path data = Path.of("/nonexistent");

    @BeforeEach
    void setUp() throws IOException {
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        data = Files.createDirectory(directory.resolve("data"));
        Files.writeString(data.resolve("file"), "content");
        home.run("backup", data.toString()).succeeded();
    }

    @AfterEach
    void nothingIsLost() throws IOException {
        home.unset("HOLDFAST_PASSWORD");
        if (Files.exists(hiddenKeys())) {
            Files.move(hiddenKeys(), keys());
        }
        assertThat(home.json("snapshots")).hasSize(1);
        assertThat(home.run("verify", "--read-data").succeeded().out()).contains("No damage found");
        Path target = directory.resolve("restored");
        home.run("restore", "latest", "--target", target.toString()).succeeded();
        assertThat(target.resolve(data.toString().substring(1)).resolve("file")).hasContent("content");
        assertThat(home.json("session", "list")).isEmpty();
    }

    private Path keys() {
        return home.home().resolve(".config/holdfast/keys");
    }

    private Path hiddenKeys() {
        return home.home().resolve("hidden keys");
    }

    private String failure(int code, String... arguments) {
        TestHome.Run run = home.run(arguments);
        String line = run.failure(code);
        assertThat(run.out()).isEmpty();
        assertThat(line)
                .startsWith("holdfast: ")
                .doesNotContain("Exception", "java.", "null")
                .endsWith(".");
        return line;
    }

    @Test
    void aWrongPassword() {
        home.set("HOLDFAST_PASSWORD", "wrong");
        assertThat(failure(12, "snapshots"))
                .contains(home.repository().toString(), "wrong password", "HOLDFAST_PASSWORD");
        assertThat(failure(12, "backup", data.toString())).contains("wrong password");

        home.set("HOLDFAST_NEW_PASSWORD", "right");
        home.unset("HOLDFAST_PASSWORD");
        home.run("key", "add").succeeded();
        home.set("HOLDFAST_PASSWORD", "right ");
        assertThat(failure(12, "snapshots")).contains("none of the 2 key slots");
    }

    @Test
    void noPasswordAtAll() throws IOException {
        Files.move(keys(), hiddenKeys());
        assertThat(failure(12, "snapshots")).contains("no password or key file was given", "--key-file");
    }

    @Test
    void filesThatHoldNoPasswordOrKey() throws IOException {
        Path empty = Files.createFile(directory.resolve("empty"));
        Path binary = Files.write(directory.resolve("binary"), new byte[] {(byte) 0xFF, (byte) 0xFE, 0});

        assertThat(failure(12, "snapshots", "--password-file", empty.toString()))
                .contains(empty.toString(), "is empty");
        assertThat(failure(12, "snapshots", "--password-file", directory + "/none"))
                .contains(directory + "/none", "no such file", "--password-file");
        assertThat(failure(12, "snapshots", "--password-file", binary.toString()))
                .contains("not UTF-8");
        assertThat(failure(12, "snapshots", "--password-file", directory.toString()))
                .contains("Is a directory");
        assertThat(failure(12, "snapshots", "--key-file", directory + "/none"))
                .contains("there is no key file", "--key-file");
        assertThat(failure(12, "snapshots", "--key-file", empty.toString())).contains("is not a Holdfast key");
        assertThat(failure(12, "snapshots", "--key-file", binary.toString())).contains(binary.toString());
        assertThat(failure(12, "snapshots", "--key-file", "/dev/zero")).contains("is not a Holdfast key");
        assertThat(failure(12, "snapshots", "--password-file", "/dev/zero")).contains("wrong password");
    }

    @Test
    void aKeyWithATypingError() throws IOException {
        Path key = directory.resolve("key");
        home.run("key", "add", "--new-key-file", key.toString()).succeeded();
        home.run("snapshots", "--key-file", key.toString()).succeeded();
        String text = Files.readString(key);
        Files.writeString(key, text.substring(0, 20) + (text.charAt(20) == 'a' ? 'b' : 'a') + text.substring(21));

        assertThat(failure(12, "snapshots", "--key-file", key.toString())).contains("typing error", "recovery sheet");
    }

    @Test
    void emptyArguments() {
        assertThat(failure(2, "backup", "")).contains("empty path");
        assertThat(failure(2, "backup")).contains("PATH", "--help");
        assertThat(failure(2, "backup", data.toString(), "--exclude", "")).contains("empty pattern");
        assertThat(failure(2, "backup", data.toString(), "--exclude-file", ""))
                .contains("--exclude-file", "empty path");
        assertThat(failure(2, "restore", "latest", "--target", "")).contains("--target", "empty path");
        assertThat(failure(2, "snapshots", "--repo", "")).contains("repository URL is empty");
        assertThat(failure(2, "snapshots", "--cache-dir", "")).contains("--cache-dir", "empty path");
        assertThat(failure(2, "snapshots", "--password-file=")).contains("--password-file", "empty path");
        assertThat(failure(2, "snapshots", "--path", "")).contains("--path", "empty path");
        assertThat(failure(1, "ls", "")).contains("no snapshot ''");
        assertThat(failure(2, "find", "")).contains("empty pattern");
        assertThat(failure(2, "cat", "latest", "")).contains("empty path");
        assertThat(failure(2, "restore", "latest", "", "--target", directory + "/t"))
                .contains("empty path");
    }

    @Test
    void pathsThatAreNotThere() {
        assertThat(failure(2, "backup", data.toString(), directory + "/none"))
                .contains(directory + "/none", "does not exist", "nothing was saved");
        assertThat(failure(2, "backup", data.toString(), "--exclude-file", directory + "/none"))
                .contains("the exclude file " + directory + "/none", "no such file");
        assertThat(failure(1, "ls", "latest", "/none")).contains("'/none' is not in snapshot", "holdfast ls");
        assertThat(failure(1, "cat", "latest", "/none")).contains("'/none'");
        assertThat(failure(2, "cat", "latest", data.toString())).contains("is no file");
        assertThat(failure(1, "restore", "latest", "/none", "--target", directory + "/t"))
                .contains("'/none'");
        assertThat(failure(1, "backup", data.toString(), "--parent", "abcd")).contains("no snapshot 'abcd'");
        assertThat(failure(1, "restore", "latest", "--host", "nobody", "--target", directory + "/t"))
                .contains("no snapshot", "holdfast snapshots");
    }

    @Test
    void aPatternThatFitsNothingIsSaid() {
        assertThat(home.run("restore", "latest", "--target", directory + "/t", "--include", "zzz")
                        .succeeded()
                        .err())
                .contains("--include zzz", "fits no file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "*.[ch", "[z-a]", "!"})
    void badPatterns(String pattern) {
        assertThat(failure(2, "backup", data.toString(), "--exclude", pattern)).contains("pattern");
        assertThat(failure(2, "find", pattern)).contains("pattern").doesNotContain("exclude");
        assertThat(failure(2, "restore", "latest", "--target", directory + "/t", "--include", pattern))
                .contains("pattern");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "frobnicate | 'frobnicate' | holdfast --help",
                "snapshots --frobnicate | '--frobnicate' | holdfast snapshots --help",
                "snapshots surplus | 'surplus' | holdfast snapshots --help",
                "restore latest | --target | holdfast restore --help",
                "restore latest --target | --target | holdfast restore --help",
                "key frobnicate | 'frobnicate' | holdfast key --help",
                "restore latest --target x --overwrite perhaps | perhaps | never, if-changed or always",
                "verify --read-data=200% | 200% | 5%",
                "verify --read-data=much | much | 5%",
                "prune --max-repack lots | 'lots' | 500M",
                "prune --fence-after 0 | 0 | minute",
                "snapshots --limit-upload 0 | --limit-upload | no limit",
                "snapshots --limit-download fast | 'fast' | 500M",
                "snapshots --threads 0 | --threads 0 | 1 or more",
                "completion tcsh | 'tcsh' | bash, zsh or fish",
                "help frobnicate | 'frobnicate' | holdfast help",
                "snapshots --repo sftp://host | 'sftp' | file:",
                "snapshots --repo s3://bucket/x?endpoint=ftp://h | ftp | s3://BUCKET"
            })
    void whatCannotBeMeant(String command, String what, String hint) {
        assertThat(failure(2, command.split(" "))).contains(what, hint);
    }

    @Test
    void noCommand() {
        assertThat(failure(2)).contains("no command", "holdfast --help");
    }

    @Test
    void placesThatAreNoRepository() throws IOException {
        Path file = data.resolve("file");
        Path foreign = Files.createDirectories(directory.resolve("foreign/config"));
        Files.writeString(foreign.resolve("settings"), "of another program");
        String other = directory + "/foreign";
        for (String place : List.of(directory + "/none", file.toString(), file + "/below", data.toString(), other)) {
            assertThat(failure(10, "snapshots", "--repo", place)).contains(place, "holdfast init");
            assertThat(failure(10, "backup", data.toString(), "--repo", place)).contains(place);
        }
        assertThat(failure(4, "init", "--repo", data.toString())).contains("is not empty", "'file'");
        assertThat(failure(4, "init", "--repo", other)).contains("is not empty", "'config'");
        assertThat(failure(4, "init", "--repo", file.toString())).contains(file.toString());
        assertThat(failure(4, "init")).contains("already", "nothing was changed");
        assertThat(file).hasContent("content");
        assertThat(foreign.resolve("settings")).hasContent("of another program");
    }

    @Test
    void aTargetThatIsAFile() {
        String file = data.resolve("file").toString();
        assertThat(failure(1, "restore", "latest", "--target", file)).contains("the target " + file, "directory");
        assertThat(failure(1, "restore", "latest", "--target", file + "/below")).contains("the target " + file);
    }

    @Test
    void aCacheThatCannotBeMadeCostsMemoryAndAWarning() {
        String file = data.resolve("file").toString();
        for (String[] command : new String[][] {
            {"ls", "latest", "--cache-dir", file},
            {"backup", data.toString(), "--cache-dir", file},
            {"prune", "--cache-dir", file}
        }) {
            TestHome.Run run = home.run(command).succeeded();
            assertThat(run.err().lines().filter(line -> line.contains("cache directory cannot be used")))
                    .as(command[0])
                    .hasSize(1)
                    .allMatch(line -> line.contains(file) && line.contains("--cache-dir"));
        }
        assertThat(data.resolve("file")).hasContent("content");
        home.run("forget", "--keep-last", "1").succeeded();
    }

    @Test
    void aFormatThatIsNewer() throws Exception {
        Path config = onlyFileIn(home.repository().resolve("config"));
        byte[] original = Files.readAllBytes(config);
        byte[] newer = original.clone();
        newer[5] = 2;
        write(config, withChecksum(newer));
        assertThat(failure(1, "snapshots")).contains("format version 2", "knows 1", "newer Holdfast");
        assertThat(failure(1, "backup", data.toString())).contains("format version 2");
        assertThat(failure(4, "init")).contains("already");

        // Behind the envelope: a map of nine, key 0 and the id, key 1 and a map of required features, the first of them
        // delta since 0.1.
        int features = 48 + 1 + 1 + 1 + 16 + 1;
        assertThat(original[features]).isEqualTo((byte) 0xA2);
        int end = features + 1 + 1 + 5 + 1 + 3;
        byte[] another = {0x65, 'l', 'a', 't', 'e', 'r', 0x63, '9', '.', '8'};
        byte[] needing = new byte[original.length + another.length];
        System.arraycopy(original, 0, needing, 0, end);
        needing[features] = (byte) 0xA3;
        System.arraycopy(another, 0, needing, end, another.length);
        System.arraycopy(original, end, needing, end + another.length, original.length - end);
        write(config, withChecksum(needing));
        assertThat(failure(1, "snapshots")).contains("'later'", "Holdfast 9.8 or newer");
        assertThat(failure(1, "restore", "latest", "--target", directory + "/t"))
                .contains("'later'");

        write(config, original);
    }

    @Test
    void aConfigurationOrKeySlotThatIsDamaged() throws IOException {
        for (String place : List.of("config", "keys")) {
            Path object = onlyFileIn(home.repository().resolve(place));
            byte[] original = Files.readAllBytes(object);
            byte[] damaged = original.clone();
            damaged[60] ^= 0x10;
            write(object, damaged);
            assertThat(failure(13, "snapshots")).contains(place + "/" + object.getFileName(), "checksum");
            write(object, Arrays.copyOf(original, 20));
            assertThat(failure(13, "backup", data.toString())).contains(place + "/" + object.getFileName());
            write(object, new byte[0]);
            assertThat(failure(13, "snapshots")).contains(place + "/" + object.getFileName());
            write(object, original);
        }
    }

    private static Path onlyFileIn(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            List<Path> all = files.toList();
            assertThat(all).hasSize(1);
            return all.getFirst();
        }
    }

    private static void write(Path object, byte[] bytes) throws IOException {
        Files.setPosixFilePermissions(object, PosixFilePermissions.fromString("rw-------"));
        Files.write(object, bytes);
    }

    /** Puts the SHA-256 of what is before the last 32 bytes into them. */
    private static byte[] withChecksum(byte[] object) throws NoSuchAlgorithmException {
        int end = object.length - 32;
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update(object, 0, end);
        System.arraycopy(digest.digest(), 0, object, end, 32);
        return object;
    }

    @ParameterizedTest
    @ValueSource(strings = {"--tag=", "--host=", "--tag= ", "--tag=two\nlines", "--host=\u001b[31m"})
    void refusesTagsAndHostsThatNobodyCanRead(String option) {
        assertThat(failure(2, "backup", data.toString(), option)).contains("--");
    }

    @Test
    void refusesAPatternThatEndsInABackslash() {
        assertThat(failure(2, "backup", data.toString(), "--exclude", "a\\")).contains("backslash");
    }

    @ParameterizedTest
    @ValueSource(strings = {"s3:bucket/prefix", "s3://bucket/pre fix", "sftp:host:/x", "file://host/x"})
    void makesNoDirectoriesOutOfUrlsItDoesNotKnow(String url) {
        assertThat(failure(2, "--repo", url, "init")).containsAnyOf("Use", "Write");
        assertThat(Path.of(url.replaceAll("/.*", ""))).doesNotExist();
    }

    @Test
    void saysThatThereIsNoSuchCommand() {
        assertThat(failure(2, "snapshot")).contains("there is no command 'snapshot'");
        assertThat(failure(2, "frob", "x")).contains("there is no command 'frob'");
    }

    @Test
    void restoresNothingIntoTheRepository() {
        Path inside = home.repository().resolve("packs/data");
        assertThat(failure(2, "restore", "latest", "--target", inside.toString()))
                .contains("lies in the repository");
    }
}
