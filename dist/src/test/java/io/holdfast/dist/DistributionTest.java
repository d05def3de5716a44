package io.holdfast.dist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive that people download: unpacked somewhere, it runs. */
final class DistributionTest {
    private static final String VERSION = System.getProperty("holdfast.version", "");
    private static final String ARCHIVE = System.getProperty("holdfast.archive", "");

    @TempDir
    Path directory = Path.of("");

    private Path home = Path.of("");

    @BeforeEach
    void unpack() throws Exception {
        // With a space in its name: the launcher quotes its paths.
        Path target = Files.createDirectory(directory.resolve("some where"));
        assertThat(run(target, Map.of(), "tar", "xzf", ARCHIVE).status()).isZero();
        home = target.resolve("holdfast-" + VERSION);
    }

    @Test
    void runsFromWhereItWasUnpacked() throws Exception {
        assertThat(holdfast(home.resolve("bin/holdfast"), "version")).satisfies(DistributionTest::toldItsVersion);
    }

    private static void toldItsVersion(Outcome outcome) {
        assertThat(outcome.status()).isZero();
        assertThat(outcome.output()).startsWith("holdfast " + VERSION + " (repository format 1, Java ");
    }

    @Test
    void runsThroughSymbolicLinks() throws Exception {
        Path absolute = Files.createSymbolicLink(directory.resolve("absolute"), home.resolve("bin/holdfast"));
        Path relative = Files.createSymbolicLink(directory.resolve("relative"), Path.of("absolute"));
        assertThat(holdfast(absolute, "version").status()).isZero();
        assertThat(holdfast(relative, "version").status()).isZero();
    }

    @Test
    void runsByItsNameFromThePath() throws Exception {
        String path = home.resolve("bin") + ":" + System.getenv("PATH");
        assertThat(run(directory, Map.of("PATH", path, "JAVA_HOME", javaHome()), "sh", "-c", "holdfast version"))
                .satisfies(DistributionTest::toldItsVersion);
    }

    @Test
    void passesTheExitStatusOn() throws Exception {
        assertThat(holdfast(home.resolve("bin/holdfast"), "no-such-command").status())
                .isEqualTo(2);
    }

    /** Else the first file that Java opens is standard input, and would be saved for it. */
    @Test
    void savesNoFileOfJavasWhereStandardInputIsClosed() throws Exception {
        Map<String, String> environment = Map.of(
                "JAVA_HOME",
                javaHome(),
                "HOME",
                directory.toString(),
                "HOLDFAST_REPO",
                directory.resolve("closed").toString());
        String launcher = home.resolve("bin/holdfast").toString();
        assertThat(run(directory, environment, launcher, "init").status()).isZero();
        Outcome outcome =
                run(directory, environment, "bash", "-c", "exec \"$0\" backup --stdin --name x <&-", launcher);
        assertThat(outcome.output()).contains("stream x broke off");
        assertThat(outcome.status()).isEqualTo(1);
        outcome = run(directory, environment, "bash", "-c", "exec \"$0\" snapshots --json >&-", launcher);
        assertThat(outcome.status()).as(outcome.output()).isZero();
        outcome = run(directory, environment, "bash", "-c", "exec \"$0\" version >&-", launcher);
        assertThat(outcome.output()).contains("standard output cannot be written");
        assertThat(outcome.status()).isEqualTo(1);
    }

    /** All that the S3 client needs is there: it gets as far as the network. */
    @Test
    void reachesForBuckets() throws Exception {
        Outcome outcome = run(
                directory,
                Map.of("JAVA_HOME", javaHome(), "AWS_ACCESS_KEY_ID", "x", "AWS_SECRET_ACCESS_KEY", "y"),
                home.resolve("bin/holdfast").toString(),
                "--repo",
                "s3://bucket/prefix?endpoint=http://127.0.0.1:1",
                "snapshots");
        assertThat(outcome.output()).contains("no connection").doesNotContain("Exception");
        assertThat(outcome.status()).isEqualTo(11);
    }

    @Test
    void becomesTheJavaProcessSoThatSignalsReachIt() throws Exception {
        Path fakeHome = fakeJava("jdk-25", "25.0.9", "echo $$");
        ProcessBuilder builder = new ProcessBuilder(home.resolve("bin/holdfast").toString());
        builder.environment().put("JAVA_HOME", fakeHome.toString());
        Process launched = builder.start();
        String pid = new String(launched.getInputStream().readAllBytes(), UTF_8).strip();
        assertThat(pid).isEqualTo(Long.toString(launched.pid()));
        assertThat(launched.waitFor()).isZero();
    }

    @Test
    void startsFromAnAotCacheMadeForThisJava() throws Exception {
        Outcome made = run(
                directory,
                Map.of("JAVA_HOME", javaHome()),
                home.resolve("lib/make-aot-cache").toString());
        assertThat(made).isEqualTo(new Outcome(0, ""));
        assertThat(home.resolve("lib")).isDirectoryContaining("glob:**.aot");
        assertThat(holdfast(home.resolve("bin/holdfast"), "version")).satisfies(DistributionTest::toldItsVersion);
    }

    @Test
    void findsOnlyJavaThatIsNewEnough() throws Exception {
        Path old = fakeJava("jdk-17", "17.0.15", "");
        Path early = fakeJava("jdk-26", "26", "");
        Path broken = Files.createDirectories(directory.resolve("broken"));
        assertThat(findJava("", old, broken, directory.resolve("absent"))).isEqualTo(new Outcome(1, ""));
        assertThat(findJava("echo $java_home", old, early)).isEqualTo(new Outcome(0, said(early.toString())));
        Outcome missing =
                run(directory, Map.of(), "sh", "-c", ". '" + home + "/lib/find-java.sh'; java_missing holdfast");
        assertThat(missing.output()).startsWith("holdfast: needs Java 25").hasLineCount(1);
    }

    @Test
    void holdsFilesOfOneFixedTimeAndOwner() throws Exception {
        Outcome listing = run(directory, Map.of("TZ", "UTC"), "tar", "tvzf", ARCHIVE);
        List<String> lines = listing.output().lines().toList();
        assertThat(lines)
                .hasSizeGreaterThan(5)
                .allMatch(line -> line.contains(" root/root ") && line.contains(" 00:00 "));
        assertThat(lines.stream().map(line -> line.replaceAll(".* ", "")))
                .contains("holdfast-" + VERSION + "/LICENSE", "holdfast-" + VERSION + "/bin/holdfast");
    }

    private Outcome findJava(String then, Path... homes) throws Exception {
        String quoted = String.join(
                " ", Arrays.stream(homes).map(path -> "'" + path + "'").toList());
        String tail = then.isEmpty() ? "" : " && " + then;
        return run(directory, Map.of(), "sh", "-c", ". '" + home + "/lib/find-java.sh'; find_java " + quoted + tail);
    }

    /** A directory that looks like a JDK, whose {@code java} is a shell script. */
    private Path fakeJava(String name, String version, String script) throws IOException {
        Path fake = directory.resolve(name);
        Path java = Files.createDirectories(fake.resolve("bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\n" + script + "\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        Files.writeString(
                fake.resolve("release"),
                "IMPLEMENTOR=\"Nobody\"\nJAVA_RUNTIME_VERSION=\"" + version + "+1\"\nJAVA_VERSION=\"" + version
                        + "\"\n");
        return fake;
    }

    private Outcome holdfast(Path launcher, String... arguments) throws Exception {
        String[] command = new String[arguments.length + 1];
        command[0] = launcher.toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return run(directory, Map.of("JAVA_HOME", javaHome()), command);
    }

    private static String javaHome() {
        return System.getProperty("java.home");
    }

    private static String said(String line) {
        return line + "\n";
    }

    private static Outcome run(Path directory, Map<String, String> environment, String... command) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Outcome(process.waitFor(), output);
    }

    /** @param output standard output and standard error together */
    private record Outcome(int status, String output) {}
}
