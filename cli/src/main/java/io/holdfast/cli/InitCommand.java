package io.holdfast.cli;

import io.holdfast.repository.Repository;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "init", description = "Makes a repository.")
final class InitCommand implements Callable<Integer> {
    private final RootCommand root;

    InitCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        RepositoryAccess access = new RepositoryAccess(root);
        RepositoryAccess.Created created = access.create();
        try (RepositoryAccess.Opened opened = created.opened()) {
            announce(root, opened, created.keyFile(), access.repoOption());
            return 0;
        }
    }

    /** Says where the repository and its key lie. */
    static void announce(RootCommand root, RepositoryAccess.Opened opened, Optional<Path> key, String option) {
        Repository repository = opened.repository();
        root.messages()
                .tell("Made repository " + repository.config().repositoryId() + " at "
                        + opened.place().url());
        if (key.isPresent()) {
            root.messages().tell("Its key is in " + key.get());
            root.messages()
                    .tell("Without this key nobody can restore. Print it now: "
                            + root.environment().command() + " " + option + "key recovery-sheet");
        } else {
            root.messages().tell("It opens with the passphrase or key file you gave; without it nobody can restore.");
        }
        JsonLine line = JsonLine.of("repository")
                .with("id", repository.config().repositoryId().toHex())
                .with("path", opened.place().url());
        root.messages().object(key.isPresent() ? line.with("key_file", key.get().toString()) : line);
    }
}
