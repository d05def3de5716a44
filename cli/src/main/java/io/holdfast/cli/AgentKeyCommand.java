package io.holdfast.cli;

import io.holdfast.agent.VaultKeys;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.WallClock;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.crypto.Recipient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
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
        name = "key",
        description =
                "The keys with which this machine encrypts what it saves by plans with 'encrypt: host'. No server has them.",
        synopsisSubcommandLabel = "COMMAND")
final class AgentKeyCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private AgentKeyCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new AgentKeyCommand())
                .addSubcommand(new ListVaults(root))
                .addSubcommand(new ShowKey(root))
                .addSubcommand(new ExportKey(root))
                .addSubcommand(new RemoveKey(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'agent key' needs a command: list, show, export or remove");
    }

    /** Which agent, and which of its vaults. */
    static final class Which {
        @Option(names = "--data", paramLabel = "DIR", description = "Where the agent keeps its state.")
        private @Nullable Path data;

        @Option(
                names = "--config",
                paramLabel = "FILE",
                description = "Reads what is not said here from FILE (default: /etc/holdfast/agent.yaml, where it is).")
        private @Nullable Path config;

        @Option(
                names = "--vault",
                paramLabel = "ID",
                description = "The vault beside the repository whose id begins so, where there are several.")
        private String vault = "";

        private VaultKeys keys(RootCommand root) {
            return AgentCommand.directory(root, data, Configuration.of(root, MachineRole.AGENT, config))
                    .vaultKeys();
        }

        private List<VaultKeys.Home> homes(RootCommand root) {
            return keys(root).homes().stream()
                    .filter(home -> home.repositoryId().startsWith(vault))
                    .toList();
        }

        private VaultKeys.Home home(RootCommand root) {
            List<VaultKeys.Home> homes = homes(root);
            if (homes.isEmpty()) {
                throw HoldfastException.notFound(
                        vault.isEmpty()
                                ? "this machine has no vault: nothing in "
                                        + keys(root).root()
                                : "this machine has no vault " + vault);
            }
            if (homes.size() > 1) {
                throw HoldfastException.usage(
                        "this machine has " + homes.size() + " vaults that fit",
                        "Name one: --vault ID, as 'holdfast agent key list' shows them.");
            }
            return homes.getFirst();
        }

        private static KeyFile key(VaultKeys.Home home) {
            return home.key()
                    .orElseThrow(() -> HoldfastException.notFound(
                            "the key was taken off this machine: there is no " + home.keyFile()));
        }
    }

    @Command(name = "list", description = "Lists the vaults of this machine, and whether their keys are here.")
    static final class ListVaults implements Callable<Integer> {
        private final RootCommand root;

        @CommandLine.Mixin
        private final Which which = new Which();

        ListVaults(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            for (VaultKeys.Home home : which.homes(root)) {
                String place = home.place().orElse("");
                root.messages()
                        .print("%-32s  %-9s  %s"
                                .formatted(home.repositoryId(), home.hasKey() ? "key here" : "no key", place));
                JsonLine line = JsonLine.of("vault")
                        .with("repository", home.repositoryId())
                        .with("place", place)
                        .with("key_here", home.hasKey());
                root.messages()
                        .object(home.recipient()
                                .map(Recipient::toText)
                                .map(text -> line.with("recipient", text))
                                .orElse(line));
            }
            return 0;
        }
    }

    @Command(
            name = "show",
            description =
                    "Prints the recovery sheet of a vault, with its key: without that, nothing in it can be read.")
    static final class ShowKey implements Callable<Integer> {
        private final RootCommand root;

        @CommandLine.Mixin
        private final Which which = new Which();

        ShowKey(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            VaultKeys.Home home = which.home(root);
            KeyFile key = Which.key(home);
            String id = home.recipient()
                    .map(recipient -> recipient.repositoryId().toHex())
                    .orElse("");
            String place = home.place().orElse("");
            root.messages()
                    .print(RecoverySheetText.of(
                            id,
                            place,
                            LocalDate.ofInstant(WallClock.system().instant(), ZoneId.systemDefault()),
                            "",
                            key.toText(),
                            "It is the key with which this machine encrypts; no server has it.\n"));
            root.messages()
                    .object(JsonLine.of("vault_sheet")
                            .with("vault", id)
                            .with("place", place)
                            .with("key", key.toText()));
            return 0;
        }
    }

    @Command(name = "export", description = "Writes the key of a vault into a file that is not there yet.")
    static final class ExportKey implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(index = "0", paramLabel = "FILE", description = "The file, for its owner alone.")
        private Path file = Path.of("");

        @CommandLine.Mixin
        private final Which which = new Which();

        ExportKey(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            VaultKeys.Home home = which.home(root);
            if (Files.exists(file)) {
                throw new HoldfastException(
                        ErrorCode.REFUSED, file + " is there already", "Name a file that is not; nothing was written.");
            }
            RepositoryAccess.writeKey(file, Which.key(home));
            root.messages().tell("The key of the vault is in " + file + ". Keep it where this machine is not.");
            root.messages()
                    .object(JsonLine.of("vault_key_exported")
                            .with("repository", home.repositoryId())
                            .with("file", file.toString()));
            return 0;
        }
    }

    @Command(
            name = "remove",
            description =
                    "Takes the key of a vault off this machine, which goes on to add to it and reads nothing any more.")
    static final class RemoveKey implements Callable<Integer> {
        private final RootCommand root;

        @Option(
                names = "--kept",
                paramLabel = "FILE",
                required = true,
                description = "A file with the same key, or the recovery sheet: proof that it is kept elsewhere.")
        private Path kept = Path.of("");

        @CommandLine.Mixin
        private final Which which = new Which();

        RemoveKey(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            VaultKeys.Home home = which.home(root);
            String key = Which.key(home).toText();
            boolean isSame = RepositoryAccess.readKeyFile(kept) instanceof Credential.Key other
                    && other.file().toText().equals(key);
            if (!isSame) {
                throw new HoldfastException(
                        ErrorCode.WRONG_KEY,
                        kept + " has another key",
                        "Export the right one first: holdfast agent key export FILE. Nothing was removed.");
            }
            if (home.recipient().isEmpty()) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        "this machine has not finished a backup into the vault yet",
                        "Run one first: it learns for whom to encrypt. Nothing was removed.");
            }
            try {
                if (Files.isSameFile(kept, home.keyFile())) {
                    throw new HoldfastException(
                            ErrorCode.REFUSED, kept + " is the key that would be removed", "Name the other copy.");
                }
                Files.delete(home.keyFile());
            } catch (IOException e) {
                throw new HoldfastException(
                        ErrorCode.FAILED,
                        home.keyFile() + " cannot be removed: " + Reasons.text(e),
                        "Check the rights of its directory.",
                        e);
            }
            root.messages().tell("This machine adds to its vault and can read nothing in it any more.");
            root.messages().object(JsonLine.of("vault_key_removed").with("repository", home.repositoryId()));
            return 0;
        }
    }
}
