package io.holdfast.storage;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;

/**
 * Locks of a disk store. A locked file may be read by its owner and written by nobody (0400), and its modification time is the date until which it
 * stays: so the lock travels with the file ({@code cp -a}, {@code rsync -a}) and needs nothing that a file system might lack.
 *
 * <p>The store keeps it: no Holdfast program deletes such a file before. Whoever may write into the directory by other means can; against
 * them the store has to lie on another machine, or in a bucket with Object Lock.
 *
 * <p>What time it is, a lock does not believe of the machine's clock alone: see {@link LockClock}. Thread-safe.
 */
final class DiskLocks {
    private static final Set<PosixFilePermission> LOCKED = PosixFilePermissions.fromString("r--------");

    private final LockClock clock;

    /** Taken by whoever sets a date, or deletes: both look first. */
    private final Path mutex;

    DiskLocks(Path root, InstantSource clock) {
        this.clock = new LockClock(root, clock);
        this.mutex = root.resolve(".locks");
    }

    /** What is done while nobody changes a lock. */
    @FunctionalInterface
    interface Change {
        boolean run() throws IOException;
    }

    /** Runs it while no other thread or process does so in this directory. Where no lock was ever set, there is nothing to wait for. */
    boolean alone(Change change) throws IOException {
        return Files.exists(mutex) ? exclusively(change, StandardOpenOption.WRITE) : change.run();
    }

    private boolean exclusively(Change change, OpenOption... options) throws IOException {
        // Locks of files are for processes; threads of this one wait for each other here.
        synchronized (DiskLocks.class) {
            try (FileChannel channel = FileChannel.open(mutex, Set.of(options), DiskStore.PRIVATE_FILE)) {
                hold(channel); // Closing the channel ends it.
                return change.run();
            }
        }
    }

    /** On a file system without locks of files, processes do not wait for each other. */
    private static void hold(FileChannel channel) throws IOException {
        try {
            FileLock ignored = channel.lock();
        } catch (ClosedChannelException e) {
            throw e;
        } catch (FileLockInterruptionException e) {
            throw new ClosedByInterruptException();
        } catch (IOException e) {
            // Two at once could still meet; each sees the other's date afterwards or before.
        }
    }

    /** Locks a file that nobody else knows yet; its owner syncs it. */
    void lockNew(Path file, Instant until, TemporaryFiles temporaries) throws IOException {
        clock.look(temporaries);
        if (!Files.exists(mutex)) {
            boolean ignored = exclusively(() -> true, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        }
        set(file, until);
    }

    /** False where there is no such file. Durable when it returns. */
    boolean extend(Path file, Instant until, TemporaryFiles temporaries) throws IOException {
        clock.look(temporaries);
        try {
            boolean ignored = exclusively(
                    () -> {
                        if (until(file).orElse(Instant.EPOCH).isBefore(until)) {
                            set(file, until);
                        }
                        return true;
                    },
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            // Also where somebody else has set it: he may not have synced yet.
            try (FileChannel channel =
                    FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
                channel.force(true);
            }
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Whether it is locked, or was until its date passed. */
    boolean isMarked(Path file) throws IOException {
        return !until(file).orElse(Instant.EPOCH).equals(Instant.EPOCH);
    }

    /** {@link Instant#EPOCH} where the file was never locked; empty where there is none. */
    Optional<Instant> until(Path file) throws IOException {
        try {
            PosixFileAttributes attributes = Files.getFileAttributeView(
                            file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .readAttributes();
            boolean isMarked = attributes.permissions().equals(LOCKED);
            return Optional.of(isMarked ? attributes.lastModifiedTime().toInstant() : Instant.EPOCH);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** @throws HoldfastException {@code REFUSED} where the file is locked */
    void requireUnlocked(ObjectName name, Path file, TemporaryFiles temporaries) throws IOException {
        Instant until = until(file).orElse(Instant.EPOCH);
        LockClock.Reading now = clock.look(temporaries);
        if (until.isAfter(now.believed())) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    name + " is locked until " + until,
                    now.doubt().orElse("It can be deleted when its lock has ended."));
        }
    }

    private static void set(Path file, Instant until) throws IOException {
        // The date first: a file that is marked as locked has its date already.
        Files.setLastModifiedTime(file, FileTime.from(roundedUp(until)));
        Files.setPosixFilePermissions(file, LOCKED);
    }

    private static Instant roundedUp(Instant until) {
        Instant second = until.truncatedTo(ChronoUnit.SECONDS);
        return second.equals(until) ? until : second.plusSeconds(1);
    }
}
