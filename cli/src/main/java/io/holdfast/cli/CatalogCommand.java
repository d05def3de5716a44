package io.holdfast.cli;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Leaderships.Leadership;
import io.holdfast.control.CatalogFile;
import io.holdfast.control.ServerDirectory;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.WallClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "catalog",
        description = "Brings the catalog of a server elsewhere, or back from its repositories.",
        synopsisSubcommandLabel = "COMMAND")
final class CatalogCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private CatalogCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new CatalogCommand())
                .addSubcommand(new ExportCatalog(root))
                .addSubcommand(new ImportCatalog(root))
                .addSubcommand(new RebuildCatalogCommand(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'catalog' needs a command: export, import or rebuild");
    }

    /** Which catalog is meant. */
    static final class Place {
        @Option(names = "--data", paramLabel = "DIR", description = "Where the server keeps what is its own.")
        private @Nullable Path data;

        @Option(names = "--catalog", paramLabel = "URL", description = "The catalog is in PostgreSQL.")
        private @Nullable String url;

        @Option(
                names = "--config",
                paramLabel = "FILE",
                description =
                        "Reads what no option says from FILE (default: server.yaml in /etc/holdfast, where it is).")
        private @Nullable Path config;

        private Configuration configuration(RootCommand root) {
            return Configuration.of(root, MachineRole.SERVER, config);
        }

        ServerDirectory directory(RootCommand root) {
            return ServerCommand.directory(root, data, configuration(root));
        }

        /** Where a server was made; nothing is made here. */
        ServerDirectory existing(RootCommand root) {
            Configuration configuration = configuration(root);
            Path place = data == null ? configuration.data().orElse(MachineRole.SERVER.data(root.environment())) : data;
            ServerDirectory directory =
                    new ServerDirectory(place.toAbsolutePath().normalize());
            if (configuration.catalogUrl(url).isEmpty() && !Files.exists(directory.catalog())) {
                throw HoldfastException.usage(
                        "there is no catalog in " + directory.root(),
                        "Name the directory of the server with --data, or its database with --catalog.");
            }
            return directory;
        }

        Catalog open(RootCommand root, ServerDirectory directory) {
            return LocalServer.catalog(directory, configuration(root).catalogUrl(url));
        }
    }

    /** @throws HoldfastException {@code REFUSED} while a server runs with this catalog */
    private static void requireNoServer(Catalog catalog) {
        Optional<Leadership> current = catalog.leaderships().current();
        if (current.isPresent()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "a server runs with this catalog, or was killed a short while ago",
                    "Stop it and try again; where none runs, after "
                            + Formats.local(current.get().until().plus(1, ChronoUnit.SECONDS)) + ".");
        }
    }

    @Command(name = "export", description = "Writes the whole catalog of a server that does not run to a file.")
    static final class ExportCatalog implements Callable<Integer> {
        private final RootCommand root;

        @Mixin
        private final Place place = new Place();

        @Parameters(paramLabel = "FILE", description = "A file that is not there yet; its owner alone can read it.")
        private @Nullable Path file;

        ExportCatalog(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            Path target = Objects.requireNonNull(file);
            ServerDirectory directory = place.existing(root);
            try (Catalog catalog = place.open(root, directory)) {
                requireNoServer(catalog);
                CatalogFile.Summary written = new CatalogFile(target)
                        .write(
                                catalog.rows(),
                                "holdfast " + VersionCommand.program(),
                                WallClock.system().instant().truncatedTo(ChronoUnit.SECONDS));
                root.messages()
                        .tell("Wrote " + Formats.count(written.allRows(), "row", "rows") + " of the catalog to "
                                + target + ".");
                root.messages()
                        .note("Keys in it are sealed: host.key and authority/ of " + directory.root()
                                + " have to go along, by another way.");
                root.messages()
                        .object(JsonLine.of("catalog_exported")
                                .with("file", target.toString())
                                .with("schema", written.schema())
                                .with("rows", written.allRows()));
                return 0;
            }
        }
    }

    @Command(name = "import", description = "Fills an empty catalog with what 'catalog export' wrote.")
    static final class ImportCatalog implements Callable<Integer> {
        private final RootCommand root;

        @Mixin
        private final Place place = new Place();

        @Parameters(paramLabel = "FILE", description = "What 'catalog export' wrote.")
        private @Nullable Path file;

        ImportCatalog(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            Path source = Objects.requireNonNull(file);
            CatalogFile reading = new CatalogFile(source);
            // What is no catalog makes none, not even an empty one.
            var ignored = reading.check();
            ServerDirectory directory = place.directory(root);
            try (Catalog catalog = place.open(root, directory)) {
                CatalogFile.Summary read = reading.fill(catalog.rows());
                List<String> missing = Stream.of(
                                directory.hostKey(), directory.authority().resolve("authority.pem"))
                        .filter(needed -> !Files.exists(needed))
                        .map(Path::toString)
                        .toList();
                root.messages()
                        .tell("Imported " + Formats.count(read.allRows(), "row", "rows") + " into the catalog ("
                                + catalog.kind() + ").");
                if (!missing.isEmpty()) {
                    root.messages()
                            .note("Before the server is started, copy host.key and authority/ from the directory of the"
                                    + " old one: " + String.join(" and ", missing) + " must be there.");
                }
                root.messages()
                        .object(JsonLine.of("catalog_imported")
                                .with("file", source.toString())
                                .with("schema", read.schema())
                                .with("rows", read.allRows())
                                .with("missing", missing));
                return 0;
            }
        }
    }
}
