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
        root.messages().print("""
            HOLDFAST RECOVERY SHEET

            Repository   %1$s
            Place        %2$s
            Printed      %3$s by holdfast %4$s (repository format %5$d)
            Key slot     %6$s (%7$s)

            Key:

            %8$s

            The same for a scanner:
            %11$s
            Whoever has this key and the repository can read everything in it. Keep this sheet
            where you keep passports, and not beside the repository.
            %9$s
            To restore with it:

            1. Install Holdfast %4$s or newer on any machine that reaches the repository.
            2. Type the key into a text file, here called recovery.key. Letter case, spaces, line
               breaks and dashes do not matter; a typing error is noticed.
            3. See which snapshots there are:
                 holdfast --repo %10$s --key-file recovery.key snapshots
            4. Restore the newest one into a directory:
                 holdfast --repo %10$s --key-file recovery.key restore latest --target DIR
               Another one: its id in place of 'latest'. Parts: paths after it.
            5. Try this sheet once a year:
                 holdfast --repo %10$s key drill recovery.key
            6. Give the repository a new passphrase, if the old one is lost:
                 holdfast --repo %10$s --key-file recovery.key key add
            """.formatted(
                id,
                place,
                today,
                VersionCommand.program(),
                VersionCommand.FORMAT,
                shortSlot,
                slot.label(),
                key.toText(),
                origin,
                Shell.quote(place),
                QrText.of(key.toText())).stripTrailing());
        root.messages()
                .object(JsonLine.of("recovery_sheet")
                        .with("repository", id)
                        .with("place", place)
                        .with("slot", slot.name().leaf())
                        .with("slot_added", isNew)
                        .with("key", key.toText()));
    }
}
