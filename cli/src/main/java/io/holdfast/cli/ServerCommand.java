package io.holdfast.cli;

import io.holdfast.control.ServerDirectory;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.WallClock;
import io.holdfast.repository.session.HostIdentity;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "server",
        description = "Runs a server for many machines: plans, jobs, catalog, and this machine's own agent and media"
                + " server. Makes what is missing the first time.")
final class ServerCommand implements Callable<Integer> {
    private final RootCommand root;

    @Option(names = "--data", paramLabel = "DIR", description = "Where the server keeps what is its own.")
    private @Nullable Path data;

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            description = "The address to listen on (default: 0.0.0.0:8443; port 0 takes a free one).")
    private @Nullable String listen;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "A name or address by which others reach it, for its certificate (several times for more).")
    private List<String> names = List.of();

    @Option(
            names = "--catalog",
            paramLabel = "URL",
            description =
                    "Keeps the catalog in PostgreSQL, as jdbc:postgresql://HOST/DATABASE?user=NAME (default: a file).")
    private @Nullable String catalog;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Reads what is not said here from FILE (default: /etc/holdfast/server.yaml, where it is).")
    private @Nullable Path config;

    @Option(names = "--log", paramLabel = "text|json", description = "How it writes its log (default: text).")
    private @Nullable LogFormat logFormat;

    private ServerCommand(RootCommand root) {
        this.root = root;
    }

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new ServerCommand(root)).addSubcommand(new InitServer(root));
    }

    static ServerDirectory directory(RootCommand root, @Nullable Path data, Configuration configuration) {
        return ServerDirectory.create(
                data == null ? configuration.data().orElse(MachineRole.SERVER.data(root.environment())) : data);
    }

    @Override
    public Integer call() throws InterruptedException {
        Configuration configuration = Configuration.of(root, MachineRole.SERVER, config);
        InetSocketAddress address =
                ListenAddress.parse(listen == null ? configuration.listen().orElse(ListenAddress.DEFAULT) : listen);
        List<String> called = names.isEmpty() ? configuration.names() : names;
        Optional<String> catalogUrl = configuration.catalogUrl(catalog);
        LogLines log = new LogLines(
                root.environment().err(),
                configuration.logFormat(logFormat, root.messages().isJson()),
                WallClock.system());
        ServerDirectory directory = directory(root, data, configuration);
        LocalServer.init(directory, catalogUrl, Optional.empty(), Optional.empty(), log);
        LocalServer.Options options = new LocalServer.Options(directory, catalogUrl, address, called, log);
        try (LocalServer server = LocalServer.start(options)) {
            String url = "https://" + name(called, address) + ":" + server.port();
            root.messages().tell("Holdfast " + VersionCommand.program() + " listens on " + url);
            JsonLine ready = JsonLine.of("ready")
                    .with("url", url)
                    .with("version", VersionCommand.program())
                    .with("data", directory.root().toString());
            Optional<String> first = server.offerFirst().map(secret -> url + "/first/" + secret);
            if (first.isPresent()) {
                root.messages()
                        .tell(
                                "Nobody can log in yet. Whoever opens this link first, within a day, is the administrator:");
                // Without it the server is of no use: it is what was asked for, however quiet.
                root.messages().print("  " + first.get());
                ready.with("first_admin", first.get());
            }
            root.messages().object(ready);
            root.messages().flush();
            new CountDownLatch(1).await();
            return 0;
        }
    }

    private static String name(List<String> names, InetSocketAddress address) {
        if (!names.isEmpty()) {
            return names.getFirst();
        }
        if (address.getAddress().isAnyLocalAddress()) {
            return HostIdentity.ofThisProcess().host();
        }
        String number = address.getAddress().getHostAddress();
        return number.contains(":") ? "[" + number + "]" : number;
    }

    @Command(name = "init", description = "Makes a server with an administrator, without running it.")
    static final class InitServer implements Callable<Integer> {
        private static final int MIN_PASSWORD = 10;

        private final RootCommand root;

        @Option(names = "--data", paramLabel = "DIR", description = "Where the server keeps what is its own.")
        private @Nullable Path data;

        @Option(
                names = "--admin-password-file",
                paramLabel = "FILE",
                required = true,
                description = "The first line of FILE is the password of the user 'admin'.")
        private @Nullable Path passwordFile;

        @Option(names = "--catalog", paramLabel = "URL", description = "Keeps the catalog in PostgreSQL.")
        private @Nullable String catalog;

        @Option(
                names = "--repository",
                paramLabel = "URL",
                description = "Puts the first repository there (default: into the directory of the server).")
        private @Nullable String repository;

        @Option(
                names = "--config",
                paramLabel = "FILE",
                description =
                        "Reads what is not said here from FILE (default: /etc/holdfast/server.yaml, where it is).")
        private @Nullable Path config;

        InitServer(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            String password =
                    SmallFiles.firstLine(java.util.Objects.requireNonNull(passwordFile), "--admin-password-file");
            if (password.length() < MIN_PASSWORD) {
                throw HoldfastException.usage(
                        "the password in " + passwordFile + " is shorter than " + MIN_PASSWORD + " characters",
                        "Three or four words are better than one with digits in it.");
            }
            Configuration configuration = Configuration.of(root, MachineRole.SERVER, config);
            ServerDirectory directory = directory(root, data, configuration);
            if (directory.isServer()) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        "there is a server in " + directory.root() + " already",
                        "Start it: holdfast server --data "
                                + Shell.quote(directory.root().toString()));
            }
            LogLines log = new LogLines(
                    root.environment().err(),
                    configuration.logFormat(null, root.messages().isJson()),
                    WallClock.system());
            LocalServer.init(
                    directory,
                    configuration.catalogUrl(catalog),
                    Optional.of(password),
                    Optional.ofNullable(repository),
                    log);
            root.messages().tell("Made a server in " + directory.root() + ", with the user 'admin'.");
            root.messages()
                    .note("Start it: " + root.environment().command() + " server --data "
                            + Shell.quote(directory.root().toString()));
            root.messages()
                    .object(JsonLine.of("initialized")
                            .with("data", directory.root().toString()));
            return 0;
        }
    }
}
