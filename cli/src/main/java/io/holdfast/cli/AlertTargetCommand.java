package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.AlertApi.NewTarget;
import io.holdfast.protocol.api.AlertApi.TargetList;
import io.holdfast.protocol.api.AlertApi.TargetView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "target", description = "Says who is told of alerts.", synopsisSubcommandLabel = "COMMAND")
final class AlertTargetCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private AlertTargetCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new AlertTargetCommand())
                .addSubcommand(new AddTarget(root))
                .addSubcommand(new ListTargets(root))
                .addSubcommand(new RemoveTarget(root))
                .addSubcommand(new TestTarget(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'alert target' needs a command: add, list, remove or test");
    }

    private static void print(RootCommand root, TargetView target) {
        String place = target.url()
                .orElseGet(() -> String.join(", ", target.to()) + " by "
                        + target.server().orElse(""));
        root.messages().print("%-20s  %-8s  %s".formatted(target.name(), target.kind(), place));
        JsonLine line = JsonLine.of("target")
                .with("name", target.name())
                .with("kind", target.kind())
                .with("to", target.to())
                .with("secret", target.hasSecret());
        target.url().ifPresent(url -> line.with("url", url));
        target.server().ifPresent(server -> line.with("smtp", server));
        target.security().ifPresent(security -> line.with("security", security));
        target.user().ifPresent(user -> line.with("user", user));
        target.from().ifPresent(from -> line.with("from", from));
        root.messages().object(line);
    }

    @Command(name = "add", description = "Adds a webhook, or an address of e-mail.")
    static final class AddTarget implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(index = "0", paramLabel = "KIND", description = "webhook or email.")
        private String kind = "";

        @Parameters(index = "1", paramLabel = "NAME", description = "Its name.")
        private String name = "";

        @Option(names = "--url", paramLabel = "URL", description = "Of a webhook: where notices are sent.")
        private @Nullable String url;

        @Option(
                names = "--smtp",
                paramLabel = "HOST[:PORT]",
                description = "Of e-mail: the mail server (default port: 587, with tls 465).")
        private @Nullable String smtp;

        @Option(names = "--security", paramLabel = "WORD", description = "Of e-mail: starttls (default), tls or none.")
        private @Nullable String security;

        @Option(names = "--user", paramLabel = "NAME", description = "Of e-mail: who logs in to the mail server.")
        private @Nullable String user;

        @Option(names = "--from", paramLabel = "ADDRESS", description = "Of e-mail: who sends it.")
        private @Nullable String from;

        @Option(
                names = "--to",
                paramLabel = "ADDRESS",
                description = "Of e-mail: who gets it (several times for more).")
        private List<String> to = List.of();

        @Option(
                names = "--secret-file",
                paramLabel = "FILE",
                description = "Its first line signs notices of a webhook, or is the password of --user.")
        private @Nullable Path secretFile;

        @Option(
                names = "--ca-file",
                paramLabel = "FILE",
                description = "Believe the certificate of this authority (default: those of the server's system).")
        private @Nullable Path authority;

        AddTarget(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            NewTarget wish = new NewTarget(
                    name,
                    kind,
                    Optional.ofNullable(url),
                    Optional.ofNullable(smtp),
                    Optional.ofNullable(security),
                    Optional.ofNullable(user),
                    Optional.ofNullable(from),
                    to,
                    Optional.ofNullable(secretFile).map(file -> SmallFiles.firstLine(file, "--secret-file")),
                    Optional.ofNullable(authority).map(AddTarget::text));
            try (HttpCaller server = ServerAccess.open(root)) {
                print(root, server.send("POST", "/api/v1/alerts/targets", wish, TargetView.class));
                return 0;
            }
        }

        private static String text(Path file) {
            try {
                return SmallFiles.read(file);
            } catch (IOException e) {
                throw HoldfastException.usage(file + " cannot be read: " + Reasons.text(e), "Check --ca-file.");
            }
        }
    }

    @Command(name = "list", description = "Shows who is told; secrets are shown to nobody.")
    static final class ListTargets implements Callable<Integer> {
        private final RootCommand root;

        ListTargets(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                server.get("/api/v1/alerts/targets", TargetList.class).items().forEach(target -> print(root, target));
                return 0;
            }
        }
    }

    @Command(name = "remove", description = "Tells somebody nothing any more.")
    static final class RemoveTarget implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "NAME", description = "The target's name.")
        private String name = "";

        RemoveTarget(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                server.tell("DELETE", "/api/v1/alerts/targets/" + ServerAccess.segment(name));
                root.messages().tell("Removed " + name + ".");
                root.messages().object(JsonLine.of("removed").with("name", name));
                return 0;
            }
        }
    }

    @Command(name = "test", description = "Tells one of them that this is a test, and says how that went.")
    static final class TestTarget implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "NAME", description = "The target's name.")
        private String name = "";

        TestTarget(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                server.tell("POST", "/api/v1/alerts/targets/" + ServerAccess.segment(name) + "/test");
                root.messages().tell("Told " + name + ".");
                root.messages().object(JsonLine.of("told").with("name", name));
                return 0;
            }
        }
    }
}
