package io.holdfast.cli;

import io.holdfast.repository.Repository;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.crypto.KeySlot;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
        name = "recovery-sheet",
        description = "Prints a sheet of paper with the key and how to restore with it. Where a passphrase opened the"
                + " repository, a key is made for the sheet.")
final class RecoverySheetCommand implements Callable<Integer> {
    private final RootCommand root;

    RecoverySheetCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        RepositoryAccess access = new RepositoryAccess(root);
        try (RepositoryAccess.Opened opened = access.open()) {
            Repository repository = opened.repository();
            LocalDate today = LocalDate.ofInstant(repository.settings().clock().instant(), ZoneId.systemDefault());
            Optional<KeyFile> inUse = access.keyInUse(repository);
            KeyFile key =
                    inUse.orElseGet(() -> KeyFile.generate(repository.settings().random()));
            KeySlot slot = inUse.isPresent()
                    ? repository.keySlots().inUse()
                    : repository.keySlots().add(new Credential.Key(key), "recovery sheet " + today);
            print(opened, slot, key, today, inUse.isEmpty());
            return 0;
        }
    }

    private void print(RepositoryAccess.Opened opened, KeySlot slot, KeyFile key, LocalDate today, boolean isNew) {
        String id = opened.repository().config().repositoryId().toHex();
        String place = opened.place().url();
        String shortSlot = KeyCommand.shortText(slot.name());
        String origin = isNew
                ? "It was made for this sheet. If the sheet is lost: holdfast key remove " + shortSlot + "\n"
                : "It is the key of the key file in use.\n";
        root.messages()
                .print(RecoverySheetText.of(
                        id,
                        place,
                        today,
                        "Key slot     " + shortSlot + " (" + slot.label() + ")\n",
                        key.toText(),
                        origin));
        root.messages()
                .object(JsonLine.of("recovery_sheet")
                        .with("repository", id)
                        .with("place", place)
                        .with("slot", slot.name().leaf())
                        .with("slot_added", isNew)
                        .with("key", key.toText()));
    }
}
