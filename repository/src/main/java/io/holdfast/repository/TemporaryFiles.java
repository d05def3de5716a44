package io.holdfast.repository;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files in a cache directory that get their name when they are whole. A process that was killed leaves them; whoever comes next clears them away. */
public final class TemporaryFiles {
    private static final String PREFIX = "tmp-";

    private TemporaryFiles() {}

    /** A new empty file; the caller moves or deletes it. */
    public static Path create(Path directory) throws IOException {
        return Files.createTempFile(directory, PREFIX + ProcessHandle.current().pid() + "-", "");
    }

    /** Deletes what dead processes have left. */
    public static void dropLeftovers(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, PREFIX + "*")) {
            for (Path file : files) {
                if (isOfDeadProcess(String.valueOf(file.getFileName()))) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private static boolean isOfDeadProcess(String leaf) {
        String[] parts = leaf.split("-");
        try {
            return parts.length > 1
                    && ProcessHandle.of(Long.parseLong(parts[1])).isEmpty();
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
