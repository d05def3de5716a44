package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** On the real kernel. */
@Tag("root")
@Timeout(120)
class MountTest {
    @TempDir
    private Path directory;

    private TestHome home = new TestHome(Path.of("/nonexistent"));
    private Path data = Path.of("");
    private Path mountPoint = Path.of("");

    @BeforeEach
    void setUp() throws IOException {
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        home.run("init").succeeded();
        data = Files.createDirectory(directory.resolve("data"));
        mountPoint = Files.createDirectory(directory.resolve("mnt"));
    }

    private Path mounted(Path path) {
        return mountPoint.resolve(Path.of("/").relativize(path));
    }

    @Test
    void showsATreeAsItWas() throws IOException {
        Path sub = Files.createDirectories(data.resolve("sub/ünïcode"));
        Files.writeString(data.resolve("empty"), "");
        Files.writeString(sub.resolve("text"), "content\n");
        Files.setPosixFilePermissions(sub.resolve("text"), PosixFilePermissions.fromString("rwxr-x--x"));
        Files.write(data.resolve("large"), new SeededRandom(1).bytes(9_000_000));
        Files.createSymbolicLink(data.resolve("link"), Path.of("sub/ünïcode/text"));
        Files.createLink(data.resolve("hard"), data.resolve("large"));
        Files.setLastModifiedTime(
                data.resolve("empty"), FileTime.from(Instant.parse("1999-12-31T23:59:59.123456789Z")));
        Files.createDirectory(data.resolve("nothing"));
        for (int i = 0; i < 3_000; i++) {
            Files.writeString(sub.resolve("f" + i), "file " + i);
        }
        home.run("backup", data.toString()).succeeded();

        try (Mounted ignored = new Mounted(home, mountPoint, "latest")) {
            try (Stream<Path> saved = Files.walk(data);
                    Stream<Path> shown = Files.walk(mounted(data))) {
                List<Path> originals = saved.sorted().toList();
                assertThat(shown.sorted().toList())
                        .isEqualTo(originals.stream().map(this::mounted).toList());
                for (Path original : originals) {
                    assertSame(original, mounted(original));
                }
            }
            assertThat(Files.readString(mounted(data.resolve("link")))).isEqualTo("content\n");
            assertThat(mounted(data.resolve("no such file"))).doesNotExist();
            assertThatThrownBy(() -> Files.writeString(mounted(data.resolve("new")), "x"))
                    .isInstanceOf(FileSystemException.class)
                    .hasMessageContaining("Read-only");
            assertThatThrownBy(() -> Files.delete(mounted(data.resolve("empty"))))
                    .isInstanceOf(FileSystemException.class);
        }
        assertThat(Mounted.isMounted(mountPoint)).isFalse();
    }

    private static void assertSame(Path original, Path shown) throws IOException {
        for (String attribute : new String[] {"unix:mode", "unix:uid", "unix:gid", "lastModifiedTime"}) {
            assertThat(Files.getAttribute(shown, attribute, LinkOption.NOFOLLOW_LINKS))
                    .as("%s of %s", attribute, original)
                    .isEqualTo(Files.getAttribute(original, attribute, LinkOption.NOFOLLOW_LINKS));
        }
        if (Files.isSymbolicLink(original)) {
            assertThat(Files.readSymbolicLink(shown)).isEqualTo(Files.readSymbolicLink(original));
        } else if (Files.isRegularFile(original)) {
            assertThat(shown).hasSameBinaryContentAs(original);
        }
    }

    @Test
    void listsSnapshotsByIdAndByHostAndTime() throws IOException {
        Files.writeString(data.resolve("f"), "one");
        String first = String.valueOf(home.json("backup", data.toString(), "--host", "alpha")
                .getLast()
                .get("snapshot"));
        Files.writeString(data.resolve("f"), "two, longer");
        home.run("backup", data.toString(), "--host", "alpha").succeeded();
        home.run("backup", data.toString(), "--host", "beta").succeeded();

        try (Mounted mount = new Mounted(home, mountPoint)) {
            assertThat(names(mountPoint)).containsExactlyInAnyOrder("ids", "hosts");
            assertThat(names(mountPoint.resolve("ids"))).hasSize(3).contains(first.substring(0, 8));
            assertThat(names(mountPoint.resolve("hosts"))).containsExactlyInAnyOrder("alpha", "beta");
            Path alpha = mountPoint.resolve("hosts/alpha");
            assertThat(names(alpha)).hasSize(3).contains("latest");
            Path relative = Path.of("/").relativize(data.resolve("f"));
            assertThat(alpha.resolve("latest").resolve(relative)).hasContent("two, longer");
            assertThat(mountPoint.resolve("ids/" + first.substring(0, 8)).resolve(relative))
                    .hasContent("one");

            Files.writeString(data.resolve("f"), "three, still longer");
            home.run("backup", data.toString(), "--host", "gamma").succeeded();
            Mounted.awaitUntil(() -> names(mountPoint.resolve("hosts")).contains("gamma"));
            assertThat(mountPoint.resolve("hosts/gamma/latest").resolve(relative))
                    .hasContent("three, still longer");
            assertThat(mount.unmount().succeeded().out()).contains("Mounted on " + mountPoint);
        }
    }

    private static List<String> names(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** At any place, by several at once, over holes and across chunks; and of a volume, which is one raw image. */
    @Test
    void readsAnyPartOfAFile() throws IOException {
        Path image = data.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(64_000_123);
            for (int i = 0; i < 20; i++) {
                file.seek(i * 3_000_000L + i * 77L);
                file.write(new SeededRandom(i).bytes(i % 2 == 0 ? 2_000_000 : 5_000));
            }
        }
        byte[] expected = Files.readAllBytes(image);
        home.run("backup", data.toString()).succeeded();
        home.run("backup", "--volume", image.toString()).succeeded();
        for (String[] what : new String[][] {{"--path", data.toString()}, {"--path", "image"}}) {
            try (Mounted ignored = new Mounted(home, mountPoint, "latest", what[0], what[1])) {
                Path shown = what[1].equals("image") ? mountPoint.resolve("image") : mounted(image);
                assertThat(Files.size(shown)).isEqualTo(expected.length);
                IntStream.range(0, 4).parallel().forEach(seed -> readParts(shown, expected, new SeededRandom(seed)));
                assertThat(shown).hasSameBinaryContentAs(image);
            }
        }
    }

    private static void readParts(Path shown, byte[] expected, SeededRandom random) {
        try (RandomAccessFile file = new RandomAccessFile(shown.toFile(), "r")) {
            for (int i = 0; i < 200; i++) {
                byte[] part = new byte[1 + random.nextInt(300_000)];
                int at = random.nextInt(expected.length - part.length);
                file.seek(at);
                file.readFully(part);
                assertThat(Arrays.mismatch(part, 0, part.length, expected, at, at + part.length))
                        .isEqualTo(-1);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** tar -S takes a file that has no blocks for one large hole. */
    @Test
    void saysHowMuchRoomFilesTake() throws Exception {
        Files.write(data.resolve("full"), new SeededRandom(3).bytes(1_000_001));
        try (RandomAccessFile file = new RandomAccessFile(data.resolve("sparse").toFile(), "rw")) {
            file.setLength(50_000_000);
            file.seek(30_000_000);
            file.write(new SeededRandom(4).bytes(100_000));
        }
        home.run("backup", data.toString()).succeeded();
        try (Mounted ignored = new Mounted(home, mountPoint, "latest")) {
            assertThat(output("stat", "-c", "%b", mounted(data.resolve("full")).toString()))
                    .isEqualTo("1954");
            assertThat(Integer.parseInt(output(
                            "stat", "-c", "%b", mounted(data.resolve("sparse")).toString())))
                    .isBetween(190, 1_000);
            Path unpacked = Files.createDirectory(directory.resolve("unpacked"));
            output("sh", "-c", "tar -C '" + mounted(data) + "' -cSf - . | tar -C '" + unpacked + "' -xf -");
            for (String name : List.of("full", "sparse")) {
                assertThat(unpacked.resolve(name)).hasSameBinaryContentAs(data.resolve(name));
            }
        }
    }

    private static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    /** Written out, two names can be the same. */
    @Test
    void showsEachOfTwoNamesThatLookAlike() throws Exception {
        output("sh", "-c", "printf one >'" + data + "/'$(printf '\\351'); printf two >'" + data + "/\\xe9'");
        home.run("backup", data.toString()).succeeded();
        try (Mounted ignored = new Mounted(home, mountPoint, "latest")) {
            assertThat(names(mounted(data))).containsExactlyInAnyOrder("\\xe9", "\\xe9~");
            assertThat(List.of(
                            Files.readString(mounted(data).resolve("\\xe9")),
                            Files.readString(mounted(data).resolve("\\xe9~"))))
                    .containsExactlyInAnyOrder("one", "two");
        }
    }

    @Test
    void saysWhatIsDamagedAndShowsTheRest() throws IOException {
        Files.write(data.resolve("f"), new SeededRandom(5).bytes(3_000_000));
        home.run("backup", data.toString()).succeeded();
        try (Stream<Path> packs = Files.walk(home.repository().resolve("packs/data"))) {
            for (Path pack : packs.filter(Files::isRegularFile).toList()) {
                byte[] bytes = Files.readAllBytes(pack);
                bytes[100_000] ^= 1;
                Files.setPosixFilePermissions(pack, PosixFilePermissions.fromString("rw-------"));
                Files.write(pack, bytes);
            }
        }
        Files.writeString(data.resolve("whole"), "whole");
        home.run("backup", data.toString()).succeeded();

        try (Mounted mount = new Mounted(home, mountPoint, "latest")) {
            assertThat(mounted(data.resolve("whole"))).hasContent("whole");
            assertThatThrownBy(() -> Files.readAllBytes(mounted(data.resolve("f"))))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("Input/output error");
            assertThat(Files.size(mounted(data.resolve("f")))).isEqualTo(3_000_000);
            assertThat(mount.unmount().err())
                    .contains(data + "/f")
                    .contains("is in no pack, damaged in all, or built on a chunk that is lost");
        }
    }

    @Test
    void namesOnlyEmptyDirectoriesCanBeMountedOn() throws IOException {
        Files.writeString(data.resolve("f"), "one");
        home.run("backup", data.toString()).succeeded();

        assertThat(home.run("mount", data.toString()).failure(2)).contains("is not empty");
        assertThat(home.run("mount", directory.resolve("none").toString()).failure(2))
                .contains("no directory");
        assertThat(home.run("mount", mountPoint.toString(), "0123").failure(1)).contains("0123");
    }

    /** Ctrl-C unmounts. */
    @Test
    void leavesNothingBehindWhenItIsInterrupted() throws Exception {
        Files.writeString(data.resolve("f"), "one");
        HoldfastProcess holdfast = new HoldfastProcess(home.home());
        assertThat(holdfast.run("backup", data.toString()).code()).isZero();
        HoldfastProcess.Running mount = holdfast.start("mount", mountPoint.toString());
        Mounted.awaitUntil(() -> Mounted.isMounted(mountPoint));
        assertThat(names(mountPoint)).hasSize(2);
        assertThat(new ProcessBuilder(
                                "kill", "-INT", String.valueOf(mount.process().pid()))
                        .start()
                        .waitFor())
                .isZero();

        assertThat(mount.await().code()).isEqualTo(130);
        assertThat(Mounted.isMounted(mountPoint)).isFalse();
    }
}
