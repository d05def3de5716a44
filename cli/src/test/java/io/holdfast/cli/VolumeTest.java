package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Block devices and images of them. */
final class VolumeTest {
    private static final int BLOCK = 128 << 10;

    @TempDir
    private Path directory;

    private TestHome home = new TestHome(Path.of("/nonexistent"));
    private Path image = Path.of("/nonexistent");

    @BeforeEach
    void setUp() throws IOException {
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        home.run("init").succeeded();
        image = directory.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(40L * BLOCK + 1_234);
            write(file, 3L * BLOCK, 5 * BLOCK, 1);
            write(file, 20L * BLOCK + 5_000, 300_000, 2);
        }
    }

    private static void write(RandomAccessFile file, long at, int length, int seed) throws IOException {
        file.seek(at);
        file.write(new SeededRandom(seed).bytes(length));
    }

    private Map<String, Object> save(String... more) {
        String[] arguments = new String[more.length + 3];
        arguments[0] = "backup";
        arguments[1] = "--volume";
        arguments[2] = image.toString();
        System.arraycopy(more, 0, arguments, 3, more.length);
        return home.json(arguments).getLast();
    }

    @Test
    void comesBackBlockByBlockWithItsHoles() throws IOException {
        Map<String, Object> first = save();
        assertThat(first).containsEntry("bytes", Files.size(image));
        Path restored = directory.resolve("restored.img");
        home.run("restore", "latest", "--target-file", restored.toString()).succeeded();
        assertThat(restored).hasSameBinaryContentAs(image);
        assertThat((long) Files.getAttribute(restored, "unix:size")).isEqualTo(Files.size(image));

        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            write(file, 4L * BLOCK + 8_192, 4_096, 3);
            write(file, 39L * BLOCK, 10, 4);
        }
        Map<String, Object> second = save();
        assertThat((Long) second.get("added_bytes")).isLessThan(3L * BLOCK);
        assertThat(second).containsEntry("delta_chunks", 1L).containsEntry("delta_bytes", (long) BLOCK);
        assertThat((Long) second.get("delta_stored_bytes")).isBetween(4_096L, 4_400L);
        assertThat(second).containsEntry("parent", first.get("snapshot"));
        home.run(
                        "restore",
                        "latest",
                        "--target-file",
                        directory.resolve("second.img").toString())
                .succeeded();
        assertThat(directory.resolve("second.img")).hasSameBinaryContentAs(image);
        home.run(
                        "restore",
                        String.valueOf(first.get("snapshot")),
                        "--target",
                        directory.resolve("t").toString(),
                        "--verify")
                .succeeded();
        assertThat(directory.resolve("t/disk.img")).hasSameBinaryContentAs(restored);
        assertThat(home.run("snapshots", "--path", "disk.img").succeeded().out())
                .contains("2 snapshots");
        home.run("verify", "--read-data").succeeded();

        assertThat(home.run("restore", "latest", "--target-file", restored.toString())
                        .failure(2))
                .contains("is there already");
        assertThat(home.run("restore", "latest", "--target-device", image.toString(), "--yes")
                        .failure(2))
                .contains("no block device");
        assertThat(home.run("backup", "--volume", directory.toString()).failure(2))
                .contains("is a directory");
        assertThat(home.run("backup", "--volume", directory.resolve("none").toString())
                        .failure(2))
                .contains("does not exist");
        assertThat(home.run("restore", "latest").failure(2)).contains("--target-device");
        assertThat(home.run("restore", "latest", "--target-file", directory + "/none/disk.img")
                        .failure(1))
                .contains(directory + "/none", "Check the directory");
    }

    /** Zeros where content belongs look like a good image. */
    @Test
    void leavesNoImageThatIsNotWhole() throws IOException {
        save();
        try (var packs = Files.walk(home.repository().resolve("packs/data"))) {
            for (Path pack : packs.filter(Files::isRegularFile).toList()) {
                byte[] bytes = Files.readAllBytes(pack);
                bytes[bytes.length / 2] ^= 1;
                Files.delete(pack);
                Files.write(pack, bytes);
            }
        }
        Path restored = directory.resolve("restored.img");
        assertThat(home.run("restore", "latest", "--target-file", restored.toString())
                        .code())
                .isEqualTo(13);
        assertThat(restored).doesNotExist();
        assertThat(home.run("restore", "latest", "--target-file", home.repository() + "/image")
                        .failure(2))
                .contains("lies in the repository");
    }

    @Test
    void saysHowToRestoreIt() {
        assertThat(home.run("backup", "--volume", image.toString()).succeeded().out())
                .containsPattern("holdfast restore [0-9a-f]{8} --target-file FILE\n");
    }

    private Path part(Path file) {
        return directory.resolve(file.getFileName() + ".holdfast-part");
    }

    private static long allocated(Path file) throws IOException, InterruptedException {
        return 512 * Long.parseLong(run("stat", "-c", "%b", file.toString()));
    }

    /** Nothing is read but what is not there yet, and what should be a hole becomes one. */
    @Test
    void goesOnWhereARestoreWasCutOff() throws Exception {
        save();
        Path restored = directory.resolve("restored.img");
        byte[] whole = Files.readAllBytes(image);
        byte[] left = Arrays.copyOf(whole, 30 * BLOCK + 17);
        Arrays.fill(left, 10 * BLOCK, 19 * BLOCK, (byte) 7); // Where the hole belongs.
        left[4 * BLOCK + 100] ^= 1;
        Files.write(part(restored), left);
        assertThat(home.run("restore", "latest", "--target-file", restored.toString())
                        .succeeded()
                        .out())
                .contains("were there from a restore that was cut off");
        assertThat(restored).hasBinaryContent(whole);
        assertThat(part(restored)).doesNotExist();
        assertThat(allocated(restored)).isLessThan(13L * BLOCK);

        Files.delete(restored);
        byte[] longer = Arrays.copyOf(whole, whole.length + BLOCK);
        Files.write(part(restored), longer);
        try (var packs = Files.walk(home.repository().resolve("packs/data"))) {
            for (Path pack : packs.filter(Files::isRegularFile).toList()) {
                Files.delete(pack);
            }
        }
        home.run("restore", "latest", "--target-file", restored.toString()).succeeded();
        assertThat(restored).hasBinaryContent(whole);
        Path other = directory.resolve("other.img");
        assertThat(home.run("restore", "latest", "--target-file", other.toString())
                        .code())
                .isEqualTo(13);
        assertThat(other).doesNotExist();
        assertThat(part(other)).doesNotExist();
    }

    @Test
    void leavesAloneWhatNoRestoreHasLeft() throws IOException {
        save();
        Path restored = directory.resolve("restored.img");
        Path elsewhere = Files.writeString(directory.resolve("elsewhere"), "mine");
        String[] restore = {"restore", "latest", "--target-file", restored.toString()};
        Files.createSymbolicLink(part(restored), elsewhere);
        assertThat(home.run(restore).failure(4)).contains(part(restored).toString());
        Files.delete(part(restored));
        Files.createLink(part(restored), elsewhere);
        assertThat(home.run(restore).failure(4)).contains(part(restored).toString());
        Files.delete(part(restored));
        assertThat(elsewhere).hasContent("mine");
        try (FileChannel channel =
                        FileChannel.open(part(restored), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            assertThat(lock.isValid()).isTrue();
            assertThat(home.run(restore).failure(4)).contains("another restore is writing");
            assertThat(part(restored)).isEmptyFile();
        }
        home.run(restore).succeeded();
        assertThat(restored).hasSameBinaryContentAs(image);
    }

    /** The name with what is added to it would be too long. */
    @Test
    void takesTheLongestNames() throws IOException {
        save();
        for (String name : new String[] {"x".repeat(255), "x" + "ä".repeat(127)}) {
            Path restored = directory.resolve(name);
            home.run("restore", "latest", "--target-file", restored.toString()).succeeded();
            assertThat(Files.mismatch(restored, image)).isEqualTo(-1);
        }
    }

    @Test
    void savesEmptyAndAllZeroVolumes() throws IOException {
        for (long size : new long[] {0, 1, BLOCK, 3L * BLOCK + 7}) {
            try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
                file.setLength(0);
                file.setLength(size);
            }
            assertThat(save("--name", "zeros-" + size)).containsEntry("bytes", size);
            Path restored = directory.resolve("zeros-" + size);
            home.run("restore", "latest", "--target-file", restored.toString()).succeeded();
            assertThat(restored).hasSameBinaryContentAs(image);
        }
    }

    @Test
    @Tag("root")
    void leavesDevicesInUseAlone() throws Exception {
        Files.delete(image);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(16 << 20);
        }
        run("mkfs.ext4", "-q", image.toString());
        String device = run("losetup", "--find", "--show", image.toString());
        Path mount = Files.createDirectory(directory.resolve("mount"));
        try {
            run("mount", device, mount.toString());
            try {
                Files.writeString(mount.resolve("file"), "content");
                assertThat(home.run("backup", "--volume", device).failure(4))
                        .contains(device, "mounted read-write at " + mount.toRealPath(), "--allow-live");
                assertThat(home.run("backup", "--volume", image.toString()).failure(4))
                        .contains(image.toString(), "mounted read-write at " + mount.toRealPath());
                home.run("backup", "--volume", device, "--allow-live", "--name", "live")
                        .succeeded();
            } finally {
                run("umount", mount.toString());
            }
            String above = run("losetup", "--find", "--show", device);
            try {
                run("mount", above, mount.toString());
                try {
                    for (String volume : List.of(image.toString(), device, above)) {
                        assertThat(home.run("backup", "--volume", volume).failure(4))
                                .contains(volume, "mounted read-write at " + mount.toRealPath());
                    }
                } finally {
                    run("umount", mount.toString());
                }
            } finally {
                run("losetup", "--detach", above);
            }
            home.run("backup", "--volume", device, "--name", "disk").succeeded();
            byte[] saved = Files.readAllBytes(image);
            run("dd", "if=/dev/urandom", "of=" + device, "bs=1M", "count=4", "conv=fsync");
            assertThat(home.run("restore", "latest", "--target-device", device).failure(4))
                    .contains(device, "would be overwritten", "--yes");
            home.run("restore", "latest", "--target-device", device, "--yes").succeeded();
            run("blockdev", "--flushbufs", device);
            assertThat(Files.readAllBytes(image)).isEqualTo(saved);

            try (RandomAccessFile large =
                    new RandomAccessFile(directory.resolve("large").toFile(), "rw")) {
                large.setLength((16 << 20) + 1);
            }
            home.run("backup", "--volume", directory.resolve("large").toString())
                    .succeeded();
            assertThat(home.run("restore", "latest", "--target-device", device, "--yes")
                            .failure(7))
                    .contains("nothing was written");
            run("mount", device, mount.toString());
            try {
                assertThat(mount.resolve("file")).hasContent("content");
                assertThat(home.run("restore", "latest", "--path", "disk", "--target-device", device, "--yes")
                                .failure(4))
                        .contains("mounted", "nothing was written");
            } finally {
                run("umount", mount.toString());
            }
        } finally {
            run("losetup", "--detach", device);
        }
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
        return output.strip();
    }
}
