package io.holdfast.storage;

import io.holdfast.core.ByteSize;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The note {@code .store} of a disk store: the size of its reserve, and the device and inode where the file system was found
 * to keep the contract. At another place (a copy, another mount) it is probed anew before the first write.
 *
 * <p>Three lines of ASCII: {@code holdfast disk store 1}, {@code reserve <bytes>}, {@code place <device and inode>}. It may be
 * missing, after a copy that left out dot files, and is then written again.
 *
 * @param reserve zero for none
 * @param place as {@link #placeOf} tells it, empty where not probed yet
 */
record DiskGuarantees(ByteSize reserve, String place) {
    static final String FILE = ".store";
    private static final String FIRST_LINE = "holdfast disk store 1";

    /** Reads the note in {@code root}; null where there is none or it says nothing useful. */
    static @Nullable DiskGuarantees read(Path root) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(root.resolve(FILE), StandardCharsets.US_ASCII);
        } catch (NoSuchFileException | MalformedInputException e) {
            return null;
        }
        if (lines.size() < 3
                || !lines.get(0).equals(FIRST_LINE)
                || !lines.get(1).matches("reserve [0-9]{1,15}")
                || !lines.get(2).startsWith("place ")) {
            return null;
        }
        return new DiskGuarantees(
                new ByteSize(Long.parseLong(lines.get(1).substring(8))),
                lines.get(2).substring(6));
    }

    /** Device and inode of a directory: another file system mounted there, or a copy, has another one. */
    static String placeOf(Path root) throws IOException {
        return String.valueOf(
                Files.readAttributes(root, BasicFileAttributes.class).fileKey());
    }

    /** Replaces the note. A crash leaves the old one or the new one. */
    void write(Path root, Path temporary) throws IOException {
        String text = FIRST_LINE + "\nreserve " + reserve.bytes() + "\nplace " + place + "\n";
        try {
            writeFile(temporary, ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
            Files.move(temporary, root.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
            DurableDirectories.sync(root);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /**
     * Tries whether the file system keeps what the contract is made of.
     *
     * @throws HoldfastException with {@code REFUSED} where it does not
     */
    static void probe(Path root, TemporaryFiles temporaries) throws IOException {
        Path file = temporaries.next();
        Path link = temporaries.next();
        try {
            writeFile(file, ByteBuffer.wrap(new byte[] {1}));
            probeLinks(root, file, link);
            probeSync(root);
        } finally {
            Files.deleteIfExists(link);
            Files.deleteIfExists(file);
        }
    }

    private static void probeLinks(Path root, Path file, Path link) throws IOException {
        try {
            Files.createLink(link, file);
        } catch (UnsupportedOperationException e) {
            throw lacks(root, "hard links", e);
        } catch (IOException e) {
            if (DiskErrors.isNoSpace(e) || DiskErrors.isNoAccess(e)) {
                throw e;
            }
            throw lacks(root, "hard links", e);
        }
        if (!isSame(file, link)) {
            throw lacks(root, "hard links", null);
        }
        try {
            Files.createLink(link, file);
            throw lacks(root, "exclusive links (two writers could both win)", null);
        } catch (FileAlreadyExistsException e) {
            // as it must be
        }
    }

    private static void probeSync(Path root) throws IOException {
        try {
            DurableDirectories.sync(root);
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw lacks(root, "fsync of directories (objects could vanish after a loss of power)", e);
        }
    }

    private static boolean isSame(Path file, Path link) throws IOException {
        return Files.isSameFile(file, link)
                && Integer.valueOf(2).equals(Files.getAttribute(file, "unix:nlink", LinkOption.NOFOLLOW_LINKS));
    }

    static void writeFile(Path file, ByteBuffer content) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), DiskStore.PRIVATE_FILE)) {
            ContentWriter.write(channel, List.of(content));
            channel.force(true);
        }
    }

    private static HoldfastException lacks(Path root, String guarantee, @Nullable Throwable cause) {
        return new HoldfastException(
                ErrorCode.REFUSED,
                "the file system of " + root + " has no " + guarantee + ", without which backups are not safe there",
                "Use a directory on ext4, XFS, Btrfs, ZFS or NFS, not on FAT, exFAT or a share without links.",
                cause);
    }
}
