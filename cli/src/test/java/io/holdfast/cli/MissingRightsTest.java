package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files, targets and repositories that this user may not use, and disks that are full. The program runs as a user without
 * root's right to ignore permissions; what belongs to {@link #STRANGER} is closed to it.
 */
@Tag("root")
final class MissingRightsTest {
    private static final int STRANGER = 54_321;

    @TempDir
    private Path directory;

    private HoldfastProcess user = new HoldfastProcess(Path.of("/nonexistent"));
    private Path data = Path.of("/nonexistent");

    @BeforeEach
    void setUp() throws IOException {
        user = new HoldfastProcess(
                Files.createDirectory(directory.resolve("home")),
                List.of("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"));
        data = Files.createDirectory(directory.resolve("data"));
        Files.writeString(data.resolve("file"), "content");
    }

    private static Path closed(Path path) throws IOException {
        boolean isDirectory = Files.isDirectory(path);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(isDirectory ? "rwx------" : "rw-------"));
        Files.setAttribute(path, "unix:uid", STRANGER);
        return path;
    }

    private HoldfastProcess.Ended quiet(int code, String... arguments) {
        HoldfastProcess.Ended ended = user.run(arguments);
        assertThat(ended.code()).as(ended.output()).isEqualTo(code);
        assertThat(ended.output()).doesNotContain("Exception", "\tat ");
        return ended;
    }

    private String line(int code, String... arguments) {
        String output = quiet(code, arguments).output();
        assertThat(output.lines()).as(output).hasSize(1);
        return output.strip();
    }

    private void backUpAsWhoMayAll(String repository) {
        HoldfastProcess mayAll = new HoldfastProcess(directory.resolve("home"));
        assertThat(mayAll.run("init", "--repo", repository).code()).isZero();
        assertThat(mayAll.run("backup", data.toString(), "--repo", repository).code())
                .isZero();
    }

    private void restores(String repository) {
        Path target = directory.resolve("restored");
        quiet(0, "restore", "latest", "--target", target.toString(), "--quiet", "--repo", repository);
        assertThat(target.resolve(data.toString().substring(1)).resolve("file")).hasContent("content");
    }

    @Test
    void whatCannotBeReadIsListedAndTheRestIsSaved() throws IOException {
        Path folder = Files.createDirectory(data.resolve("folder"));
        Files.writeString(folder.resolve("in it"), "secret");
        closed(folder);
        Path secret = closed(Files.writeString(data.resolve("secret"), "secret"));
        String repository = directory.resolve("repository").toString();
        quiet(0, "init", "--repo", repository);

        String output = quiet(3, "backup", data.toString(), "--quiet", "--repo", repository)
                .output();

        assertThat(output.lines())
                .hasSize(2)
                .allMatch(l -> l.startsWith("warning: ") && l.contains("permission denied"));
        assertThat(output).contains(folder.toString(), secret.toString());
        assertThat(quiet(0, "snapshots", "--repo", repository).output()).contains("(incomplete)");
        restores(repository);
    }

    @Test
    void aPathThatCannotBeReached() throws IOException {
        Path folder = Files.createDirectory(data.resolve("folder"));
        Path below = Files.createDirectory(folder.resolve("below"));
        closed(folder);
        assertThat(line(2, "backup", below.toString(), "--repo", directory + "/none"))
                .contains(below.toString());
        assertThat(directory.resolve("none")).doesNotExist();
    }

    @Test
    void aTargetThatMayNotBeWritten() throws IOException {
        String repository = directory.resolve("repository").toString();
        quiet(0, "init", "--repo", repository);
        quiet(0, "backup", data.toString(), "--repo", repository);
        Path closed = Files.createDirectory(directory.resolve("closed"));
        closed(closed);

        assertThat(line(1, "restore", "latest", "--target", closed + "/below", "--repo", repository))
                .contains(
                        "the target " + closed + "/below", "permission denied", "Choose a directory you may write to");
        assertThat(line(1, "restore", "latest", "--target", closed.toString(), "--quiet", "--repo", repository))
                .contains(closed.toString(), "permission denied");
        restores(repository);
    }

    @Test
    void aRepositoryOfAnotherUser() throws IOException {
        Path repository = directory.resolve("repository");
        quiet(0, "init", "--repo", repository.toString());
        quiet(0, "backup", data.toString(), "--repo", repository.toString());
        closed(repository);

        for (String place : List.of(repository.toString(), repository + "/packs/below")) {
            assertThat(line(11, "snapshots", "--repo", place))
                    .contains(place, "permission denied", "read and write access");
            assertThat(line(11, "backup", data.toString(), "--repo", place)).contains(place, "permission denied");
            assertThat(line(11, "init", "--repo", place)).contains(place, "permission denied");
        }

        Files.setAttribute(repository, "unix:uid", 0);
        restores(repository.toString());
    }

    @Test
    void aRepositoryThatMayOnlyBeRead() throws IOException {
        Path repository = directory.resolve("repository");
        quiet(0, "init", "--repo", repository.toString());
        quiet(0, "backup", data.toString(), "--repo", repository.toString());
        Path sessions = Files.createDirectories(repository.resolve("sessions"));
        Path temporary = repository.resolve(".tmp");
        for (Path inside : List.of(sessions, temporary)) {
            Files.setPosixFilePermissions(inside, PosixFilePermissions.fromString("r-xr-xr-x"));
        }

        assertThat(line(11, "backup", data.toString(), "--quiet", "--repo", repository.toString()))
                .contains("permission denied");
        restores(repository.toString());
    }

    @Test
    void keyFilesOfAnotherUser() throws IOException {
        Path key = closed(Files.writeString(directory.resolve("key"), "secret"));
        quiet(0, "init");
        assertThat(line(12, "snapshots", "--key-file", key.toString()))
                .contains(key.toString(), "permission denied", "rights");
        assertThat(line(12, "snapshots", "--password-file", key.toString())).contains("permission denied");
    }

    @Test
    void aFullTarget() throws Exception {
        byte[] bytes = new byte[3 << 20];
        new Random(1).nextBytes(bytes);
        Files.write(data.resolve("large"), bytes);
        quiet(0, "backup", data.toString());
        try (SmallDisk disk = SmallDisk.mount(directory.resolve("disk"), 1)) {
            String output = quiet(
                            7, "restore", "latest", "--target", disk.root().toString(), "--quiet")
                    .output();
            assertThat(output.lines().toList().getLast())
                    .contains("no space left", "Make room and run the same command again");
        }
        restores(directory.resolve("home/.local/share/holdfast").toString());
    }

    @Test
    void aFullRepository() throws Exception {
        try (SmallDisk disk = SmallDisk.mount(directory.resolve("disk"), 40)) {
            String repository = disk.root().resolve("repository").toString();
            quiet(0, "init", "--repo", repository);
            quiet(0, "backup", data.toString(), "--repo", repository);
            quiet(0, "backup", data.toString(), "--repo", repository);
            Path large = Files.createFile(directory.resolve("large"));
            try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
                byte[] mebibyte = new byte[1 << 20];
                Random random = new Random(2);
                for (int i = 0; i < 40; i++) {
                    random.nextBytes(mebibyte);
                    file.write(mebibyte);
                }
            }

            assertThat(line(7, "backup", large.toString(), "--quiet", "--repo", repository))
                    .contains("Free space on the disk, or run 'holdfast forget' and 'holdfast prune'");
            disk.fill();
            assertThat(line(7, "backup", data.toString(), "--quiet", "--repo", repository))
                    .contains("holdfast prune");
            restores(repository);
            assertThat(quiet(0, "forget", "--keep-last", "1", "--repo", repository)
                            .output())
                    .contains("Removed 1 snapshot");
            quiet(0, "prune", "--quiet", "--repo", repository);
            assertThat(quiet(0, "verify", "--read-data", "--repo", repository).output())
                    .contains("No damage found");
            restores(repository);
        }
    }

    @Test
    void aRestoreGoesOnInDirectoriesThatTheirOwnerLocked() throws IOException {
        Path readOnly = Files.createDirectory(data.resolve("read-only"));
        Path shut = Files.createDirectory(data.resolve("shut"));
        Files.writeString(readOnly.resolve("in it"), "1");
        Files.writeString(shut.resolve("in it"), "2");
        Files.setPosixFilePermissions(readOnly, PosixFilePermissions.fromString("r-xr-xr-x"));
        Files.setPosixFilePermissions(shut, PosixFilePermissions.fromString("---------"));
        String repository = directory.resolve("repository").toString();
        backUpAsWhoMayAll(repository);
        Path target = directory.resolve("target");
        String[] restore = {"restore", "latest", "--target", target.toString(), "--repo", repository};

        quiet(0, restore);
        Path restored = target.resolve(data.toString().substring(1));
        Files.delete(restored.resolve("read-only/in it"));
        Files.delete(restored.resolve("shut/in it"));
        quiet(0, restore);

        assertThat(restored.resolve("read-only/in it")).hasContent("1");
        assertThat(restored.resolve("shut/in it")).hasContent("2");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(restored.resolve("read-only"))))
                .isEqualTo("r-xr-xr-x");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(restored.resolve("shut"))))
                .isEqualTo("---------");
    }

    @Test
    void aRestoreGoesOverFilesThatTheirOwnerLocked() throws IOException {
        Path repository = directory.resolve("repository");
        List<String> modes = List.of("r--------", "---------", "-w-------");
        for (String mode : modes) {
            Path file = Files.writeString(data.resolve(mode), mode);
            Files.createLink(data.resolve("also " + mode), file);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
            Path single = Files.writeString(data.resolve("only " + mode), mode);
            Files.setAttribute(single, "user:note", ByteBuffer.wrap(new byte[] {1}));
            Files.setPosixFilePermissions(single, PosixFilePermissions.fromString(mode));
        }
        Files.setPosixFilePermissions(
                Files.createDirectory(data.resolve("shut")), PosixFilePermissions.fromString("---------"));
        backUpAsWhoMayAll(repository.toString());
        Path target = directory.resolve("target");
        Path restored = target.resolve(data.toString().substring(1));
        for (String overwrite : List.of("if-changed", "always", "if-changed")) {
            quiet(
                    0,
                    "restore",
                    "latest",
                    "--target",
                    target.toString(),
                    "--repo",
                    repository.toString(),
                    "--verify",
                    "--overwrite",
                    overwrite);
            for (String mode : modes) {
                for (String name : List.of(mode, "also " + mode, "only " + mode)) {
                    Path file = restored.resolve(name);
                    assertThat(file).hasContent(mode);
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo(mode);
                }
                assertThat(Files.getAttribute(restored.resolve("only " + mode), "user:note"))
                        .isEqualTo(new byte[] {1});
                if ("if-changed".equals(overwrite)) {
                    Files.write(restored.resolve("only " + mode), new byte[] {1, 2, 3});
                }
            }
        }
    }

    /** The first name is met in a directory that has its final rights before the further names are linked to it. */
    @Test
    void hardLinksLeadIntoDirectoriesThatTheirOwnerLocked() throws IOException {
        Path repository = directory.resolve("repository");
        List<String> modes = List.of("---------", "r-x------", "rw-------", "-wx------", "--x------");
        for (String mode : modes) {
            Path shut = Files.createDirectory(data.resolve("d " + mode));
            Path file = Files.writeString(shut.resolve("f"), mode);
            Files.createLink(Files.createDirectory(data.resolve("e " + mode)).resolve("g"), file);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
            Files.setPosixFilePermissions(shut, PosixFilePermissions.fromString(mode));
        }
        backUpAsWhoMayAll(repository.toString());
        Path target = directory.resolve("target");
        Path restored = target.resolve(data.toString().substring(1));
        for (int round = 0; round < 2; round++) {
            quiet(0, "restore", "latest", "--target", target.toString(), "--repo", repository.toString(), "--verify");
            for (String mode : modes) {
                Path file = restored.resolve("d " + mode + "/f");
                assertThat(file).hasContent(mode);
                assertThat(Files.isSameFile(file, restored.resolve("e " + mode + "/g")))
                        .isTrue();
                assertThat(permissions(file)).isEqualTo("rw-r--r--");
                assertThat(permissions(restored.resolve("d " + mode))).isEqualTo(mode);
            }
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    /** The name in the target goes; the file is also somebody else's. */
    @Test
    void aRestoreLeavesFilesOutsideOfTheTargetAsTheyAre() throws IOException {
        Path repository = directory.resolve("repository");
        quiet(0, "init", "--repo", repository.toString());
        quiet(0, "backup", data.toString(), "--repo", repository.toString());
        Path target = directory.resolve("target");
        Path restored = target.resolve(data.toString().substring(1));
        Path outside = Files.writeString(directory.resolve("key"), "secret");
        Files.setPosixFilePermissions(outside, PosixFilePermissions.fromString("r--------"));
        Files.createDirectories(restored);
        Files.createLink(restored.resolve("file"), outside);

        quiet(0, "restore", "latest", "--target", target.toString(), "--repo", repository.toString());

        assertThat(restored.resolve("file")).hasContent("content");
        assertThat(outside).hasContent("secret");
        assertThat(permissions(outside)).isEqualTo("r--------");
    }
}
