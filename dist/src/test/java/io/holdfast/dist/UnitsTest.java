package io.holdfast.dist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The services of servers and agents, as systemd reads them. */
final class UnitsTest {
    private static final Path UNITS = Path.of("src/package/systemd");
    /** How long the program takes at most to leave in order. */
    private static final int GRACE_SECONDS = 30;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"holdfast-server.service", "holdfast-media.service", "holdfast-agent.service"})
    void areWhatSystemdExpects(String name) throws Exception {
        String text = Files.readString(UNITS.resolve(name));
        // The program itself is not installed where this runs.
        Path unit = Files.writeString(directory.resolve(name), text.replace("/usr/bin/holdfast", "/bin/true"));
        Process process = new ProcessBuilder("systemd-analyze", "--man=no", "verify", unit.toString())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        // It ends well with keys that it does not know, too.
        assertThat(output.lines().filter(line -> line.contains(name))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"holdfast-server.service", "holdfast-media.service", "holdfast-agent.service"})
    void leaveTheProgramItsTimeAndItsRights(String name) throws Exception {
        List<String> lines = Files.readAllLines(UNITS.resolve(name));
        assertThat(lines).contains("Restart=on-failure", "SuccessExitStatus=143", "KillMode=mixed");
        int stop = lines.stream()
                .filter(line -> line.startsWith("TimeoutStopSec="))
                .mapToInt(line -> Integer.parseInt(line.substring("TimeoutStopSec=".length())))
                .findFirst()
                .orElseThrow();
        assertThat(stop).isGreaterThan(GRACE_SECONDS);
        // What of these is on would be missing in backups, or not come back.
        assertThat(lines)
                .noneMatch(
                        line -> line.matches("(?:Protect|Private|ReadOnly|Inaccessible|NoNewPrivileges|RestrictSUIDSGID"
                                + "|MemoryDenyWriteExecute|DynamicUser|User).*"));
    }
}
