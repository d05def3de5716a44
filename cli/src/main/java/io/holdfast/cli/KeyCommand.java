package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.crypto.KeySlot;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.storage.ObjectName;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "key",
        description = "Shows and changes what opens the repository: passphrases and key files.",
        synopsisSubcommandLabel = "COMMAND")
final class KeyCommand implements Runnable {
    /** Digits of a slot's id that people see. */
    private static final int SHORT_DIGITS = 8;

    @Spec
    private @Nullable CommandSpec spec;

    private KeyCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new KeyCommand())
                .addSubcommand(new ListKeys(root))
                .addSubcommand(new AddKeyCommand(root))
                .addSubcommand(new RemoveKey(root))
                .addSubcommand(new RotateKeysCommand(root))
                .addSubcommand(new RecipientCommand(root))
                .addSubcommand(new RecoverySheetCommand(root))
                .addSubcommand(new DrillCommand(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'key' needs a command: list, add, remove, rotate, recipient, recovery-sheet or drill");
    }

    static String shortText(ObjectName slot) {
        String id = slot.leaf();
        return id.length() > SHORT_DIGITS ? id.substring(0, SHORT_DIGITS) : id;
    }

    /** The stable description of a slot for scripts. */
    static JsonLine json(String type, KeySlot slot, boolean isInUse) {
        return JsonLine.of(type)
                .with("id", slot.name().leaf())
                .with("kind", kind(slot))
                .with("label", slot.label())
                .with("created", Formats.json(new Timestamp(slot.createdEpochSeconds(), 0)))
                .with("in_use", isInUse);
    }

    static String kind(KeySlot slot) {
        return slot.type().name().toLowerCase(Locale.ROOT);
    }

    @Command(name = "list", description = "Lists the key slots; * marks the one in use.")
    static final class ListKeys implements Callable<Integer> {
        private final RootCommand root;

        ListKeys(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open()) {
                Repository repository = opened.repository();
                int damaged = 0;
                for (ObjectName name : repository.keySlots().names()) {
                    try {
                        repository.keySlots().read(name).ifPresent(slot -> show(repository, slot));
                    } catch (HoldfastException e) {
                        if (e.code() != ErrorCode.DAMAGED) {
                            throw e;
                        }
                        damaged++;
                        root.messages()
                                .warning(
                                        name.value(),
                                        e.getMessage() + "; remove it with: holdfast key remove " + shortText(name));
                    }
                }
                return damaged > 0 ? ErrorCode.DAMAGED.exitCode() : 0;
            }
        }

        private void show(Repository repository, KeySlot slot) {
            boolean isInUse = slot.name().equals(repository.keySlots().inUse().name());
            root.messages()
                    .print("%s %s  %-10s  %s  %s"
                            .formatted(
                                    isInUse ? "*" : " ",
                                    shortText(slot.name()),
                                    kind(slot).replace('_', ' '),
                                    Formats.local(new Timestamp(slot.createdEpochSeconds(), 0)),
                                    slot.label()));
            root.messages().object(json("key", slot, isInUse));
        }
    }

    @Command(
            name = "remove",
            description = "Removes a key slot: what opened it opens the repository no more. The slot in use stays.")
    static final class RemoveKey implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "ID", description = "The slot, from 'holdfast key list'.")
        private String prefix = "";

        RemoveKey(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open()) {
                ObjectName name = named(opened.repository().keySlots().names());
                opened.repository().keySlots().remove(name);
                root.messages().tell("Removed key slot " + shortText(name) + ".");
                root.messages().object(JsonLine.of("key_removed").with("id", name.leaf()));
                return 0;
            }
        }

        private ObjectName named(List<ObjectName> names) {
            String wanted = prefix.toLowerCase(Locale.ROOT);
            List<ObjectName> matching = names.stream()
                    .filter(name -> !wanted.isEmpty() && name.leaf().startsWith(wanted))
                    .toList();
            if (matching.isEmpty()) {
                throw new HoldfastException(
                        ErrorCode.NOT_FOUND, "there is no key slot '" + prefix + "'", "'holdfast key list' lists all.");
            }
            if (matching.size() > 1) {
                throw HoldfastException.usage(
                        "'" + prefix + "' fits " + matching.size() + " key slots", "Write more digits of its id.");
            }
            return matching.getFirst();
        }
    }
}
