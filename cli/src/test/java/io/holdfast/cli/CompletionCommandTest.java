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
import org.junit.jupiter.api.io.TempDir;

/** What real shells offer with the printed scripts. */
@Tag("root")
final class CompletionCommandTest {
    @TempDir
    private Path directory;

    private TestHome home;

    @BeforeEach
    void setUp() throws IOException {
        home = new TestHome(directory);
    }

    private Path script(String shell) throws IOException {
        String text = home.run("completion", shell).succeeded().out();
        return Files.writeString(directory.resolve("script." + shell), text);
    }

    private static List<String> lines(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .toList();
    }

    private List<String> fish(Path script, String typed) throws IOException {
        return lines("fish", "--no-config", "-c", "source " + script + "; complete -C '" + typed + "'").stream()
                .map(line -> line.split("\t", -1)[0])
                .toList();
    }

    /** @param typed words, the last of them not yet whole */
    private static List<String> bash(Path script, String... typed) throws IOException {
        return lines(
                "bash",
                "--norc",
                "-c",
                "source " + script + "; compopt() { :; }; COMP_WORDS=(holdfast " + String.join(" ", typed)
                        + "); COMP_CWORD=" + typed.length
                        + "; _complete_holdfast; printf '%s\\n' \"${COMPREPLY[@]}\"");
    }

    @Test
    void fishOffersCommandsAndTheirOptions() throws IOException {
        Path script = script("fish");
        assertThat(fish(script, "holdfast "))
                .contains("backup", "restore", "session", "key")
                .doesNotContain("fence", "recovery-sheet");
        assertThat(fish(script, "holdfast session ")).contains("list", "fence").doesNotContain("backup", "add");
        assertThat(fish(script, "holdfast key ")).contains("add", "list", "remove", "recovery-sheet");
        assertThat(fish(script, "holdfast backup --exc")).contains("--exclude", "--exclude-file", "--exclude-caches");
        assertThat(fish(script, "holdfast --re")).contains("--repo");
    }

    @Test
    void bashOffersCommandsAndTheirOptions() throws IOException {
        Path script = script("bash");
        assertThat(bash(script, "''")).contains("backup", "restore", "session", "key");
        assertThat(bash(script, "session", "''")).contains("list", "fence");
        assertThat(bash(script, "backup", "--ex")).contains("--exclude");
    }

    @Test
    void zshTakesItsScript() throws IOException {
        assertThat(lines("zsh", "-f", "-c", "source " + script("zsh") + " && print ${_comps[holdfast]}"))
                .hasSize(1)
                .allMatch(line -> line.contains("_bash_complete") && line.contains("-F _complete_holdfast"));
    }
}
