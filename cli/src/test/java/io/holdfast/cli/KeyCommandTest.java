package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.zxing.BinaryBitmap;
import com.google.zxing.ChecksumException;
import com.google.zxing.FormatException;
import com.google.zxing.NotFoundException;
import com.google.zxing.RGBLuminanceSource;
import com.google.zxing.common.GlobalHistogramBinarizer;
import com.google.zxing.qrcode.QRCodeReader;
import io.holdfast.repository.crypto.KeyFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KeyCommandTest {
    @TempDir
    private Path directory;

    private TestHome home;

    @BeforeEach
    void setUp() {
        home = new TestHome(directory);
    }

    private void init() {
        home.run("init").succeeded();
    }

    private List<Map<String, Object>> slots(String... options) {
        String[] arguments = new String[options.length + 2];
        arguments[0] = "key";
        arguments[1] = "list";
        System.arraycopy(options, 0, arguments, 2, options.length);
        return home.json(arguments);
    }

    @Test
    void addsAPassphraseThatOpens() throws IOException {
        init();
        Path file = Files.writeString(directory.resolve("new"), "correct horse\nsecond line\n");

        home.run("key", "add", "--new-password-file", file.toString(), "--label", "on paper")
                .succeeded();

        assertThat(slots().stream().map(s -> s.get("kind"))).containsExactlyInAnyOrder("key_file", "passphrase");
        home.set("HOLDFAST_PASSWORD", "correct horse");
        Map<String, Object> inUse = slots().stream()
                .filter(s -> Boolean.TRUE.equals(s.get("in_use")))
                .findFirst()
                .orElseThrow();
        assertThat(inUse).containsEntry("label", "on paper").containsEntry("kind", "passphrase");
    }

    @Test
    void initMakesTheKeyFileThatItIsToUse() throws IOException {
        Path file = directory.resolve("keys/first.key");
        assertThat(home.run("init", "--key-file", file.toString()).succeeded().out())
                .contains("Its key is in " + file);
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));

        assertThat(home.run("snapshots").failure(12)).contains("--key-file");
        home.run("snapshots", "--key-file", file.toString()).succeeded();
        home.set("HOLDFAST_KEY_FILE", file.toString());
        home.run("snapshots").succeeded();
    }

    @Test
    void makesAKeyFileForItsOwnerAlone() throws IOException {
        home.set("HOLDFAST_PASSWORD", "secret");
        init();
        Path file = directory.resolve("keys/new.key");

        home.run("key", "add", "--new-key-file", file.toString()).succeeded();

        home.unset("HOLDFAST_PASSWORD");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(slots("--key-file", file.toString())).hasSize(2);
        // The same file again is the same key, not another one.
        home.run("key", "add", "--new-key-file", file.toString(), "--key-file", file.toString())
                .succeeded();
        assertThat(slots("--key-file", file.toString())).hasSize(3);
    }

    @Test
    void removesASlotButNotTheOneInUse() {
        init();
        home.set("HOLDFAST_NEW_PASSWORD", "other");
        String added = String.valueOf(home.json("key", "add").getFirst().get("id"));
        String first = slots().stream()
                .map(s -> String.valueOf(s.get("id")))
                .filter(id -> !id.equals(added))
                .findFirst()
                .orElseThrow();

        assertThat(home.run("key", "remove", first).failure(4)).contains("opened the repository", "another key");
        assertThat(home.run("key", "remove", "zz").failure(1)).contains("no key slot 'zz'", "key list");
        home.run("key", "remove", added.substring(0, 12)).succeeded();
        assertThat(home.run("key", "remove", first).failure(4)).contains("It is the only one", "key add");

        assertThat(slots()).hasSize(1);
        home.set("HOLDFAST_PASSWORD", "other");
        assertThat(home.run("snapshots").failure(12)).contains("wrong password");
    }

    @Test
    void theRecoverySheetOpensTheRepository() throws IOException {
        init();

        String sheet = home.run("key", "recovery-sheet").succeeded().out();

        assertThat(slots()).hasSize(1);
        assertOpens(sheet);
    }

    @Test
    void aKeyIsMadeForTheSheetWhereThereIsAPassphrase() throws IOException {
        home.set("HOLDFAST_PASSWORD", "secret");
        init();

        String sheet = home.run("key", "recovery-sheet").succeeded().out();

        assertThat(sheet).contains("It was made for this sheet");
        assertThat(slots().stream().map(s -> String.valueOf(s.get("label"))))
                .hasSize(2)
                .anyMatch(label -> label.startsWith("recovery sheet 2"));
        home.unset("HOLDFAST_PASSWORD");
        assertOpens(sheet);
    }

    @Test
    void aDrillProvesThatTheSheetOpensTheRepository() throws IOException {
        home.set("HOLDFAST_PASSWORD", "secret");
        init();
        Path data = Files.createDirectory(directory.resolve("data"));
        Files.writeString(data.resolve("file"), "content");
        String key =
                String.valueOf(home.json("key", "recovery-sheet").getFirst().get("key"));
        home.setInput(key.getBytes(StandardCharsets.UTF_8));
        assertThat(home.run("key", "drill").failure(1)).contains("there is no snapshot");
        home.run("backup", data.toString()).succeeded();

        assertThat(home.run("key", "drill").succeeded().out())
                .contains("The key opens the repository")
                .contains("1 snapshot")
                .contains("1 file");
        assertThat(home.json("key", "drill").getFirst())
                .containsEntry("files", 1L)
                .containsEntry("bytes", 7L);

        // Not the password that is set: the key alone counts.
        home.setInput(KeyFile.generate(new SecureRandom()).toText().getBytes(StandardCharsets.UTF_8));
        assertThat(home.run("key", "drill").failure(12)).contains("wrong password or key file");
        home.setInput("holdfast-key-1-aaaa".getBytes(StandardCharsets.UTF_8));
        assertThat(home.run("key", "drill").failure(12))
                .contains("standard input")
                .contains("cut off");
        Path typed = Files.writeString(directory.resolve("typed"), key.toUpperCase(Locale.ROOT));
        home.run("key", "drill", typed.toString()).succeeded();
        Path sheet = Files.writeString(
                directory.resolve("sheet"),
                home.run("key", "recovery-sheet").succeeded().out());
        home.run("key", "drill", sheet.toString()).succeeded();
        home.run("--key-file", sheet.toString(), "snapshots").succeeded();
        assertThat(home.run("key", "drill", "/nonexistent").failure(2)).contains("cannot be read");
    }

    @Test
    void theCodeOnTheSheetIsTheKey() throws Exception {
        init();
        String sheet = home.run("key", "recovery-sheet").succeeded().out();
        String key = sheet.lines()
                .filter(line -> line.startsWith("holdfast-key-1-"))
                .findFirst()
                .orElseThrow();

        assertThat(scanned(sheet)).isEqualTo(key.toUpperCase(Locale.ROOT));
    }

    /** As a scanner sees the code on paper. */
    private static String scanned(String sheet) throws NotFoundException, ChecksumException, FormatException {
        List<String> lines = sheet.lines()
                .filter(line -> line.chars().anyMatch(c -> c >= 0x2580 && c <= 0x2588))
                .toList();
        int width = lines.stream().mapToInt(String::length).max().orElseThrow() + 4;
        int scale = 4;
        int margin = 4;
        int columns = (width + 2 * margin) * scale;
        int rows = (2 * lines.size() + 2 * margin) * scale;
        int[] pixels = new int[columns * rows];
        Arrays.fill(pixels, 0xFFFFFF);
        for (int y = 0; y < 2 * lines.size(); y++) {
            String line = lines.get(y / 2);
            for (int x = 0; x < line.length(); x++) {
                char c = line.charAt(x);
                boolean dark = c == '\u2588' || c == (y % 2 == 0 ? '\u2580' : '\u2584');
                for (int i = 0; dark && i < scale * scale; i++) {
                    int row = (y + margin) * scale + i / scale;
                    pixels[row * columns + (x + margin) * scale + i % scale] = 0;
                }
            }
        }
        return new QRCodeReader()
                .decode(new BinaryBitmap(new GlobalHistogramBinarizer(new RGBLuminanceSource(columns, rows, pixels))))
                .getText();
    }

    private void assertOpens(String sheet) throws IOException {
        String key = sheet.lines()
                .filter(line -> line.startsWith("holdfast-key-1-"))
                .findFirst()
                .orElseThrow();
        // As a person types it, and in a home that has no key.
        Path typed = Files.writeString(
                directory.resolve("recovery.key"), key.replace("-", " ").toUpperCase(Locale.ROOT));
        TestHome other = new TestHome(Files.createDirectory(directory.resolve("other")));
        String command = sheet.lines()
                .map(String::strip)
                .filter(line -> line.startsWith("holdfast --repo") && line.endsWith(" snapshots"))
                .findFirst()
                .orElseThrow();
        String[] words = command.replace("recovery.key", typed.toString()).split(" ");
        other.run(Arrays.copyOfRange(words, 1, words.length)).succeeded();
    }

    @Test
    void aDamagedSlotIsNamedAndCanBeRemoved() throws IOException {
        init();
        home.set("HOLDFAST_NEW_PASSWORD", "other");
        String added = String.valueOf(home.json("key", "add").getFirst().get("id"));
        Path slot = home.repository().resolve("keys").resolve(added);
        byte[] bytes = Files.readAllBytes(slot);
        bytes[70] ^= 1;
        Files.setPosixFilePermissions(slot, PosixFilePermissions.fromString("rw-------"));
        Files.write(slot, bytes);

        assertThat(home.run("key", "list").failure(13)).contains("keys/" + added, "key remove");
        home.run("key", "remove", added).succeeded();
        home.run("key", "list").succeeded();
    }

    @Test
    void saysWhatToAdd() throws IOException {
        init();
        Path empty = Files.createFile(directory.resolve("empty"));
        assertThat(home.run("key", "add").failure(2)).contains("HOLDFAST_NEW_PASSWORD");
        assertThat(home.run("key", "add", "--new-password-file", "x", "--new-key-file", "y")
                        .failure(2))
                .contains("together");
        assertThat(home.run("key", "add", "--new-password-file", empty.toString())
                        .failure(12))
                .contains(empty.toString(), "is empty");
        assertThat(home.run("key", "add", "--new-key-file", empty.toString()).failure(12))
                .contains(empty.toString(), "not a Holdfast key");
        assertThat(home.run("key").failure(2)).contains("recovery-sheet");
        assertThat(slots()).hasSize(1);
    }
}
