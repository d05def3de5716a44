package io.holdfast.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What a command knows of the world around it.
 *
 * @param variables environment variables
 */
record Environment(Map<String, String> variables, InputStream in, PrintStream out, PrintStream err) {

    Optional<String> variable(String name) {
        return Optional.ofNullable(variables.get(name)).filter(value -> !value.isEmpty());
    }

    /** What a person types to run this program. */
    String command() {
        return variable("HOLDFAST_COMMAND").map(Shell::quote).orElse("holdfast");
    }

    /** Where data of programs lies (XDG base directory specification). */
    Path dataHome() {
        return home("XDG_DATA_HOME", ".local/share");
    }

    Path configHome() {
        return home("XDG_CONFIG_HOME", ".config");
    }

    Path cacheHome() {
        return home("XDG_CACHE_HOME", ".cache");
    }

    /** Whether what is written to standard error is seen by a person. */
    boolean isErrTerminal() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException e) {
            return System.console() != null && System.console().isTerminal();
        }
    }

    private Path home(String variable, String below) {
        return variable(variable)
                .map(Path::of)
                .filter(Path::isAbsolute)
                .orElseGet(() -> Path.of(variable("HOME").orElse(System.getProperty("user.home")), below))
                .resolve("holdfast");
    }
}
