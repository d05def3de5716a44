package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.crypto.Recipient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
        name = "recipient",
        description = "Prints what a host needs that shall add backups and read none: holdfast backup --recipient."
                + " It is no secret.")
final class RecipientCommand implements Callable<Integer> {
    private final RootCommand root;

    RecipientCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open()) {
            Repository repository = opened.repository();
            if (!repository.config().hasRecipients()) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        "this repository was made by a program that knew no recipients",
                        "Copy it into a new one: holdfast copy --to URL");
            }
            Recipient recipient = repository.keyring().recipient();
            root.messages().print(recipient.toText());
            root.messages()
                    .object(JsonLine.of("recipient")
                            .with("recipient", recipient.toText())
                            .with("repository", recipient.repositoryId().toHex())
                            .with("epoch", recipient.epoch()));
            return 0;
        }
    }
}
