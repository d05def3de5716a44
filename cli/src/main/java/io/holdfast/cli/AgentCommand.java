package io.holdfast.cli;

import io.holdfast.agent.Agent;
import io.holdfast.agent.AgentDirectory;
import io.holdfast.agent.Enroller;
import io.holdfast.core.EventLog;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.repository.session.HostIdentity;
import io.holdfast.security.Token;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
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
        name = "agent",
        description = "The agent: does on this machine what a server's plans say.",
        synopsisSubcommandLabel = "COMMAND")
final class AgentCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private AgentCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new AgentCommand())
                .addSubcommand(new EnrollAgent(root))
                .addSubcommand(new RunAgent(root))
                .addSubcommand(AgentKeyCommand.line(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'agent' needs a command: enroll, run or key");
    }

    static AgentDirectory directory(RootCommand root, @Nullable Path data, Configuration configuration) {
        Path named = data == null ? configuration.data().orElse(MachineRole.AGENT.data(root.environment())) : data;
        return new AgentDirectory(named.toAbsolutePath().normalize());
    }

    /** What a machine tells of itself. */
    static Map<String, String> facts() {
        return Map.of(
                "os",
                System.getProperty("os.name", "") + " " + System.getProperty("os.version", ""),
                "arch",
                System.getProperty("os.arch", ""),
                "cores",
                Integer.toString(Runtime.getRuntime().availableProcessors()));
    }

    static Agent.Settings settings(EventLog log) {
        return new Agent.Settings(
                VersionCommand.program(),
                facts(),
                WallClock.system(),
                MonotonicClock.system(),
                new SecureRandom(),
                log);
    }

    @Command(name = "enroll", description = "Makes this machine known to a server, with a token from there.")
    static final class EnrollAgent implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "URL", description = "The server, as https://HOST:PORT.")
        private String url = "";

        @Option(
                names = "--token",
                paramLabel = "TOKEN",
                required = true,
                description = "From 'holdfast token create --enroll'.")
        private String token = "";

        @Option(
                names = "--name",
                paramLabel = "NAME",
                description = "The name of this machine there (default: its host name).")
        private @Nullable String name;

        @Option(names = "--data", paramLabel = "DIR", description = "Where the agent keeps its state.")
        private @Nullable Path data;

        @Option(
                names = "--config",
                paramLabel = "FILE",
                description = "Reads what is not said here from FILE (default: /etc/holdfast/agent.yaml, where it is).")
        private @Nullable Path config;

        EnrollAgent(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            URI server = ServerAccess.uri(url);
            String wanted = name == null ? HostIdentity.ofThisProcess().host() : name;
            AgentDirectory directory = directory(root, data, Configuration.of(root, MachineRole.AGENT, config));
            String id = Enroller.enrol(directory, server, Token.parse(token), "host", wanted, new SecureRandom());
            root.messages().tell("This machine is " + wanted + " on " + server + " now.");
            root.messages().note("Start its agent: " + root.environment().command() + " agent run");
            root.messages()
                    .object(JsonLine.of("enrolled")
                            .with("id", id)
                            .with("name", wanted)
                            .with("data", directory.root().toString()));
            return 0;
        }
    }

    @Command(name = "run", description = "Asks the server for work and does it, until it is stopped.")
    static final class RunAgent implements Callable<Integer> {
        private final RootCommand root;

        @Option(names = "--data", paramLabel = "DIR", description = "Where the agent keeps its state.")
        private @Nullable Path data;

        @Option(
                names = "--config",
                paramLabel = "FILE",
                description = "Reads what is not said here from FILE (default: /etc/holdfast/agent.yaml, where it is).")
        private @Nullable Path config;

        @Option(names = "--log", paramLabel = "text|json", description = "How it writes its log (default: text).")
        private @Nullable LogFormat logFormat;

        RunAgent(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() throws InterruptedException {
            Configuration configuration = Configuration.of(root, MachineRole.AGENT, config);
            LogLines log = new LogLines(
                    root.environment().err(),
                    configuration.logFormat(logFormat, root.messages().isJson()),
                    WallClock.system());
            AgentDirectory directory = directory(root, data, configuration);
            var ignored = directory.identity(); // Says what to do where there is none.
            try (Agent agent = Agent.start(
                    directory, Works.of(directory, List.of(), configuration.vaultKeys(), log), settings(log))) {
                root.messages().tell("Asking " + String.join(", ", directory.servers()) + " for work.");
                root.messages()
                        .object(JsonLine.of("agent")
                                .with(
                                        "id",
                                        agent.identity()
                                                .certificate()
                                                .getSubjectX500Principal()
                                                .getName()));
                new CountDownLatch(1).await();
                return 0;
            }
        }
    }
}
