package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.cli.HoldfastProcess.Ended;
import io.holdfast.cli.HoldfastProcess.Running;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real program killed at random moments, stopped by Ctrl-C, and several of them at once on one repository. */
@Tag("slow")
class KilledProcessTest {
    private static final int ROUNDS = 20;

    @TempDir
    private Path directory;

    @Test
    void everySnapshotSurvivesKillsDuringBackupAndPrune() throws Exception {
        SeededRandom.check(1, random -> {
            try {
                killRounds(random);
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    private void killRounds(RandomGenerator random) throws IOException, InterruptedException {
        Path home = Files.createDirectories(directory.resolve("home-" + random.nextInt(1_000_000)));
        HoldfastProcess holdfast = new HoldfastProcess(home);
        Path data = Files.createDirectories(home.resolve("data"));
        change(data, random);
        assertThat(holdfast.run("backup", data.toString()).code()).isZero();
        for (int round = 0; round < ROUNDS; round++) {
            change(data, random);
            boolean prune = round % 2 == 1;
            if (prune) {
                assertThat(holdfast.run("forget", "--keep-last", "1").code()).isZero();
            }
            Running running = prune ? holdfast.start("prune") : holdfast.start("backup", data.toString());
            if (!running.process().waitFor(200 + random.nextInt(900), TimeUnit.MILLISECONDS)) {
                running.process().destroyForcibly();
            }
            running.await();
        }
        Ended backup = holdfast.run("backup", data.toString());
        assertThat(backup.code()).as(backup.output()).isZero();
        Ended verify = holdfast.run("verify", "--read-data");
        assertThat(verify.code()).as(verify.output()).isZero();
        Ended prune = holdfast.run("prune");
        assertThat(prune.code()).as(prune.output()).isZero();
        Ended restore = holdfast.run(
                "restore", "latest", "--target", home.resolve("back").toString());
        assertThat(restore.code()).as(restore.output()).isZero();
        assertSameFiles(
                data, home.resolve("back").resolve(data.toRealPath().toString().substring(1)));
        Ended sessions = holdfast.run("session", "list");
        assertThat(sessions.output()).contains("0 open sessions");
    }

    @Test
    void ctrlCLeavesInOrderAndTheNextRunWorks() throws Exception {
        Path home = Files.createDirectories(directory.resolve("home"));
        HoldfastProcess holdfast = new HoldfastProcess(home);
        Path data = Files.createDirectories(home.resolve("data"));
        byte[] content = new byte[8 << 20];
        for (int i = 0; i < 24; i++) {
            RandomGenerator.of("L64X128MixRandom").nextBytes(content);
            Files.write(data.resolve("file-" + i), content);
        }
        assertThat(holdfast.run("init").code()).isZero();

        Running running = holdfast.start("backup", data.toString());
        Path packs = home.resolve(".local/share/holdfast/packs/data");
        while (running.process().isAlive() && count(packs) < 2) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        assertThat(running.process().isAlive())
                .as("the backup is still at work")
                .isTrue();
        running.process().destroy(); // SIGTERM, as Ctrl-C handled by the same hook
        Ended interrupted = running.await();

        assertThat(interrupted.code()).isIn(130, 143);
        assertThat(interrupted.output()).contains("interrupted. No snapshot was made", "goes on from there");
        assertThat(holdfast.run("session", "list").output()).contains("0 open sessions");
        assertThat(holdfast.run("snapshots").output()).contains("0 snapshots");
        Ended again = holdfast.run("backup", data.toString(), "--json");
        assertThat(again.code()).isZero();
        assertThat(JsonObject.parse(again.output().lines().toList().getLast()).get("added_bytes"))
                .as("what was sent is not sent again")
                .asInstanceOf(InstanceOfAssertFactories.LONG)
                .isLessThan(24 * 8L << 20);
        assertThat(holdfast.run("verify", "--read-data").code()).isZero();
    }

    @Test
    void aRestoreOfAnImageThatWasKilledGoesOn() throws Exception {
        Path home = Files.createDirectories(directory.resolve("home"));
        HoldfastProcess holdfast = new HoldfastProcess(home);
        Path image = Files.write(home.resolve("disk.img"), new SeededRandom(1).bytes(200 << 20));
        assertThat(holdfast.run("backup", "--volume", image.toString()).code()).isZero();
        Path restored = home.resolve("restored.img");
        Path part = home.resolve("restored.img.holdfast-part");
        String[] restore = {"restore", "latest", "--target-file", restored.toString()};

        Running running = holdfast.start(restore);
        while (running.process().isAlive() && (!Files.exists(part) || Files.size(part) < 10 << 20)) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        running.process().destroyForcibly();
        running.await();
        assertThat(restored).doesNotExist();
        assertThat(part).exists();

        Ended again = holdfast.run(restore);
        assertThat(again.code()).as(again.output()).isZero();
        assertThat(again.output()).contains("cut off");
        assertThat(Files.mismatch(restored, image)).isEqualTo(-1);
        assertThat(part).doesNotExist();
    }

    /** Nobody is left to end it, and nobody reads what it writes. */
    @Test
    void theProgramOfABackupThatWasKilledEndsWhenItWrites() throws Exception {
        Path home = Files.createDirectories(directory.resolve("home"));
        HoldfastProcess holdfast = new HoldfastProcess(home);
        assertThat(holdfast.run("init").code()).isZero();
        Path pid = home.resolve("pid");
        Running running = holdfast.start(
                "backup", "--command", "--name", "x", "--", "sh", "-c", "echo $$ > " + pid + "; exec yes");
        while (running.process().isAlive() && (!Files.exists(pid) || Files.size(pid) == 0)) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        ProcessHandle program =
                ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
        assertThat(program.isAlive()).isTrue();
        running.process().destroyForcibly();
        running.await();
        program.onExit().get(30, TimeUnit.SECONDS);
    }

    /** A shell that is ended leaves those that it has started; nobody else would end them. */
    @Test
    void aBackupThatIsEndedEndsAllThatItsProgramHasStarted() throws Exception {
        Path home = Files.createDirectories(directory.resolve("home"));
        HoldfastProcess holdfast = new HoldfastProcess(home);
        assertThat(holdfast.run("init").code()).isZero();
        Path pid = home.resolve("pid");
        String script = "sh -c 'trap \"\" TERM; echo $$ > " + pid + "; sleep 1000; sleep 1000' | cat; true";
        Running running = holdfast.start("backup", "--command", "--name", "x", "--", "sh", "-c", script);
        while (running.process().isAlive() && (!Files.exists(pid) || Files.size(pid) == 0)) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        ProcessHandle deaf =
                ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
        List<ProcessHandle> all = running.process().descendants().toList();
        assertThat(all).contains(deaf).hasSizeGreaterThan(2);
        running.process().destroy();
        assertThat(running.await().code()).isIn(130, 143);
        for (ProcessHandle each : all) {
            each.onExit().get(30, TimeUnit.SECONDS);
        }
    }

    private static long count(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return 0;
        }
        try (var files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).count();
        } catch (UncheckedIOException e) {
            return 0; // It changes while it is looked at.
        }
    }

    @Test
    void severalProcessesWorkOnOneRepositoryAtOnce() throws Exception {
        Path home = Files.createDirectories(directory.resolve("home"));
        HoldfastProcess holdfast = new HoldfastProcess(home);
        RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
        Path a = Files.createDirectories(home.resolve("a"));
        Path b = Files.createDirectories(home.resolve("b"));
        change(a, random);
        change(b, random);
        assertThat(holdfast.run("backup", a.toString()).code()).isZero();
        for (int round = 0; round < 4; round++) {
            change(a, random);
            change(b, random);
            List<Running> running = new ArrayList<>();
            running.add(holdfast.start("backup", a.toString()));
            running.add(holdfast.start("backup", b.toString()));
            running.add(holdfast.start("prune"));
            // Two, so that the one which the restore below has found stays.
            running.add(holdfast.start("forget", "--keep-last", "2"));
            running.add(holdfast.start("verify", "--read-data"));
            running.add(holdfast.start(
                    "restore",
                    "latest",
                    "--path",
                    a.toString(),
                    "--target",
                    home.resolve("r" + round).toString()));
            for (Running one : running) {
                Ended ended = one.await();
                assertThat(ended.code()).as(ended.output()).isZero();
            }
        }
        assertThat(holdfast.run("prune").code()).isZero();
        Ended verify = holdfast.run("verify", "--read-data");
        assertThat(verify.code()).as(verify.output()).isZero();
        for (Path source : List.of(a, b)) {
            Path back = home.resolve("back-" + source.getFileName());
            Ended restore = holdfast.run("restore", "latest", "--path", source.toString(), "--target", back.toString());
            assertThat(restore.code()).as(restore.output()).isZero();
            assertSameFiles(source, back.resolve(source.toRealPath().toString().substring(1)));
        }
    }

    /** New, changed and removed files, some of them large enough for several packs. */
    private static void change(Path data, RandomGenerator random) throws IOException {
        for (int i = 0; i < 12; i++) {
            Path file = data.resolve("d" + random.nextInt(4)).resolve("f" + random.nextInt(30));
            Files.createDirectories(file.getParent());
            byte[] content = new byte[random.nextInt(8) == 0 ? 3 << 20 : random.nextInt(40_000)];
            random.nextBytes(content);
            Files.write(file, content);
        }
    }

    private static void assertSameFiles(Path expected, Path actual) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(expected, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                files.add(file);
                return FileVisitResult.CONTINUE;
            }
        });
        for (Path file : files) {
            Path restored = actual.resolve(expected.relativize(file).toString());
            assertThat(Arrays.equals(Files.readAllBytes(restored), Files.readAllBytes(file)))
                    .as(file.toString())
                    .isTrue();
        }
        try (var restored = Files.walk(actual)) {
            assertThat(restored.filter(Files::isRegularFile).count()).isEqualTo(files.size());
        }
    }
}
