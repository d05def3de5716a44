package io.holdfast.storage;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Walks a disk store in the order of full object names. That is not the order of directory entries: {@code a-b} and {@code
 * a.b} come before {@code a/b}, because {@code -} and {@code .} sort before {@code /}; so a directory sorts as its name with
 * a slash behind it. Holds the entries of one directory for each level of depth in memory.
 *
 * <p>Only regular files with valid names are objects. Whatever begins with a dot is the store's own, symbolic links are not
 * followed, and what vanishes meanwhile is left out.
 */
final class DiskListing {
    private final String prefix;
    private final ObjectStore.Visitor visitor;
    private final DiskArchive archive;

    DiskListing(String prefix, ObjectStore.Visitor visitor, DiskArchive archive) {
        this.prefix = prefix;
        this.visitor = visitor;
        this.archive = archive;
    }

    void walk(Path root) throws IOException {
        walk(root, "");
    }

    /** @param name of the directory with a slash behind it, empty for the root */
    private void walk(Path directory, String name) throws IOException {
        int slash = prefix.indexOf('/', name.length());
        List<Entry> entries = prefix.startsWith(name) && slash > 0
                ? only(directory, name, prefix.substring(name.length(), slash))
                : entries(directory, name);
        for (Entry entry : entries) {
            if (Thread.currentThread().isInterrupted()) {
                throw DiskErrors.interrupted("listing " + directory);
            }
            if (entry.isDirectory()) {
                walk(directory.resolve(entry.leaf()), entry.fullName());
            } else {
                object(entry);
            }
        }
    }

    private void object(Entry entry) throws IOException {
        if (ObjectName.isValid(entry.fullName())) {
            visitor.visit(archive.listed(new ObjectStat(ObjectName.of(entry.fullName()), entry.sizeBytes())));
        }
    }

    private List<Entry> only(Path directory, String name, String child) throws IOException {
        // Prefixes are the caller's text: nothing such as ".." may lead out of the store.
        if (!ObjectName.isValid(child)) {
            return List.of();
        }
        return read(directory.resolve(child), name, child).filter(this::isWanted).stream()
                .toList();
    }

    private List<Entry> entries(Path directory, String name) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String leaf = String.valueOf(file.getFileName());
                if (!leaf.startsWith(".")) {
                    read(file, name, leaf).filter(this::isWanted).ifPresent(entries::add);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        }
        entries.sort(Comparator.comparing(Entry::fullName));
        return entries;
    }

    private boolean isWanted(Entry entry) {
        return entry.fullName().startsWith(prefix) || (entry.isDirectory() && prefix.startsWith(entry.fullName()));
    }

    private static Optional<Entry> read(Path file, String parent, String leaf) throws IOException {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (attributes.isDirectory()) {
                return Optional.of(new Entry(parent + leaf + "/", leaf, 0));
            }
            return attributes.isRegularFile()
                    ? Optional.of(new Entry(parent + leaf, leaf, attributes.size()))
                    : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** @param fullName from the root of the store; ends with a slash for a directory */
    private record Entry(String fullName, String leaf, long sizeBytes) {
        boolean isDirectory() {
            return fullName.endsWith("/");
        }
    }
}
