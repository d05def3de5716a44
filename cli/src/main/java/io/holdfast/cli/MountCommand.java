package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.mount.RepositoryMount;
import io.holdfast.repository.snapshot.Snapshot;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows snapshots as directories until it is stopped. */
@Command(
        name = "mount",
        description = {
            "Shows snapshots as a read-only directory.",
            "",
            "Without SNAPSHOT, DIR has ids/ID for each snapshot and hosts/HOST/TIME and hosts/HOST/latest with links to them.",
            "Runs until Ctrl-C, or until somebody unmounts DIR."
        })
final class MountCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(index = "0", paramLabel = "DIR", description = "An empty directory.")
    private Path directory = Path.of("");

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "SNAPSHOT",
            description = "An id or 'latest': shows its tree alone.")
    private @Nullable String name;

    @Option(names = "--allow-other", description = "Lets other users look, with the rights that the files had.")
    private boolean allowOther;

    @Mixin
    private final SnapshotFilter filter = new SnapshotFilter();

    MountCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        Path target = requireEmpty(directory);
        try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open()) {
            opened.warnOfRollback(root);
            Optional<Snapshot> only = Optional.ofNullable(name).map(given -> filter.one(opened.repository(), given));
            try (RepositoryMount mount = RepositoryMount.mount(
                    opened.repository(),
                    target,
                    only,
                    allowOther,
                    line -> root.messages().remark("mount", line))) {
                root.messages()
                        .tell("Mounted on " + target + ". It stays until Ctrl-C, or: umount "
                                + Shell.quote(target.toString()));
                root.messages().object(JsonLine.of("mounted").with("path", target.toString()));
                root.environment().out().flush();
                mount.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
            }
            return 0;
        }
    }

    /** The directory itself, as the kernel will list it. */
    private static Path requireEmpty(Path target) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(target)) {
            if (entries.iterator().hasNext()) {
                throw HoldfastException.usage(
                        "'" + target + "' is not empty", "Name an empty directory: what is in it would be hidden.");
            }
            return target.toRealPath();
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).contains("Transport endpoint is not connected")) {
                throw HoldfastException.usage(
                        "the program that had mounted something on '" + target + "' is gone",
                        "Run: umount " + Shell.quote(target.toString()));
            }
            throw HoldfastException.usage(
                    "'" + target + "' is no directory that can be read", "Name an empty directory that is there.");
        }
    }
}
