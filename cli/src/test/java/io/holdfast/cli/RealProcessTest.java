package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What shows only in a process of its own: its streams, the bytes of its arguments, its stack. */
@Tag("slow")
@Timeout(180)
final class RealProcessTest {
    private static final int LEVELS = 5_000;

    @TempDir
    private Path directory;

    private Path home = Path.of("/nonexistent");
    private Path data = Path.of("/nonexistent");
    private HoldfastProcess holdfast = new HoldfastProcess(Path.of("/nonexistent"));

    @BeforeEach
    void setUp() throws IOException {
        home = Files.createDirectory(directory.resolve("home"));
        data = Files.createDirectory(directory.resolve("data"));
        holdfast = new HoldfastProcess(home);
    }

    /** Runs the command through a shell, which can do what Java cannot. */
    private HoldfastProcess shell(String script) {
        return new HoldfastProcess(home, List.of("bash", "-c", script, "bash"));
    }

    private static void succeeded(HoldfastProcess.Ended ended) {
        assertThat(ended.code()).as(ended.output()).isZero();
    }

    /** The command whose output is saved inherits it, and tells: the nice value is field 19 of its statistics (proc(5)). */
    @Test
    void givesWayAsNicelyAsItIsToldTo() {
        succeeded(holdfast.run("backup", "--nice", "7", "--name", "stat", "--command", "--", "cat", "/proc/self/stat"));
        HoldfastProcess.Ended stat = holdfast.run("cat", "latest", "/stat");
        succeeded(stat);
        assertThat(stat.output().substring(stat.output().indexOf(')')).split(" ")[17])
                .isEqualTo("7");
        assertThat(holdfast.run("--nice", "20", "snapshots").code()).isEqualTo(2);
        assertThat(holdfast.run("--nice", "-1", "snapshots").code()).isEqualTo(2);
    }

    @Test
    void doesNotCallACommandDoneWhoseOutputGotLost() throws IOException {
        Files.write(data.resolve("file"), new byte[100_000]);
        succeeded(holdfast.run("backup", data.toString()));
        HoldfastProcess full = shell("exec \"$@\" >/dev/full");
        for (String[] command : new String[][] {
            {"cat", "latest", data.resolve("file").toString()},
            {"snapshots"},
            {"ls", "-r", "latest", "--json"},
            {"key", "recovery-sheet"},
            {"backup", data.toString()}
        }) {
            HoldfastProcess.Ended ended = full.run(command);
            assertThat(ended.code()).as(String.join(" ", command)).isEqualTo(1);
            assertThat(ended.output()).contains("standard output cannot be written: No space left on device");
        }
    }

    @Test
    void endsQuietlyWhereNobodyReadsOn() throws IOException {
        Files.write(data.resolve("file"), new byte[10_000_000]);
        succeeded(holdfast.run("backup", data.toString()));
        HoldfastProcess.Ended ended = shell("\"$@\" | true; exit ${PIPESTATUS[0]}")
                .run("cat", "latest", data.resolve("file").toString());
        assertThat(ended.code()).isEqualTo(141);
        assertThat(ended.output()).isEmpty();
    }

    @Test
    void takesArgumentsWhoseBytesAreNoText() throws Exception {
        String odd = "$'" + data + "/odd\\xff\\xfe n\\303\\244me'";
        command(
                "bash",
                "-c",
                "mkdir " + odd + " && echo content >" + odd + "/file && echo other >" + odd + "$'/skip\\xff'");
        succeeded(shell("exec \"$@\" " + odd + " --exclude $'skip\\xff'").run("backup"));
        assertThat(holdfast.run("snapshots").output()).contains("/odd\\xff\\xfe n");
        HoldfastProcess.Ended cat = shell("exec \"$@\" " + odd + "/file").run("cat", "latest");
        assertThat(cat.output()).isEqualTo("content\n");
        Path target = directory.resolve("target");
        succeeded(shell("exec \"$@\" " + odd).run("restore", "latest", "--target", target.toString()));
        command(
                "bash",
                "-c",
                "diff -r --exclude 'skip*' " + data + " " + target + data + " && ! ls " + target + data + "/*/skip*");
        Path patterns = directory.resolve("patterns");
        command("bash", "-c", "printf '# odd\\n\\nskip\\xff\\r\\n' >" + patterns);
        succeeded(shell("exec \"$@\" " + odd).run("backup", "--tag", "file", "--exclude-file", patterns.toString()));
        assertThat(holdfast.run("ls", "-r", "latest", "--tag", "file").output())
                .contains("/file")
                .doesNotContain("skip");
        HoldfastProcess.Ended listed = shell("exec \"$@\" --path " + odd).run("snapshots", "--json");
        assertThat(listed.output().lines()).hasSize(2);
        assertThat(holdfast.run("snapshots", "--path", "/nowhere").output()).doesNotContain("odd");
        String oddTarget = "$'" + directory + "/new/odd\\xfe'";
        succeeded(shell("exec \"$@\" --target " + oddTarget + "/below").run("restore", "latest"));
        command("bash", "-c", "diff -r --exclude 'skip*' " + data + " " + oddTarget + "/below" + data);
        // Where one stands may be such a directory, too, and another may look like it.
        command(
                "bash",
                "-c",
                "mkdir -p " + directory + "/cwd && cd " + directory
                        + "/cwd && mkdir $'d\\xff' $'d\\xef\\xbf\\xbd' && echo here >$'d\\xff/mine'");
        String inside = "cd " + directory + "/cwd/$'d\\xff' && exec \"$@\"";
        succeeded(shell(inside).run("backup", ".", "--tag", "cwd"));
        assertThat(holdfast.run("ls", "-r", "latest", "--tag", "cwd").output()).contains("/cwd/d\\xff/mine");
        succeeded(shell(inside).run("restore", "latest", "--tag", "cwd", "--target", "out"));
        command("bash", "-c", "cd " + directory + "/cwd && test -d $'d\\xff/out' && rmdir $'d\\xef\\xbf\\xbd'");
        String repository = directory.resolve("home/.local/share/holdfast").toString();
        command("bash", "-c", "ln -s " + repository + " " + directory + "/cwd/$'d\\xff/l'");
        HoldfastProcess.Ended refused =
                shell("exec \"$@\" --target " + directory + "/cwd/$'d\\xff/l'").run("restore", "latest");
        assertThat(refused.code()).as(refused.output()).isEqualTo(2);
        assertThat(refused.output()).contains("lies in the repository");
        HoldfastProcess.Ended missing = shell("exec \"$@\" " + odd + "no").run("backup");
        assertThat(missing.code()).isEqualTo(2);
        assertThat(missing.output()).contains("does not exist");
    }

    @Test
    void goesDownTreesOfAnyDepth() throws Exception {
        Path target = directory.resolve("target");
        try {
            command(
                    "python3",
                    "-c",
                    "import os, sys\nos.chdir(sys.argv[1])\nfor i in range(" + LEVELS
                            + "):\n  os.mkdir('d')\n  os.chdir('d')\nopen('deepest', 'w').write('x')",
                    data.toString());
            succeeded(holdfast.run("backup", data.toString()));
            succeeded(holdfast.run("backup", data.toString()));
            assertThat(holdfast.run("ls", "-r", "latest").output()).contains("deepest");
            assertThat(holdfast.run("find", "deepest").output()).contains("2 matches");
            succeeded(holdfast.run("diff", "latest", "latest"));
            succeeded(holdfast.run("stats"));
            succeeded(holdfast.run("verify", "--read-data"));
            succeeded(holdfast.run("restore", "latest", "--target", target.toString(), "--verify"));
            succeeded(holdfast.run("forget", "--keep-last", "1"));
            succeeded(holdfast.run("prune"));
        } finally {
            // Java's own clean-up cannot name what lies this deep.
            command("rm", "-rf", data.toString(), target.toString());
        }
    }

    private static void command(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(told).isZero();
    }
}
