package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.crypto.KeySlot;
import java.io.Console;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "add",
        description = "Adds a passphrase or key file that opens the repository (the passphrase also from"
                + " HOLDFAST_NEW_PASSWORD, else it is asked for).")
final class AddKeyCommand implements Callable<Integer> {
    private final RootCommand root;

    @Option(
            names = "--new-password-file",
            paramLabel = "FILE",
            description = "Adds the passphrase in the first line of FILE.")
    private @Nullable Path passwordFile;

    @Option(
            names = "--new-key-file",
            paramLabel = "FILE",
            description = "Adds the key in FILE; makes a new one there where FILE does not exist.")
    private @Nullable Path keyFile;

    @Option(names = "--label", paramLabel = "TEXT", description = "What 'key list' shows for it.")
    private @Nullable String label;

    AddKeyCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        if (passwordFile != null && keyFile != null) {
            throw HoldfastException.usage(
                    "--new-password-file and --new-key-file together", "Add one, then the other.");
        }
        if (label != null && label.length() > KeySlot.MAX_LABEL_LENGTH) {
            throw HoldfastException.usage(
                    "the label is longer than " + KeySlot.MAX_LABEL_LENGTH + " characters", "Write a shorter one.");
        }
        try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open()) {
            Repository repository = opened.repository();
            Credential credential = newCredential(repository);
            String shown = Optional.ofNullable(label)
                    .orElse(credential instanceof Credential.Passphrase ? "passphrase" : "key file");
            KeySlot slot = repository.keySlots().add(credential, shown);
            root.messages().tell("Added key slot " + KeyCommand.shortText(slot.name()) + " (" + shown + ").");
            root.messages().object(KeyCommand.json("key_added", slot, false));
            return 0;
        }
    }

    private Credential newCredential(Repository repository) {
        if (passwordFile != null) {
            return RepositoryAccess.readPassphrase(passwordFile, "--new-password-file");
        }
        if (keyFile != null) {
            return newKey(repository, keyFile);
        }
        Optional<String> password = root.environment().variable("HOLDFAST_NEW_PASSWORD");
        return password.isPresent() ? new Credential.Passphrase(password.get().toCharArray()) : asked();
    }

    private Credential newKey(Repository repository, Path file) {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return RepositoryAccess.readKeyFile(file);
        }
        KeyFile key = KeyFile.generate(repository.settings().random());
        RepositoryAccess.writeKey(file, key);
        root.messages().tell("Made a key in " + file);
        return new Credential.Key(key);
    }

    private static Credential asked() {
        Console console = System.console();
        if (console == null || !console.isTerminal()) {
            throw HoldfastException.usage(
                    "nothing says what to add", "Use --new-password-file, --new-key-file or HOLDFAST_NEW_PASSWORD.");
        }
        char[] typed = console.readPassword("New passphrase: ");
        char[] again = console.readPassword("The same again: ");
        if (typed == null || again == null || typed.length == 0) {
            throw new HoldfastException(ErrorCode.INTERRUPTED, "no passphrase was typed; nothing was changed");
        }
        if (!Arrays.equals(typed, again)) {
            throw HoldfastException.usage("the two passphrases differ; nothing was changed", "Try again.");
        }
        return new Credential.Passphrase(typed);
    }
}
