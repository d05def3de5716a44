package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "config",
        description = "Configuration files of servers and agents.",
        synopsisSubcommandLabel = "COMMAND")
final class ConfigCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private ConfigCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new ConfigCommand()).addSubcommand(new CheckConfig(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(), "'config' needs a command: check");
    }

    @Command(
            name = "check",
            description = "Says what is wrong in configuration files, and whether what starts with them finds what it"
                    + " needs. Changes nothing.")
    static final class CheckConfig implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(
                paramLabel = "FILE",
                arity = "0..*",
                description =
                        "What to check (default: server.yaml, media.yaml and agent.yaml in /etc/holdfast, where they are).")
        private List<Path> files = new ArrayList<>();

        @Option(
                names = "--role",
                paramLabel = "server|media|agent",
                description = "Whose files they are (default: as their names begin).")
        private @Nullable MachineRole role;

        CheckConfig(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            long problems = 0;
            for (Path file : files()) {
                problems += check(role == null ? MachineRole.ofFile(file) : role, file);
            }
            if (problems > 0) {
                throw HoldfastException.usage(
                        Formats.count(problems, "problem", "problems") + " in configuration files",
                        "Each is named above, with what to do.");
            }
            return 0;
        }

        private List<Path> files() {
            if (!files.isEmpty()) {
                return files;
            }
            List<Path> usual = Arrays.stream(role == null ? MachineRole.values() : new MachineRole[] {role})
                    .map(each -> each.file(root.environment()))
                    .toList();
            List<Path> there =
                    usual.stream().filter(file -> !Files.notExists(file)).toList();
            if (there.isEmpty()) {
                throw HoldfastException.usage("there is no " + usual.getFirst(), "Name a file to check.");
            }
            return there;
        }

        private long check(MachineRole whose, Path file) {
            List<Finding> findings = ConfigurationCheck.of(root.environment(), whose, file);
            for (Finding each : findings) {
                root.messages().print(each.subject() + ": " + each.state().word() + ": " + each.text());
                root.messages()
                        .object(JsonLine.of("finding")
                                .with("place", each.subject())
                                .with("state", each.state().word())
                                .with("message", each.message())
                                .with("hint", each.hint()));
            }
            long problems = Finding.count(findings, Finding.State.PROBLEM);
            if (findings.isEmpty()) {
                root.messages().tell(file + ": ok");
            }
            root.messages()
                    .object(JsonLine.of("config")
                            .with("file", file.toString())
                            .with("role", whose.word())
                            .with("problems", problems)
                            .with("warnings", Finding.count(findings, Finding.State.WARNING)));
            return problems;
        }
    }
}
