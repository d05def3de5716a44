package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a dump comes back: options of the commands that restore. */
final class DatabaseOptions {
    @Option(
            names = "--database",
            description = "Brings the dump of the snapshot into a running database server, in the place of files.")
    private boolean isWanted;

    @Option(names = "--as", paramLabel = "NAME", description = "The database's name there (default: its own).")
    private @Nullable String name;

    @Option(names = "--replace", description = "Replaces a database of that name, which is lost then.")
    private boolean replace;

    @Option(
            names = "--connection",
            paramLabel = "FILE",
            description = "How the database server is reached and who logs in, a file of the host that restores.")
    private @Nullable String connection;

    @Option(
            names = "--run-as",
            paramLabel = "USER",
            description = "Which user of the machine runs the server's programs, such as postgres.")
    private @Nullable String runAs;

    /** Whether a database is what is to be restored. */
    boolean isWanted() {
        if (!isWanted && (name != null || replace || connection != null || runAs != null)) {
            throw HoldfastException.usage(
                    "--as, --replace, --connection and --run-as are about a database", "Write --database, too.");
        }
        return isWanted;
    }

    Optional<String> name() {
        return Optional.ofNullable(name);
    }

    boolean replaces() {
        return replace;
    }

    Optional<String> connection() {
        return Optional.ofNullable(connection);
    }

    Optional<String> runAs() {
        return Optional.ofNullable(runAs);
    }
}
