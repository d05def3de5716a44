package io.holdfast.cli;

import io.holdfast.repository.Repository;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "init", description = "Makes a repository.")
final class InitCommand implements Callable<Integer> {
    private final RootCommand root;

    @Option(
            names = "--data-class",
            paramLabel = "CLASS",
            description = "Puts data packs into this storage class, by every backup to come.")
    private @Nullable String dataClass;

    @Option(
            names = "--lock-for",
            paramLabel = "SPAN",
            description = "Locks every snapshot this long, such as 30d or 6mo: nobody can delete it before.")
    private @Nullable String lockFor;

    InitCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        try (RepositoryAccess.Opened made =
                make(root, new RepositoryAccess(root).locking(lockFor).storing(dataClass))) {
            long lockSeconds = made.repository().config().lockSeconds();
            if (lockSeconds > 0) {
                root.messages()
                        .tell("Every snapshot will be locked for "
                                + Formats.count(Duration.ofSeconds(lockSeconds).toDays(), "day", "days")
                                + ": nobody can delete it before, you neither.");
            }
            return 0;
        }
    }

    /** Makes a repository and says where it and its key lie. */
    static RepositoryAccess.Opened make(RootCommand root, RepositoryAccess access) {
        RepositoryAccess.Created created = access.create();
        announce(root, created.opened(), created.keyFile(), access.repoOption());
        return created.opened();
    }

    private static void announce(RootCommand root, RepositoryAccess.Opened opened, Optional<Path> key, String option) {
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
        repository
                .config()
                .dataClass()
                .ifPresent(name -> root.messages()
                        .tell("Data goes to the storage class " + name
                                + (repository.store().archiveClass(name).isPresent()
                                        ? "; to restore it, it has to be thawed: restore --thaw"
                                        : "")));
        boolean isSingleWriter = !repository.store().capabilities().putIfAbsent();
        if (isSingleWriter) {
            root.messages()
                    .tell("This store does not keep two writers apart (it ignores If-None-Match):"
                            + " one writer at a time, and no prune.");
        }
        long lockSeconds = repository.config().lockSeconds();
        JsonLine line = JsonLine.of("repository")
                .with("id", repository.config().repositoryId().toHex())
                .with("path", opened.place().url())
                .with("single_writer", isSingleWriter);
        line = lockSeconds > 0 ? line.with("lock_seconds", lockSeconds) : line;
        line = repository.config().dataClass().isPresent()
                ? line.with("data_class", repository.config().dataClass().get())
                : line;
        root.messages().object(key.isPresent() ? line.with("key_file", key.get().toString()) : line);
    }
}
