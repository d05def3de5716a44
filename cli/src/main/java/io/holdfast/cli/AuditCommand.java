package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.AuditApi.AuditCheck;
import io.holdfast.protocol.api.AuditApi.AuditPage;
import io.holdfast.protocol.api.AuditApi.AuditView;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "audit", description = "Tells who did what on a server.", synopsisSubcommandLabel = "COMMAND")
final class AuditCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private AuditCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new AuditCommand())
                .addSubcommand(new ListAudit(root))
                .addSubcommand(new VerifyAudit(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(), "'audit' needs a command: list or verify");
    }

    @Command(name = "list", description = "Shows who did what, the last first.")
    static final class ListAudit implements Callable<Integer> {
        private final RootCommand root;

        @Option(names = "--user", paramLabel = "NAME", description = "Only what this one did.")
        private String user = "";

        @Option(names = "--action", paramLabel = "TEXT", description = "Only actions that begin so, such as plan.")
        private String action = "";

        @Option(names = "--limit", paramLabel = "N", description = "So many, 1 to 1000 (default: 50).")
        private int limit = 50;

        ListAudit(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                String query = "/api/v1/audit?limit=" + limit + "&actor=" + ServerAccess.segment(user) + "&action="
                        + ServerAccess.segment(action);
                for (AuditView entry : server.get(query, AuditPage.class).items()) {
                    root.messages()
                            .print("%6d  %s  %-12s  %-16s  %s"
                                    .formatted(
                                            entry.sequence(),
                                            Formats.local(entry.at()),
                                            entry.actor(),
                                            entry.action(),
                                            entry.object()));
                    root.messages()
                            .object(JsonLine.of("audit")
                                    .with("sequence", entry.sequence())
                                    .with("time", entry.at().toString())
                                    .with("actor", entry.actor())
                                    .with("action", entry.action())
                                    .with("object", entry.object())
                                    .with("details", entry.details()));
                }
                return 0;
            }
        }
    }

    @Command(
            name = "verify",
            description = "Looks at the whole audit log: whether each entry is as it was written, and none is missing.")
    static final class VerifyAudit implements Callable<Integer> {
        private final RootCommand root;

        @Option(
                names = "--known",
                paramLabel = "SEQUENCE:HASH",
                description =
                        "An end that it had once and somebody wrote down: then an end that was cut off shows, too.")
        private @Nullable String known;

        VerifyAudit(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                AuditCheck check = server.get(
                        "/api/v1/audit/verify" + (known == null ? "" : "?known=" + ServerAccess.segment(known)),
                        AuditCheck.class);
                if (!check.intact()) {
                    throw new HoldfastException(
                            ErrorCode.DAMAGED,
                            "the audit log was changed: " + check.problem().orElse(""),
                            "Somebody who can write the catalog has done that; look into its backups.");
                }
                String head = check.head().orElse("");
                root.messages().tell("The audit log is whole. Its end, to be written down elsewhere: " + head);
                root.messages().object(JsonLine.of("verified").with("head", head));
                return 0;
            }
        }
    }
}
