package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real lvm2, with a volume group on a loop device. Where the kernel maps no devices (many containers) a snapshot cannot be taken; lvm2 still
 * keeps its metadata and reads its arguments, and what it says then has to reach the user.
 */
@Tag("root")
final class RealLvmTest {
    private static final int VOLUME_BYTES = 8 << 20;

    @TempDir
    private Path directory;

    @Test
    void savesASnapshotOrSaysWhyThereIsNone() throws Exception {
        TestHome home = new TestHome(Files.createDirectory(directory.resolve("home")));
        home.run("init").succeeded();
        home.set("PATH", System.getenv("PATH"));
        Path image = directory.resolve("pv.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(64 << 20);
        }
        String device = run("losetup", "--find", "--show", image.toString()).strip();
        String group = "holdfast" + ProcessHandle.current().pid();
        boolean maps = canMapDevices();
        List<String> driver = maps ? List.of() : List.of("--driverloaded", "n");
        try {
            lvm(driver, "pvcreate", "--yes", device);
            lvm(driver, "vgcreate", group, device);
            try {
                List<String> inactive =
                        maps ? List.of() : List.of("--activate", "n", "--zero", "n", "--wipesignatures", "n");
                List<String> create = new ArrayList<>(List.of("lvcreate", "--yes", "--size", "8M", "--name", "root"));
                create.addAll(inactive);
                create.add(group);
                lvm(driver, create.toArray(new String[0]));
                Path volume = Path.of("/dev", group, "root");
                LvmTools.Row row = new LvmTools("/usr/sbin:/sbin:/usr/bin:/bin").volume(volume.toString());
                assertThat(row.fullName()).isEqualTo(group + "/root");
                assertThat(row.sizeBytes()).isEqualTo(VOLUME_BYTES);
                assertThat(row.freeBytes()).isEqualTo((60 << 20) - VOLUME_BYTES);
                assertThat(row.pool()).isEmpty();
                assertThat(row.device()).isEqualTo(volume.toString());
                if (maps) {
                    saves(home, volume);
                } else {
                    assertThat(home.run("backup", "--volume", volume.toString(), "--lvm-snapshot")
                                    .failure(1))
                            .contains("no snapshot of " + group
                                    + "/root could be taken: snapshot: Required device-mapper");
                    assertThat(home.json("snapshots")).isEmpty();
                }
                assertThat(lvm(driver, "lvs", "--noheadings", "-o", "lv_name", group)
                                .lines()
                                .filter(line -> line.strip().startsWith("holdfast-")))
                        .isEmpty();
            } finally {
                lvm(driver, "vgremove", "--yes", group);
            }
        } finally {
            run("losetup", "--detach", device);
        }
    }

    private void saves(TestHome home, Path volume) throws IOException {
        byte[] content = new SeededRandom(1).bytes(VOLUME_BYTES);
        Files.write(volume, content);
        home.run("backup", "--volume", volume.toString(), "--lvm-snapshot", "4M")
                .succeeded();
        Path restored = directory.resolve("restored");
        home.run("restore", "latest", "--path", "root", "--target-file", restored.toString())
                .succeeded();
        assertThat(restored).hasBinaryContent(content);
    }

    private static boolean canMapDevices() throws IOException, InterruptedException {
        Process process = new ProcessBuilder("dmsetup", "version")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor() == 0;
    }

    private static String lvm(List<String> driver, String... command) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(command));
        all.addAll(1, driver);
        return run(all.toArray(new String[0]));
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
        return output;
    }
}
