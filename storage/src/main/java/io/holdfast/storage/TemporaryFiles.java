package io.holdfast.storage;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The files that one open store is writing, in the store's directory {@code .tmp}. Thread-safe.
 *
 * <p>What a crash leaves behind is found by a lock, not by process numbers or clocks, which mean nothing in another container
 * or on another host of a shared file system: each owner holds a lock on its file {@code <owner>.alive} as long as it lives,
 * and the kernel drops the lock when the process ends. Who gets the lock of another owner may remove all that is his. Where a
 * file system has no locks, everything stays. Where its locks do not reach other hosts (NFS mounted with {@code nolock}) the
 * worst that happens is that a put on the other host fails because its temporary file is gone; it can be tried again.
 */
final class TemporaryFiles implements AutoCloseable {
    private static final String ALIVE = ".alive";

    /**
     * POSIX locks belong to the process, and closing any descriptor of a file drops the process's locks on it. So a process
     * never opens lock files of its own a second time; it knows them by this prefix.
     */
    private static final String PROCESS = ProcessHandle.current().pid() + "-" + randomText();

    private final Path directory;
    private final String owner;
    private final FileChannel alive;
    private final AtomicLong count = new AtomicLong();

    private TemporaryFiles(Path directory, String owner, FileChannel alive) {
        this.directory = directory;
        this.owner = owner;
        this.alive = alive;
    }

    /** Registers an owner in {@code directory}, which is there, and removes what dead owners left. */
    static TemporaryFiles claim(Path directory) throws IOException {
        removeAbandoned(directory);
        while (true) {
            String owner = PROCESS + "-" + randomText();
            FileChannel channel = lockNew(directory.resolve(owner + ALIVE));
            if (channel != null) {
                return new TemporaryFiles(directory, owner, channel);
            }
        }
    }

    /** A path that nobody else uses. */
    Path next() {
        return directory.resolve(owner + "." + count.incrementAndGet());
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(directory.resolve(owner + ALIVE));
        alive.close();
    }

    private static @Nullable FileChannel lockNew(Path file) throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(
                    file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), DiskStore.PRIVATE_FILE);
        } catch (FileAlreadyExistsException e) {
            return null;
        }
        try {
            FileLock lock = tryLock(channel);
            // Between creating and locking, somebody who cleans up may have taken it for abandoned.
            if (lock != null && Files.exists(file)) {
                return channel;
            }
        } catch (UnsupportedLocks e) {
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        channel.close();
        return null;
    }

    private static void removeAbandoned(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                if (name.startsWith(PROCESS)) {
                    continue;
                }
                if (name.endsWith(ALIVE)) {
                    removeIfDead(directory, file);
                } else if (!Files.exists(directory.resolve(ownerOf(name) + ALIVE))) {
                    // An owner makes its lock file first and removes it last.
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static void removeIfDead(Path directory, Path aliveFile) throws IOException {
        try (FileChannel channel = FileChannel.open(aliveFile, StandardOpenOption.WRITE)) {
            FileLock lock = tryLock(channel);
            if (lock == null) {
                return;
            }
            String owner = ownerOf(String.valueOf(aliveFile.getFileName()));
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, owner + ".*")) {
                for (Path file : files) {
                    if (!file.equals(aliveFile)) {
                        Files.deleteIfExists(file);
                    }
                }
            }
            Files.deleteIfExists(aliveFile);
        } catch (NoSuchFileException | AccessDeniedException | UnsupportedLocks e) {
            // Another process cleaned up first, or another user's: it is theirs to remove, or there is no way to tell.
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            throw new UnsupportedLocks(e);
        }
    }

    private static String ownerOf(String name) {
        int dot = name.indexOf('.');
        return dot < 0 ? name : name.substring(0, dot);
    }

    private static String randomText() {
        // Uniqueness comes from creating the file exclusively; this only makes a second attempt unlikely.
        return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    }

    /** The file system has no locks. */
    private static final class UnsupportedLocks extends IOException {
        private static final long serialVersionUID = 1L;

        UnsupportedLocks(IOException cause) {
            super(cause);
        }
    }
}
