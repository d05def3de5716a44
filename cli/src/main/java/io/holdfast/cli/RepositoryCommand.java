package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.Nothing;
import io.holdfast.protocol.api.RepositoryApi.NewRepository;
import io.holdfast.protocol.api.RepositoryApi.Pruning;
import io.holdfast.protocol.api.RepositoryApi.RepositoryKey;
import io.holdfast.protocol.api.RepositoryApi.RepositoryList;
import io.holdfast.protocol.api.RepositoryApi.RepositoryView;
import io.holdfast.repository.crypto.KeyFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "repository",
        description = "Works with the repositories of a server.",
        synopsisSubcommandLabel = "COMMAND")
final class RepositoryCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private RepositoryCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new RepositoryCommand())
                .addSubcommand(new ListRepositories(root))
                .addSubcommand(new AddRepository(root))
                .addSubcommand(new RemoveRepository(root))
                .addSubcommand(new KeyOfRepository(root))
                .addSubcommand(new PruneRepository(root))
                .addSubcommand(new RepositorySheetCommand(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'repository' needs a command: list, add, remove, key, prune or sheet");
    }

    private static JsonLine json(RepositoryView repository) {
        return JsonLine.of("repository")
                .with("name", repository.name())
                .with("url", repository.url())
                .with("id", repository.id())
                .with("state", repository.state())
                .with("added", repository.added().toString())
                .with("snapshots", repository.snapshots())
                .with("bytes", repository.bytes())
                .with("stored_bytes", repository.storedBytes())
                .with("media", repository.media())
                .with("trouble", repository.trouble().orElse(""));
    }

    @Command(name = "list", description = "Shows the repositories of a server.")
    static final class ListRepositories implements Callable<Integer> {
        private final RootCommand root;

        ListRepositories(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                for (RepositoryView repository :
                        server.get("/api/v1/repositories", RepositoryList.class).items()) {
                    root.messages()
                            .print("%-16s  %s, %s in %s  %s%s"
                                    .formatted(
                                            repository.name(),
                                            Formats.count(repository.snapshots(), "snapshot", "snapshots"),
                                            Formats.size(repository.bytes()),
                                            Formats.size(repository.storedBytes()),
                                            repository.url(),
                                            repository
                                                    .trouble()
                                                    .map(text -> "  TROUBLE: " + text)
                                                    .orElse("")));
                    root.messages().object(json(repository));
                }
                return 0;
            }
        }
    }

    @Command(
            name = "add",
            description = "Makes a repository for the server, or with --key-file adds one that is there.")
    static final class AddRepository implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(index = "0", paramLabel = "NAME", description = "Its name in plans.")
        private String name = "";

        @Parameters(index = "1", paramLabel = "URL", description = "Where, as --repo takes it, seen from the server.")
        private String url = "";

        @Option(
                names = "--media",
                paramLabel = "NAME",
                description =
                        "The media server that serves it (several times for more; default: all that can open it).")
        private List<String> media = List.of();

        AddRepository(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            Optional<String> key = root.keyFile().map(AddRepository::text);
            try (HttpCaller server = ServerAccess.open(root)) {
                RepositoryView added = server.send(
                        "POST", "/api/v1/repositories", new NewRepository(name, url, key, media), RepositoryView.class);
                root.messages()
                        .tell((key.isPresent() ? "Added " : "Made ") + added.name() + " at " + added.url() + ".");
                root.messages().object(json(added));
                return 0;
            }
        }

        private static String text(Path file) {
            try {
                return SmallFiles.read(file);
            } catch (IOException e) {
                throw HoldfastException.usage(file + " cannot be read: " + Reasons.text(e), "Check --key-file.");
            }
        }
    }

    @Command(
            name = "remove",
            description = "Has the server forget a repository that nothing uses; its store is not touched.")
    static final class RemoveRepository implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "NAME", description = "Its name in plans.")
        private String name = "";

        RemoveRepository(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                server.tell("DELETE", "/api/v1/repositories/" + ServerAccess.segment(name));
                root.messages().tell("The server knows nothing of " + name + " any more; what is in its store stays.");
                root.messages().object(JsonLine.of("removed").with("name", name));
                return 0;
            }
        }
    }

    @Command(
            name = "key",
            description =
                    "Writes the key of a server's repository to a file: it opens the repository without the server.")
    static final class KeyOfRepository implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "NAME", description = "Its name in plans.")
        private String name = "";

        @Option(
                names = "--out",
                paramLabel = "FILE",
                required = true,
                description = "A file that is not there yet; its owner alone can read it.")
        private @Nullable Path out;

        KeyOfRepository(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            Path file = Objects.requireNonNull(out);
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new HoldfastException(ErrorCode.REFUSED, file + " is there already", "Name another file.");
            }
            try (HttpCaller server = ServerAccess.open(root)) {
                RepositoryKey key = server.send(
                        "POST",
                        "/api/v1/repositories/" + ServerAccess.segment(name) + "/key",
                        Nothing.NOTHING,
                        RepositoryKey.class);
                RepositoryAccess.writeKey(file, KeyFile.parse(key.key(), "the key of " + name));
                root.messages()
                        .tell("Wrote the key of " + name + " to " + file
                                + ". Whoever has it reads everything in the repository: keep it off this machine.");
                root.messages().object(JsonLine.of("key").with("name", name).with("file", file.toString()));
                return 0;
            }
        }
    }

    @Command(
            name = "prune",
            description =
                    "Has the server forget in a repository what its plans do not keep, and delete what nothing needs, besides its nights.")
    static final class PruneRepository implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "NAME", description = "Its name in plans.")
        private String name = "";

        @Option(names = "--wait", description = "Ends when it has.")
        private boolean wait;

        PruneRepository(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                Pruning pruning = server.send(
                        "POST",
                        "/api/v1/repositories/" + ServerAccess.segment(name) + "/prune",
                        Nothing.NOTHING,
                        Pruning.class);
                return JobCommand.begun(server, root, List.of(pruning.job()), wait);
            }
        }
    }
}
