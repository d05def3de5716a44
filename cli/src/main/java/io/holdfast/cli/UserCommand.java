package io.holdfast.cli;

import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.Access.NewPassword;
import io.holdfast.protocol.api.Access.NewUser;
import io.holdfast.protocol.api.Access.UserList;
import io.holdfast.protocol.api.Access.UserView;
import io.holdfast.protocol.api.Nothing;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "user", description = "Works with the users of a server.", synopsisSubcommandLabel = "COMMAND")
final class UserCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private UserCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new UserCommand())
                .addSubcommand(new AddUser(root))
                .addSubcommand(new ListUsers(root))
                .addSubcommand(new SetPassword(root))
                .addSubcommand(new RemoveUser(root))
                .addSubcommand(TotpCommand.line(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'user' needs a command: add, list, password, remove or totp");
    }

    private static JsonLine json(UserView user) {
        return JsonLine.of("user")
                .with("name", user.name())
                .with("role", user.role())
                .with("groups", user.groups())
                .with("disabled", user.disabled())
                .with("totp", user.totp());
    }

    @Command(name = "add", description = "Adds a user, whose password comes from --password-file or HOLDFAST_PASSWORD.")
    static final class AddUser implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "NAME", description = "The user's name.")
        private String name = "";

        @Option(
                names = "--role",
                paramLabel = "ROLE",
                required = true,
                description = "administrator, operator, restore-operator or auditor.")
        private String role = "";

        @Option(
                names = "--group",
                paramLabel = "NAME",
                description = "Only for hosts of this group (several times for more; default: all).")
        private List<String> groups = List.of();

        AddUser(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                UserView user = server.send(
                        "POST", "/api/v1/users", new NewUser(name, root.loginPassword(), role, groups), UserView.class);
                root.messages().tell("Added " + user.name() + " (" + user.role() + ").");
                root.messages().object(json(user));
                return 0;
            }
        }
    }

    @Command(name = "list", description = "Shows the users.")
    static final class ListUsers implements Callable<Integer> {
        private final RootCommand root;

        ListUsers(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                for (UserView user : server.get("/api/v1/users", UserList.class).items()) {
                    root.messages()
                            .print("%-20s  %-16s  %s%s"
                                    .formatted(
                                            user.name(),
                                            user.role(),
                                            user.groups().isEmpty() ? "all hosts" : String.join(", ", user.groups()),
                                            (user.totp() ? "  one-time codes" : "")
                                                    + (user.disabled() ? "  DISABLED" : "")));
                    root.messages().object(json(user));
                }
                return 0;
            }
        }
    }

    @Command(name = "password", description = "Sets a user's password to that in --password-file or HOLDFAST_PASSWORD.")
    static final class SetPassword implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "NAME", description = "The user's name.")
        private String name = "";

        SetPassword(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                Nothing ignored = server.send(
                        "PUT",
                        "/api/v1/users/" + ServerAccess.segment(name) + "/password",
                        new NewPassword(root.loginPassword()),
                        Nothing.class);
                root.messages().tell("Set the password of " + name + ".");
                root.messages().object(JsonLine.of("password").with("name", name));
                return 0;
            }
        }
    }

    @Command(name = "remove", description = "Removes a user with all sessions and tokens.")
    static final class RemoveUser implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "NAME", description = "The user's name.")
        private String name = "";

        RemoveUser(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                server.tell("DELETE", "/api/v1/users/" + ServerAccess.segment(name));
                root.messages().tell("Removed " + name + ".");
                root.messages().object(JsonLine.of("removed").with("name", name));
                return 0;
            }
        }
    }
}
