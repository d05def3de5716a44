package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** Looks whether files and directories with secrets are their owner's alone. */
final class PrivateFiles {
    private static final Set<PosixFilePermission> OF_OTHERS = EnumSet.of(
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.GROUP_EXECUTE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE,
            PosixFilePermission.OTHERS_EXECUTE);
    private static final Set<PosixFilePermission> TO_WRITE =
            EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    private PrivateFiles() {}

    /** What is wrong with a directory that is there; empty where nothing is. */
    static Optional<HoldfastException> directory(Path directory) {
        if (!Files.isDirectory(directory)) {
            return Optional.of(HoldfastException.usage(directory + " is no directory", "Name another one."));
        }
        Optional<HoldfastException> open = openToOthers(directory, OF_OTHERS, "chmod 700 ");
        if (open.isPresent()) {
            return open;
        }
        return Files.isWritable(directory)
                ? Optional.empty()
                : Optional.of(HoldfastException.usage(
                        directory + " is not writable for " + System.getProperty("user.name", "this user"),
                        "Run this as its owner, or make that the owner: chown."));
    }

    /** What is wrong with a file that has a secret in it. */
    static Optional<HoldfastException> secret(Path file) {
        return openToOthers(file, OF_OTHERS, "chmod 600 ");
    }

    /** What is wrong with a file that others may read, and not change. */
    static Optional<HoldfastException> unwritable(Path file) {
        return openToOthers(file, TO_WRITE, "chmod go-w ");
    }

    private static Optional<HoldfastException> openToOthers(
            Path path, Set<PosixFilePermission> forbidden, String remedy) {
        try {
            Set<PosixFilePermission> rights = Files.getPosixFilePermissions(path);
            return rights.stream().noneMatch(forbidden::contains)
                    ? Optional.empty()
                    : Optional.of(HoldfastException.usage(
                            path + " is open to others (" + PosixFilePermissions.toString(rights) + ")",
                            remedy + Shell.quote(path.toString())));
        } catch (IOException e) {
            return Optional.of(HoldfastException.usage(
                    path + " cannot be looked at: " + Reasons.text(e), "Check its name and its rights."));
        } catch (UnsupportedOperationException e) {
            return Optional.empty();
        }
    }
}
