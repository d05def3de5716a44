package io.holdfast.cli;

import io.holdfast.agent.AgentDirectory;
import io.holdfast.agent.Enroller;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.WallClock;
import io.holdfast.repository.session.HostIdentity;
import io.holdfast.security.Token;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "media",
        description = "Media servers: they keep repositories near the machines that they serve.",
        synopsisSubcommandLabel = "COMMAND")
final class MediaCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private MediaCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        CommandLine line = new CommandLine(new MediaCommand())
                .addSubcommand(new JoinMedia(root))
                .addSubcommand(new RunMedia(root));
        return MediaOfServer.addTo(line, root);
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'media' needs a command: join, run, list, show, drain, activate or remove");
    }

    private static AgentDirectory directory(RootCommand root, @Nullable Path data, Configuration configuration) {
        Path named = data == null ? configuration.data().orElse(MachineRole.MEDIA.data(root.environment())) : data;
        return new AgentDirectory(named.toAbsolutePath().normalize());
    }

    @Command(name = "join", description = "Makes this machine a media server of a server, with a token from there.")
    static final class JoinMedia implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "URL", description = "The server, as https://HOST:PORT.")
        private String url = "";

        @Option(
                names = "--token",
                paramLabel = "TOKEN",
                required = true,
                description = "From 'holdfast token create --media'.")
        private String token = "";

        @Option(
                names = "--name",
                paramLabel = "NAME",
                description = "The name of this media server there (default: its host name).")
        private @Nullable String name;

        @Option(
                names = "--site",
                paramLabel = "NAME",
                description = "Where it stands: hosts with the tag site:NAME are sent to it first.")
        private @Nullable String site;

        @Option(names = "--data", paramLabel = "DIR", description = "Where the media server keeps its state.")
        private @Nullable Path data;

        @Option(
                names = "--config",
                paramLabel = "FILE",
                description = "Reads what is not said here from FILE (default: /etc/holdfast/media.yaml, where it is).")
        private @Nullable Path config;

        JoinMedia(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            URI server = ServerAccess.uri(url);
            Token parsed = Token.parse(token);
            if (parsed.kind() != Token.Kind.MEDIA) {
                throw HoldfastException.usage(
                        "this token is for " + (parsed.kind() == Token.Kind.ENROL ? "hosts" : "scripts"),
                        "Make one for media servers: holdfast token create --media.");
            }
            String wanted = name == null ? HostIdentity.ofThisProcess().host() : name;
            AgentDirectory directory = directory(root, data, Configuration.of(root, MachineRole.MEDIA, config));
            String id = Enroller.enrol(
                    directory, server, parsed, "media", wanted, Optional.ofNullable(site), new SecureRandom());
            root.messages().tell("This machine is media server " + wanted + " of " + server + " now.");
            root.messages().note("Start it: " + root.environment().command() + " media run");
            root.messages()
                    .object(JsonLine.of("joined")
                            .with("id", id)
                            .with("name", wanted)
                            .with("data", directory.root().toString()));
            return 0;
        }
    }

    @Command(
            name = "run",
            description = "Takes what hosts send and keeps it in the repositories that the server names, until it is"
                    + " stopped.")
    static final class RunMedia implements Callable<Integer> {
        /** What cannot be had so soon is had later: hosts that come before go to others, or come again. */
        private static final Duration UNTIL_KNOWN = Duration.ofSeconds(10);

        private final RootCommand root;

        @Option(names = "--data", paramLabel = "DIR", description = "Where the media server keeps its state.")
        private @Nullable Path data;

        @Option(
                names = "--listen",
                paramLabel = "HOST:PORT",
                description = "The address to listen on (default: 0.0.0.0:8443; port 0 takes a free one).")
        private @Nullable String listen;

        @Option(
                names = "--url",
                paramLabel = "URL",
                description = "Under which hosts reach it, as https://HOST:PORT (default: the name of this machine, and"
                        + " the port that it listens on).")
        private @Nullable String url;

        @Option(
                names = "--config",
                paramLabel = "FILE",
                description = "Reads what is not said here from FILE (default: /etc/holdfast/media.yaml, where it is).")
        private @Nullable Path config;

        @Option(names = "--log", paramLabel = "text|json", description = "How it writes its log (default: text).")
        private @Nullable LogFormat logFormat;

        RunMedia(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() throws InterruptedException {
            Configuration configuration = Configuration.of(root, MachineRole.MEDIA, config);
            InetSocketAddress address =
                    ListenAddress.parse(listen == null ? configuration.listen().orElse(ListenAddress.DEFAULT) : listen);
            Optional<String> reached =
                    Optional.ofNullable(url).or(configuration::url).map(MediaUrl::address);
            LogLines log = new LogLines(
                    root.environment().err(),
                    configuration.logFormat(logFormat, root.messages().isJson()),
                    WallClock.system());
            AgentDirectory directory = directory(root, data, configuration);
            if (!directory.isEnrolled()) {
                throw HoldfastException.usage(
                        "no media server has joined in " + directory.root(),
                        "Ask the server for a token, then: holdfast media join https://SERVER --token TOKEN.");
            }
            try (RemoteMedia media = RemoteMedia.start(new RemoteMedia.Options(directory, address, reached, log))) {
                boolean isKnown = media.awaitKnown(UNTIL_KNOWN);
                String own = "https://" + media.address();
                root.messages()
                        .tell("Media server " + VersionCommand.program() + " listens on port " + media.port()
                                + "; hosts reach it at " + own
                                + (isKnown ? "." : ". The control server has not answered yet."));
                root.messages()
                        .object(JsonLine.of("ready")
                                .with("id", media.id())
                                .with("url", own)
                                .with("version", VersionCommand.program())
                                .with("data", directory.root().toString()));
                root.messages().flush();
                new CountDownLatch(1).await();
                return 0;
            }
        }
    }
}
