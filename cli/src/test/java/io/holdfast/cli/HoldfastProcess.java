package io.holdfast.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The real command in a process of its own, with a home directory of its own. */
final class HoldfastProcess {
    private static final int PATIENCE_SECONDS = 120;

    private final Path home;
    private final List<String> prefix;
    private final String heap;

    HoldfastProcess(Path home) {
        this(home, List.of(), "160m");
    }

    /** @param prefix a command that runs the one after it, such as setpriv */
    HoldfastProcess(Path home, List<String> prefix) {
        this(home, prefix, "160m");
    }

    /** @param heap the most that Java may take for objects, such as 160m */
    HoldfastProcess(Path home, List<String> prefix, String heap) {
        this.heap = heap;
        this.home = home;
        this.prefix = List.copyOf(prefix);
    }

    /** How a command ended, and what it said on both streams. */
    record Ended(int code, String output) {}

    /** A command that is running. */
    record Running(Process process, Path output) {
        Ended await() {
            try {
                if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError(
                            "still running after " + PATIENCE_SECONDS + " s: " + Files.readString(output));
                }
                return new Ended(process.exitValue(), Files.readString(output, StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    Running start(String... arguments) {
        List<String> command = new ArrayList<>(prefix);
        // Whoever runs the tests in the background may have Ctrl-C ignored, and so would all that is started.
        command.addAll(List.of("env", "--default-signal=INT"));
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "io.holdfast.cli.Main"));
        command.addAll(List.of(arguments));
        try {
            // Not in the home directory, whose disk may be full: a command whose output gets lost fails.
            Path output = Files.createTempFile("holdfast-", ".txt");
            output.toFile().deleteOnExit();
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(output.toFile());
            builder.environment().put("HOME", home.toString());
            builder.environment().keySet().removeIf(name -> name.startsWith("XDG_") || name.startsWith("HOLDFAST_"));
            builder.environment().put("LC_ALL", "C.UTF-8");
            return new Running(builder.start(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Ended run(String... arguments) {
        return start(arguments).await();
    }
}
