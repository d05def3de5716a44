package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups of LVM volumes by way of snapshots, with programs in the place of lvm2 that need no device mapper; {@link RealLvmTest} has the real ones. */
final class LvmSnapshotTest {
    private static final int ORIGIN_BYTES = 3_000_000;
    private static final int FREE_BYTES = 64 << 20;

    @TempDir
    private Path directory;

    private TestHome home = new TestHome(Path.of("/nonexistent"));
    private Path lvm = Path.of("/nonexistent");
    private Path origin = Path.of("/nonexistent");
    private byte[] content = new byte[0];

    @BeforeEach
    void setUp() throws IOException {
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        lvm = directory.resolve("lvm");
        Path programs = Files.createDirectories(lvm.resolve("bin"));
        Path fake = programs.resolve("lvm");
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("/lvm/lvm"))) {
            Files.copy(in, fake);
        }
        Files.setPosixFilePermissions(fake, PosixFilePermissions.fromString("rwx------"));
        for (String name : List.of("lvs", "lvcreate", "lvremove")) {
            Files.createSymbolicLink(programs.resolve(name), fake);
        }
        home.set("PATH", programs + ":/usr/bin:/bin");
        content = new SeededRandom(1).bytes(ORIGIN_BYTES);
        origin = volume("root", "owi-aos---", "");
        Files.write(origin, content);
        home.run("init").succeeded();
    }

    private Path volume(String name, String attributes, String pool) throws IOException {
        Path states = Files.createDirectories(lvm.resolve("state/vg0"));
        Path device = Files.createDirectories(lvm.resolve("dev/vg0")).resolve(name);
        Files.writeString(
                states.resolve(name),
                "lv_attr=%s%nlv_size=%d%npool_lv=%s%nsnap_percent=%nlv_tags=%nlv_path=%s%n"
                        .formatted(attributes, ORIGIN_BYTES, pool, device));
        free(FREE_BYTES);
        Files.write(device, new byte[ORIGIN_BYTES]);
        return device;
    }

    private void free(int bytes) throws IOException {
        Files.writeString(lvm.resolve("state/.free-vg0"), bytes + "\n");
    }

    private TestHome.Run save(String... more) {
        return home.run(
                Stream.concat(Stream.of("backup", "--volume", origin.toString(), "--lvm-snapshot"), Stream.of(more))
                        .toArray(String[]::new));
    }

    private List<String> volumes() throws IOException {
        try (Stream<Path> files = Files.list(lvm.resolve("state/vg0"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private List<Map<String, Object>> snapshots() {
        return home.json("snapshots");
    }

    private String calls(String tool) throws IOException {
        return Files.readAllLines(lvm.resolve("calls")).stream()
                .filter(line -> line.startsWith(tool + " "))
                .reduce("", (a, b) -> a + b + "\n");
    }

    /** Nothing is left of the snapshot: not there, not in the group's free space, and not in the repository. */
    private void assertNothingIsLeft() throws IOException {
        assertThat(volumes()).containsExactly("root");
        assertThat(lvm.resolve("state/.free-vg0")).hasContent(Integer.toString(FREE_BYTES));
        assertThat(snapshots()).isEmpty();
    }

    @Test
    void savesTheVolumeAsItWasUnderItsOwnName() throws IOException {
        Files.createFile(lvm.resolve("writes"));
        save().succeeded();

        assertThat(Files.readAllBytes(origin)).isNotEqualTo(content);
        Path restored = directory.resolve("restored");
        home.run("restore", "latest", "--path", "root", "--target-file", restored.toString())
                .succeeded();
        assertThat(restored).hasBinaryContent(content);
        assertThat(volumes()).containsExactly("root");
        assertThat(calls("lvcreate")).contains("--size 327680b", "--permission r");
        save("--name", "system").succeeded();
        save().succeeded();
        assertThat(home.json("snapshots", "--path", "root")).hasSize(2);
    }

    @Test
    void takesASizeOrAPartOfTheVolumeOrWhatIsFree() throws IOException {
        save("12M").succeeded();
        save("50%").succeeded();
        free(4 << 20);
        save("--tag", "small").succeeded();
        assertThat(calls("lvcreate").lines().map(line -> line.replaceAll(".*--size ([0-9]+)b.*", "$1")))
                .containsExactly(Integer.toString(12 << 20), "1507328", "327680");
        assertThat(save("5 apples").failure(2)).contains("5 apples");
    }

    @Test
    void givesSnapshotsOfThinVolumesNoSize() throws IOException {
        volume("root", "Vwi-aotz--", "pool0");
        Files.write(origin, content);
        save().succeeded();
        assertThat(calls("lvcreate"))
                .contains("--setactivationskip n") // or it would not be there to read
                .doesNotContain("--size");
        assertThat(volumes()).containsExactly("root");
        assertThat(save("5G").failure(2)).contains("is a thin volume");
    }

    @Test
    void saysWhatIsNoVolumeOfLvm() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "content");
        assertThat(home.run("backup", "--volume", file.toString(), "--lvm-snapshot")
                        .failure(1))
                .contains("'" + file + "' is no logical volume: \"" + file + "\": Invalid path for Logical Volume.");
        assertThat(home.run("backup", "--volume", "/dev/vg0/none", "--lvm-snapshot")
                        .failure(1))
                .contains("Failed to find logical volume \"vg0/none\"");
        assertThat(home.run("backup", file.toString(), "--lvm-snapshot").failure(2))
                .contains("--lvm-snapshot without --volume");
        assertNothingIsLeft();
    }

    @Test
    void saysThatLvmIsMissing() {
        TestHome.Run run = save();
        assertThat(run.code()).isZero();
        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(() -> new LvmTools("/nonexistent:relative").list("vg0"))
                .withMessageContaining("needs lvm2, and there is no program 'lvs'");
    }

    @Test
    void saysThatTheGroupHasNoSpace() throws IOException {
        assertThat(save("1G").failure(1))
                .contains("the volume group vg0 has no space for a snapshot of root: 64.0 MiB of it is free");
        free(0);
        assertThat(save().failure(1)).contains("nothing is free");
        free(FREE_BYTES);
        assertNothingIsLeft();
    }

    /** What was overwritten in the volume after that is lost to the snapshot. */
    @Test
    void makesNoSnapshotOfOneThatOverflowed() throws IOException {
        Files.createFile(lvm.resolve("overflow"));
        assertThat(save().failure(1)).contains("overflowed", "vg0/root", "--lvm-snapshot=SIZE");
        assertNothingIsLeft();
    }

    @Test
    void removesWhatLvcreateHasLeft() throws IOException {
        Files.createFile(lvm.resolve("half"));
        assertThat(save().failure(1)).contains("no snapshot of vg0/root could be taken: Aborting.");
        assertNothingIsLeft();
    }

    @Test
    void triesAgainToRemoveWhatSomebodyStillLooksAt() throws IOException {
        Files.writeString(lvm.resolve("busy"), "2");
        save().succeeded();
        assertThat(volumes()).containsExactly("root");
    }

    @Test
    void saysWhatItCouldNotRemove() throws IOException {
        Files.writeString(lvm.resolve("busy"), "1000");
        assertThat(save().failure(1))
                .contains("cannot be removed", "in use", "lvremove vg0/holdfast-", "all was saved");
        assertThat(snapshots()).hasSize(1);
        Files.createFile(lvm.resolve("overflow"));
        TestHome.Run failed = save();
        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.err()).contains("cannot be removed", "overflowed");
    }

    @Test
    @Tag("slow")
    void removesItAfterASignalAndNamesWhatAKillLeft() throws Exception {
        HoldfastProcess real = new HoldfastProcess(
                home.home(), List.of("env", "PATH=" + lvm.resolve("bin") + ":" + System.getenv("PATH")));
        HoldfastProcess.Running ended = startSlowly(real);
        ended.process().destroy();
        assertThat(ended.await().code()).isEqualTo(143);
        assertNothingIsLeft();

        HoldfastProcess.Running killed = startSlowly(real);
        killed.process().destroyForcibly();
        assertThat(killed.await().code()).isEqualTo(137);
        String left = volumes().getFirst();
        assertThat(left).startsWith("holdfast-");
        TestHome.Run next = save();
        assertThat(next.code()).as(next.err()).isZero();
        assertThat(next.err())
                .contains("vg0/" + left, "left by a backup that was killed", "Remove it: lvremove vg0/" + left);
        assertThat(volumes()).containsExactly(left, "root");
    }

    /** Returns when there is a snapshot. */
    private HoldfastProcess.Running startSlowly(HoldfastProcess real) throws Exception {
        HoldfastProcess.Running running =
                real.start("backup", "--volume", origin.toString(), "--lvm-snapshot", "--limit-upload", "50K");
        while (volumes().size() < 2) {
            assertThat(running.process().isAlive())
                    .as(Files.readString(running.output()))
                    .isTrue();
            MonotonicClock.system().sleep(Duration.ofMillis(20));
        }
        return running;
    }
}
