package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.KeySlots;
import io.holdfast.repository.crypto.Credential;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "rotate",
        description = {
            "Makes a new key for all that is stored from now on.",
            "",
            "Whoever has only a copy of an old key slot cannot read what is stored later. Old data stays as it is until prune rewrites it.",
            "Each key slot that shall stay has to be opened for that: the one in use, and those that are named."
        })
final class RotateKeysCommand implements Callable<Integer> {
    private final RootCommand root;

    @Option(
            names = "--keep-password-file",
            paramLabel = "FILE",
            description = "Keeps the slot that the passphrase in the first line of FILE opens; repeatable.")
    private List<Path> passwordFiles = new ArrayList<>();

    @Option(
            names = "--keep-key-file",
            paramLabel = "FILE",
            description = "Keeps the slot that the key in FILE opens; repeatable.")
    private List<Path> keyFiles = new ArrayList<>();

    @Option(names = "--drop-others", description = "Removes the slots that none of these opens.")
    private boolean dropOthers;

    @Option(
            names = "--take-over",
            description =
                    "Goes on though a rotation was cut off of whose key no opened slot knows, and gives up what only that opens.")
    private boolean takeOver;

    RotateKeysCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        Map<Path, Credential> further = new LinkedHashMap<>();
        passwordFiles.forEach(file -> further.put(file, RepositoryAccess.readPassphrase(file, "--keep-password-file")));
        keyFiles.forEach(file -> further.put(file, RepositoryAccess.readKeyFile(file)));
        try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open()) {
            further.forEach((file, credential) -> {
                if (!opened.repository().keySlots().opensWith(credential)) {
                    throw new HoldfastException(
                            ErrorCode.WRONG_KEY,
                            "what is in '" + file + "' opens no key slot; nothing was changed",
                            "'holdfast key list' shows the slots there are.");
                }
            });
            KeySlots.Rotated rotated =
                    opened.repository().keySlots().rotate(List.copyOf(further.values()), dropOthers, takeOver);
            root.messages()
                    .tell("Made key epoch %d; %s it%s."
                            .formatted(
                                    rotated.epoch(),
                                    Formats.count(rotated.kept(), "key slot has", "key slots have"),
                                    rotated.dropped() == 0
                                            ? ""
                                            : ", " + Formats.count(rotated.dropped(), "was", "were") + " removed"));
            if (rotated.locked() > 0) {
                root.messages()
                        .tell("%s locked until the lock ends: whoever has its secret can read what was written so far."
                                .formatted(Formats.count(rotated.locked(), "old key slot is", "old key slots are")));
            }
            root.messages().tell("Passphrases, key files and recovery sheets that were kept stay as they are.");
            if (rotated.dropped() > 0) {
                root.messages()
                        .tell(
                                "Those of the others are of no use any more: print a new recovery sheet with 'holdfast key"
                                        + " recovery-sheet', and where a machine used a dropped key file, give it one that was kept.");
            }
            root.messages()
                    .object(JsonLine.of("keys_rotated")
                            .with("epoch", rotated.epoch())
                            .with("kept", rotated.kept())
                            .with("dropped", rotated.dropped())
                            .with("locked", rotated.locked()));
            return 0;
        }
    }
}
