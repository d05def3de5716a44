package io.holdfast.cli;

import io.holdfast.agent.AgentDirectory;
import io.holdfast.control.ServerDirectory;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.WallClock;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "doctor",
        description = "Looks at a server or agent as it runs: its directory, certificate and clock, its way to the"
                + " server, repositories. Changes nothing.")
final class DoctorCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(
            paramLabel = "server|media|agent",
            arity = "0..1",
            description = "What to look at (default: what is here).")
    private @Nullable MachineRole role;

    @Option(names = "--data", paramLabel = "DIR", description = "Where it keeps what is its own.")
    private @Nullable Path data;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Its configuration file (default: the one in /etc/holdfast, where it is).")
    private @Nullable Path config;

    DoctorCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        if (role == null && (data != null || config != null)) {
            throw HoldfastException.usage(
                    "whether --data and --config are of a server or an agent, nobody can tell",
                    "Say it: holdfast doctor server, or holdfast doctor agent.");
        }
        long problems = 0;
        for (MachineRole each : role == null ? here() : List.of(role)) {
            problems += look(each);
        }
        if (problems > 0) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    Formats.count(problems, "problem", "problems") + " found",
                    "Each is named above, with what to do.");
        }
        return 0;
    }

    private List<MachineRole> here() {
        List<MachineRole> here = Arrays.stream(MachineRole.values())
                .filter(each -> isHere(each, data(each, Configuration.of(root, each, null))))
                .toList();
        if (here.isEmpty()) {
            throw HoldfastException.usage(
                    "there is neither a server nor a media server nor an agent here, or it is another user's",
                    "Run this as the user that it runs as, or name it: holdfast doctor agent --data DIR.");
        }
        return here;
    }

    private static boolean isHere(MachineRole role, Path data) {
        return role == MachineRole.SERVER
                ? new ServerDirectory(data).isServer()
                : new AgentDirectory(data).isEnrolled();
    }

    private Path data(MachineRole role, Configuration configuration) {
        Path named = data == null ? configuration.data().orElse(role.data(root.environment())) : data;
        return named.toAbsolutePath().normalize();
    }

    private long look(MachineRole each) {
        Configuration configuration = Configuration.of(root, each, config);
        Path directory = data(each, configuration);
        Doctor doctor = new Doctor(WallClock.system());
        List<Finding> findings = new ArrayList<>();
        if (each == MachineRole.SERVER) {
            InetSocketAddress listen =
                    ListenAddress.parse(configuration.listen().orElse(ListenAddress.DEFAULT));
            findings.addAll(
                    doctor.server(new ServerDirectory(directory), ListenAddress.local(listen, listen.getPort())));
        } else {
            AgentDirectory own = new AgentDirectory(directory);
            findings.addAll(each == MachineRole.MEDIA ? doctor.media(own) : doctor.agent(own));
        }
        for (Finding finding : findings) {
            root.messages()
                    .print("%-8s %-6s  %-12s  %s"
                            .formatted(finding.state().word(), each.word(), finding.subject(), finding.text()));
            root.messages()
                    .object(JsonLine.of("check")
                            .with("role", each.word())
                            .with("check", finding.subject())
                            .with("state", finding.state().word())
                            .with("message", finding.message())
                            .with("hint", finding.hint()));
        }
        return Finding.count(findings, Finding.State.PROBLEM);
    }
}
