package io.holdfast.cli;

import java.time.LocalDate;

/** What stands on a recovery sheet, for paper. */
final class RecoverySheetText {
    private RecoverySheetText() {}

    /**
     * @param id of the repository, in hexadecimal digits
     * @param place as {@code --repo} takes it
     * @param slot a line about the key's slot; may be empty
     * @param key text of a key file
     * @param origin where the key comes from
     */
    static String of(String id, String place, LocalDate today, String slot, String key, String origin) {
        return """
            HOLDFAST RECOVERY SHEET

            Repository   %1$s
            Place        %2$s
            Printed      %3$s by holdfast %4$s (repository format %5$d)
            %6$s
            Key:

            %7$s

            The same for a scanner:
            %10$s
            Whoever has this key and the repository can read everything in it. Keep this sheet
            where you keep passports, and not beside the repository.
            %8$s
            To restore with it:

            1. Install Holdfast %4$s or newer on any machine that reaches the repository.
            2. Type the key into a text file, here called recovery.key. Letter case, spaces, line
               breaks and dashes do not matter; a typing error is noticed.
            3. See which snapshots there are:
                 holdfast --repo %9$s --key-file recovery.key snapshots
            4. Restore the newest one into a directory:
                 holdfast --repo %9$s --key-file recovery.key restore latest --target DIR
               Another one: its id in place of 'latest'. Parts: paths after it.
            5. Try this sheet once a year:
                 holdfast --repo %9$s key drill recovery.key
            6. Give the repository a new passphrase, if the old one is lost:
                 holdfast --repo %9$s --key-file recovery.key key add
            """.formatted(
                id,
                place,
                today,
                VersionCommand.program(),
                VersionCommand.FORMAT,
                slot,
                key,
                origin,
                Shell.quote(place),
                QrText.of(key)).stripTrailing();
    }
}
