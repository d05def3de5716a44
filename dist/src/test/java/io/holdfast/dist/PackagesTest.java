package io.holdfast.dist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people install: it brings its own Java, and is the same whoever builds it. */
@Tag("slow")
final class PackagesTest {
    private static final String VERSION = System.getProperty("holdfast.version", "");
    private static final String ARCHIVE = System.getProperty("holdfast.archive", "");
    private static final Path SOURCES = Path.of("..").toAbsolutePath().normalize();

    @TempDir
    private static Path directory = Path.of("");

    private static Path made = Path.of("");
    private static Path bundle = Path.of("");
    private static Path installed = Path.of("");

    @BeforeAll
    static void make() throws Exception {
        made = directory.resolve("made");
        packages(made);
        bundle = Files.createDirectory(directory.resolve("some where"));
        assertThat(run(bundle, "tar", "xzf", only(made, ".tar.gz").toString()).status())
                .isZero();
        bundle = only(bundle, "");
        installed = Files.createDirectory(directory.resolve("installed"));
        assertThat(run(directory, "dpkg-deb", "-x", only(made, ".deb").toString(), installed.toString())
                        .status())
                .isZero();
    }

    private static void packages(Path target) throws Exception {
        Outcome outcome =
                run(SOURCES, SOURCES.resolve("scripts/package").toString(), "--archive", ARCHIVE, target.toString());
        assertThat(outcome.status()).as(outcome.output()).isZero();
    }

    private static Path only(Path directory, String suffix) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            List<Path> found =
                    entries.filter(entry -> entry.toString().endsWith(suffix)).toList();
            assertThat(found).hasSize(1);
            return found.getFirst();
        }
    }

    /** Without any Java on the machine, as far as it can see. */
    private static Outcome bare(Path program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "env",
                "-i",
                "HOME=" + Files.createTempDirectory(directory, "home"),
                "PATH=/usr/bin:/bin",
                "JAVA_HOME=/nowhere",
                program.toString()));
        command.addAll(List.of(arguments));
        return run(directory, command.toArray(new String[0]));
    }

    @Test
    void runWithTheJavaThatTheyBring() throws Exception {
        for (Path program : List.of(bundle.resolve("bin/holdfast"), installed.resolve("usr/bin/holdfast"))) {
            Path home = Files.createTempDirectory(directory, "home");
            String script = "'%s' version && '%1$s' backup '%s' && '%1$s' restore latest --target '%s' && '%1$s' verify"
                    .formatted(program, bundle.resolve("docs"), home.resolve("restored"));
            Outcome outcome = run(
                    directory,
                    "env",
                    "-i",
                    "HOME=" + home,
                    "PATH=/usr/bin:/bin",
                    "JAVA_HOME=/nowhere",
                    "/bin/sh",
                    "-c",
                    script);
            assertThat(outcome.status()).as(outcome.output()).isZero();
            assertThat(outcome.output()).startsWith("holdfast " + VERSION).contains("No damage found");
            assertThat(home.resolve("restored" + bundle.resolve("docs/cli.md")))
                    .hasSameBinaryContentAs(bundle.resolve("docs/cli.md"));
        }
        Outcome bucket = bare(
                bundle.resolve("bin/holdfast"), "--repo", "s3://bucket/x?endpoint=http://127.0.0.1:1", "snapshots");
        assertThat(bucket.output()).doesNotContain("Exception");
    }

    @Test
    void areTheSameWhoeverBuildsThem() throws Exception {
        Path again = directory.resolve("again");
        packages(again);
        assertThat(again.resolve("SHA256SUMS")).hasSameTextualContentAs(made.resolve("SHA256SUMS"));
        assertThat(run(made, "sha256sum", "--check", "--quiet", "SHA256SUMS").status())
                .isZero();
    }

    @Test
    void theDebianPackageIsWhatDpkgExpects() throws Exception {
        Path deb = only(made, ".deb");
        Outcome control = run(directory, "dpkg-deb", "-f", deb.toString());
        assertThat(control.output())
                .contains("Package: holdfast", "Version: " + VERSION, "Recommends: libfuse3-3")
                .doesNotContain("@VERSION", "@ARCHITECTURE", "@INSTALLED");
        Outcome listing = run(directory, "dpkg-deb", "-c", deb.toString());
        assertThat(listing.output().lines())
                .allMatch(line -> line.contains(" root/root "))
                .noneMatch(line -> line.startsWith("-rw-rw") || line.startsWith("drwxrwx"));
        assertThat(run(installed, "sh", "-c", "dpkg-deb -I '" + deb + "' md5sums | md5sum --check --quiet")
                        .output())
                .isEmpty();
        assertThat(installed.resolve("usr/share/doc/holdfast/copyright"))
                .content()
                .contains("Apache License");
        assertThat(installed.resolve("usr/share/bash-completion/completions/holdfast"))
                .content()
                .contains("complete ");
    }

    @Test
    void haveAManualPageForEachCommand() throws Exception {
        List<String> commands = bare(bundle.resolve("bin/holdfast"), "help")
                .output()
                .lines()
                .filter(line -> line.matches("  [a-z]+ .*"))
                .map(line -> line.strip().split(" ")[0])
                .toList();
        assertThat(commands).contains("backup", "mount", "restore");
        for (String command : commands) {
            assertThat(bundle.resolve("share/man/man1/holdfast-" + command + ".1"))
                    .isNotEmptyFile();
            assertThat(installed.resolve("usr/share/man/man1/holdfast-" + command + ".1.gz"))
                    .isNotEmptyFile();
        }
        try (Stream<Path> pages = Files.list(bundle.resolve("share/man/man1"))) {
            for (Path page : pages.toList()) {
                Outcome formatted = run(directory, "groff", "-man", "-ww", "-Tutf8", "-z", page.toString());
                assertThat(formatted.output()).as(page.toString()).isEmpty();
            }
        }
    }

    /** The options in the examples are options of the program. */
    @Test
    void bringAnExampleForSystemd() throws Exception {
        Path examples = installed.resolve("usr/share/doc/holdfast/examples");
        List<String> starts = Files.readAllLines(examples.resolve("holdfast-backup.service")).stream()
                .filter(line -> line.startsWith("ExecStart="))
                .map(line -> line.substring("ExecStart=/usr/bin/holdfast ".length()))
                .toList();
        assertThat(starts).hasSize(3);
        for (String start : starts) {
            assertThat(bare(installed.resolve("usr/bin/holdfast"), (start + " --help").split(" "))
                            .status())
                    .as(start)
                    .isZero();
        }
        assertThat(examples.resolve("holdfast-backup.timer")).content().contains("OnCalendar=");
    }

    /** They start what the program has, with a configuration that it takes. */
    @Test
    void bringServicesThatNobodyHasEnabled() throws Exception {
        Path program = installed.resolve("usr/bin/holdfast");
        for (String role : List.of("server", "agent")) {
            Path unit = installed.resolve("usr/lib/systemd/system/holdfast-" + role + ".service");
            String start = Files.readAllLines(unit).stream()
                    .filter(line -> line.startsWith("ExecStart="))
                    .map(line -> line.substring("ExecStart=/usr/bin/holdfast ".length()))
                    .findFirst()
                    .orElseThrow();
            assertThat(start).startsWith(role);
            assertThat(bare(program, (start + " --help").split(" ")).status())
                    .as(start)
                    .isZero();
            Path configuration = installed.resolve("etc/holdfast/" + role + ".yaml");
            // Another port: the usual one may be taken here.
            Path here = Files.writeString(
                    directory.resolve(role + ".yaml"),
                    Files.readString(configuration).replace("#listen: 0.0.0.0:8443", "listen: 127.0.0.1:0"));
            Outcome checked = bare(program, "config", "check", here.toString());
            assertThat(checked.status()).as(checked.output()).isZero();
        }
        try (Stream<Path> links =
                Files.find(installed, 20, (path, is) -> path.toString().contains(".wants"))) {
            assertThat(links).isEmpty();
        }
    }

    @Test
    void whatPeopleKeepStaysWhenThePackageGoes() throws Exception {
        Path root = directory.resolve("machine");
        for (String made : List.of("info", "updates", "triggers")) {
            Files.createDirectories(root.resolve("var/lib/dpkg").resolve(made));
        }
        for (String made : List.of("status", "available")) {
            Files.createFile(root.resolve("var/lib/dpkg").resolve(made));
        }
        Path kept =
                Files.createDirectories(root.resolve("var/lib/holdfast/server")).resolve("host.key");
        Files.writeString(kept, "key");
        dpkg(root, "-i", only(made, ".deb").toString());
        Path configuration = root.resolve("etc/holdfast/server.yaml");
        Files.writeString(configuration, "data: /srv/holdfast\n");
        dpkg(root, "-i", only(made, ".deb").toString());
        assertThat(configuration).hasContent("data: /srv/holdfast");

        dpkg(root, "-r", "holdfast");
        assertThat(root.resolve("usr/lib/holdfast")).doesNotExist();
        assertThat(configuration).hasContent("data: /srv/holdfast");
        dpkg(root, "-P", "holdfast");
        assertThat(configuration).doesNotExist();
        assertThat(kept).hasContent("key");
    }

    /** Installs and removes below a directory; the scripts of the package run, and see that this is no system that runs. */
    private static void dpkg(Path root, String action, String what) throws Exception {
        Outcome outcome = run(
                directory,
                "dpkg",
                "--root=" + root,
                "--force-script-chrootless,not-root,depends,confold",
                "--log=" + directory.resolve("dpkg.log"),
                action,
                what);
        assertThat(outcome.status()).as(outcome.output()).isZero();
    }

    @Test
    void listWhatIsInThem() throws Exception {
        String bom = Files.readString(only(made, ".cdx.json"), UTF_8);
        try (Stream<Path> jars = Files.list(bundle.resolve("lib"))) {
            for (Path jar :
                    jars.filter(each -> each.toString().endsWith(".jar")).toList()) {
                String name = jar.getFileName().toString().replaceAll("-[0-9].*", "");
                assertThat(bom).as(jar.toString()).contains("\"name\" : \"" + name + "\"");
            }
        }
        assertThat(bom).doesNotContain(SOURCES.toString()).doesNotContain("junit");
    }

    private static Outcome run(Path directory, String... command) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().remove("MAVEN_OPTS");
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Outcome(process.waitFor(), output);
    }

    /** @param output standard output and standard error together */
    private record Outcome(int status, String output) {}
}
