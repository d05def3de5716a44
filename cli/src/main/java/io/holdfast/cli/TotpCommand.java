package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.Nothing;
import io.holdfast.protocol.api.TotpApi;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "totp",
        description = "Works with one-time codes, which a login asks for besides the password.",
        synopsisSubcommandLabel = "COMMAND")
final class TotpCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private TotpCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new TotpCommand())
                .addSubcommand(new Enable(root))
                .addSubcommand(new Disable(root))
                .addSubcommand(new Reset(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'user totp' needs a command: enable, disable or reset");
    }

    @Command(
            name = "enable",
            description = "Switches one-time codes on for yourself: shows a secret for your phone, and reads the first"
                    + " code from standard input. The password comes from --password-file or HOLDFAST_PASSWORD.")
    static final class Enable implements Callable<Integer> {
        private final RootCommand root;

        Enable(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                TotpApi.Setup setup = server.send(
                        "POST", "/api/v1/me/totp", new TotpApi.Password(root.loginPassword()), TotpApi.Setup.class);
                show(setup);
                TotpApi.RecoveryCodes made = server.send(
                        "POST",
                        "/api/v1/me/totp/confirm",
                        new TotpApi.Confirmation(setup.setup(), typedCode()),
                        TotpApi.RecoveryCodes.class);
                root.messages().tell("One-time codes are asked for from now on.");
                root.messages()
                        .print(
                                "Recovery codes, each for one login without the phone. Print them: they are shown this one time.");
                made.codes().forEach(code -> root.messages().print("  " + code));
                root.messages().object(JsonLine.of("recovery_codes").with("codes", made.codes()));
                return 0;
            }
        }

        private void show(TotpApi.Setup setup) {
            root.messages().print(QrText.exact(setup.uri()));
            root.messages().print("Scan this with an authenticator program, or type this secret into it:");
            root.messages().print("  " + setup.secret().replaceAll("(.{4})(?=.)", "$1 "));
            root.messages()
                    .object(JsonLine.of("totp").with("secret", setup.secret()).with("uri", setup.uri()));
            root.messages().flush();
            root.messages().note("Its first code:");
        }

        private String typedCode() {
            try {
                String line = new BufferedReader(
                                new InputStreamReader(root.environment().in(), StandardCharsets.UTF_8))
                        .readLine();
                if (line == null || line.isBlank()) {
                    throw HoldfastException.usage(
                            "no code was typed; nothing was changed",
                            "Type the first code of your phone, or send it to standard input.");
                }
                return line.strip();
            } catch (IOException e) {
                throw new HoldfastException(
                        ErrorCode.FAILED, "standard input cannot be read: " + Reasons.text(e), "Try again.", e);
            }
        }
    }

    @Command(
            name = "disable",
            description = "Switches one-time codes off for yourself. The password comes from --password-file or"
                    + " HOLDFAST_PASSWORD.")
    static final class Disable implements Callable<Integer> {
        private final RootCommand root;

        @Option(
                names = "--code",
                paramLabel = "CODE",
                required = true,
                description = "A one-time code, or a recovery code.")
        private String code = "";

        Disable(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                Nothing ignored = server.send(
                        "POST",
                        "/api/v1/me/totp/disable",
                        new TotpApi.Proof(root.loginPassword(), code),
                        Nothing.class);
                root.messages().tell("One-time codes are asked for no more.");
                return 0;
            }
        }
    }

    @Command(
            name = "reset",
            description = "Lets a user in by the password alone who has lost phone and recovery codes.")
    static final class Reset implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "NAME", description = "The user's name.")
        private String name = "";

        Reset(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                server.tell("DELETE", "/api/v1/users/" + ServerAccess.segment(name) + "/totp");
                root.messages().tell(name + " logs in by the password alone.");
                return 0;
            }
        }
    }
}
