package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.Access.MadeToken;
import io.holdfast.protocol.api.Access.NewToken;
import io.holdfast.protocol.api.Access.TokenList;
import io.holdfast.protocol.api.Access.TokenView;
import io.holdfast.repository.collect.RetentionSpan;
import java.time.Instant;
import java.time.ZoneOffset;
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

@Command(
        name = "token",
        description = "Works with tokens: they bring machines in, or let scripts ask.",
        synopsisSubcommandLabel = "COMMAND")
final class TokenCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private TokenCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new TokenCommand())
                .addSubcommand(new CreateToken(root))
                .addSubcommand(new ListTokens(root))
                .addSubcommand(new RevokeToken(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'token' needs a command: create, list or revoke");
    }

    @Command(
            name = "create",
            description =
                    "Makes a token, which is shown this one time: for hosts (--enroll) or media servers (--media) to come in,"
                            + " else for scripts.")
    static final class CreateToken implements Callable<Integer> {
        private final RootCommand root;

        @Option(names = "--enroll", description = "For hosts to come in.")
        private boolean enroll;

        @Option(names = "--media", description = "For media servers to come in.")
        private boolean media;

        @Option(
                names = "--uses",
                paramLabel = "N",
                description = "With --enroll or --media: for so many machines (default: 1).")
        private @Nullable Long uses;

        @Option(
                names = "--network",
                paramLabel = "CIDR",
                description = "With --enroll or --media: only from there, such as 10.0.0.0/8.")
        private List<String> networks = List.of();

        @Option(names = "--group", paramLabel = "NAME", description = "With --enroll: hosts get into this group.")
        private List<String> groups = List.of();

        @Option(names = "--tag", paramLabel = "NAME", description = "With --enroll: hosts get this tag.")
        private List<String> tags = List.of();

        @Option(
                names = "--scope",
                paramLabel = "WORD",
                description = "For scripts: only this right (several times for more; default: all of yours).")
        private List<String> scopes = List.of();

        @Option(
                names = "--valid",
                paramLabel = "SPAN",
                description = "For so long, such as 12h or 90d (default: 1d with --enroll or --media, else for ever).")
        private @Nullable String valid;

        @Option(names = "--label", paramLabel = "TEXT", description = "What it is for.")
        private @Nullable String label;

        CreateToken(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            if (enroll && media) {
                throw HoldfastException.usage(
                        "a token is for hosts or for media servers", "Write --enroll or --media, not both.");
            }
            boolean isForMachines = enroll || media;
            if (!isForMachines && (uses != null || !networks.isEmpty())) {
                throw HoldfastException.usage(
                        "--uses and --network are for machines", "Write --enroll or --media, too.");
            }
            if (!enroll && (!groups.isEmpty() || !tags.isEmpty())) {
                throw HoldfastException.usage("--group and --tag are for hosts", "Write --enroll, too.");
            }
            String span = valid == null && isForMachines ? "1d" : valid;
            Optional<Long> seconds = Optional.ofNullable(span)
                    .map(text -> RetentionSpan.parseForLock(text)
                            .from(Instant.EPOCH, ZoneOffset.UTC)
                            .toSeconds());
            try (HttpCaller server = ServerAccess.open(root)) {
                MadeToken made = server.send(
                        "POST",
                        "/api/v1/tokens",
                        new NewToken(
                                enroll ? "enrol" : media ? "media" : "api",
                                Optional.ofNullable(label),
                                seconds,
                                Optional.ofNullable(uses),
                                networks,
                                groups,
                                tags,
                                scopes),
                        MadeToken.class);
                root.messages().print(made.token());
                JsonLine line = JsonLine.of("token").with("id", made.id()).with("token", made.token());
                made.expires().ifPresent(expires -> line.with("expires", expires.toString()));
                root.messages().object(line);
                if (isForMachines) {
                    root.messages()
                            .note("On the machine: holdfast " + (enroll ? "agent enroll " : "media join ")
                                    + server.server() + " --token " + made.token());
                }
                return 0;
            }
        }
    }

    @Command(name = "list", description = "Shows tokens; their secrets are known to nobody any more.")
    static final class ListTokens implements Callable<Integer> {
        private final RootCommand root;

        ListTokens(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                for (TokenView token :
                        server.get("/api/v1/tokens", TokenList.class).items()) {
                    String expires = token.expires()
                            .map(at -> "until " + Formats.local(at))
                            .orElse("for ever");
                    root.messages()
                            .print("%s  %-5s  %s  used %s%s  %s%s"
                                    .formatted(
                                            token.id(),
                                            token.kind(),
                                            expires,
                                            token.used(),
                                            token.uses()
                                                    .map(most -> " of " + most)
                                                    .orElse(""),
                                            token.label(),
                                            token.revoked() ? "  REVOKED" : ""));
                    JsonLine line = JsonLine.of("token")
                            .with("id", token.id())
                            .with("kind", token.kind())
                            .with("label", token.label())
                            .with("made_by", token.madeBy())
                            .with("made", token.made().toString())
                            .with("used", token.used())
                            .with("revoked", token.revoked());
                    token.expires().ifPresent(at -> line.with("expires", at.toString()));
                    token.uses().ifPresent(most -> line.with("uses", most));
                    root.messages().object(line);
                }
                return 0;
            }
        }
    }

    @Command(name = "revoke", description = "Makes a token worthless. Machines that came with it stay.")
    static final class RevokeToken implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "ID", description = "Its id, as 'token list' shows it.")
        private String id = "";

        RevokeToken(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                server.tell("DELETE", "/api/v1/tokens/" + ServerAccess.segment(id));
                root.messages().tell("Revoked " + id + ".");
                root.messages().object(JsonLine.of("revoked").with("id", id));
                return 0;
            }
        }
    }
}
