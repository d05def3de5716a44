package io.holdfast.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * Writes random directory trees: odd names, empty directories and files, symbolic and hard links.
 *
 * @param maxEntries in the whole tree
 * @param maxDepth of directories below the root
 * @param maxFileBytes of one file
 */
public record RandomTree(int maxEntries, int maxDepth, int maxFileBytes) {

    /** A tree that takes some milliseconds to write. */
    public static RandomTree small() {
        return new RandomTree(40, 4, 20_000);
    }

    /** Fills the existing directory {@code root}. */
    public void write(SeededRandom random, Path root) throws IOException {
        int left = random.size(maxEntries);
        Path directory = root;
        Path lastFile = null;
        while (left > 0) {
            Path entry = directory.resolve(random.fileName());
            left--;
            if (Files.exists(entry, LinkOption.NOFOLLOW_LINKS)) {
                continue;
            }
            switch (random.nextInt(8)) {
                case 0, 1 -> {
                    Files.createDirectory(entry);
                    boolean descends = root.relativize(entry).getNameCount() < maxDepth;
                    directory = descends ? entry : root;
                }
                case 2 -> Files.createSymbolicLink(entry, Path.of(random.fileName()));
                case 3 -> {
                    if (lastFile != null) {
                        Files.createLink(entry, lastFile);
                    }
                }
                default -> {
                    byte[] content = random.oneIn(2)
                            ? random.bytesUpTo(maxFileBytes)
                            : random.compressibleBytes(random.size(maxFileBytes));
                    lastFile = Files.write(entry, content);
                }
            }
            if (random.oneIn(6)) {
                directory = root;
            }
        }
    }
}
