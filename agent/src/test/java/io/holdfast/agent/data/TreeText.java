package io.holdfast.agent.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A tree as lines, to compare. */
final class TreeText {
    private TreeText() {}

    /** By path: type, mode, time, and a hash of the content. */
    static SortedMap<String, String> of(Path root) throws IOException {
        SortedMap<String, String> lines = new TreeMap<>();
        try (Stream<Path> all = Files.walk(root)) {
            for (Path path : (Iterable<Path>) all::iterator) {
                lines.put(root.relativize(path).toString(), line(path));
            }
        }
        return lines;
    }

    private static String line(Path path) throws IOException {
        if (Files.isSymbolicLink(path)) {
            return "link " + Files.readSymbolicLink(path);
        }
        String common = Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS) + " "
                + Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS);
        return Files.isDirectory(path)
                ? "directory " + common
                : "file " + common + " " + Arrays.hashCode(Files.readAllBytes(path));
    }
}
