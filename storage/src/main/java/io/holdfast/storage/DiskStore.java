package io.holdfast.storage;

import io.holdfast.core.ByteSize;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.WallClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Objects as files below a directory of a local file system or NFS; the name of an object is the path of its file.
 *
 * <p><b>A put</b> writes a temporary file in {@code .tmp}, syncs it, links it to its name (a link fails where the name is
 * taken: that is the put-if-absent, and it shows the file whole or not at all), syncs the directory and removes the temporary
 * name. Two syncs are what a put costs, some milliseconds on a disk; several puts at once share them, so callers that store
 * much use several threads. A failed sync fails the put and drops the file: the kernel reports a lost write once, so a second
 * sync of the same file would succeed and prove nothing.
 *
 * <p><b>What it does not promise</b>: that the medium holds the bytes it was given. Reading back would come from the page
 * cache. {@link Capabilities#verifiesOnWrite} is false; callers name or checksum what they store and scrub it.
 *
 * <p><b>Space</b> is kept back for emptying a full disk: see {@link SpaceReserve} and {@link #reserved}.
 *
 * <p><b>Before the first put</b> at a place the file system is tried; one without exclusive hard links or fsync of directories
 * is refused. Opening touches nothing, so reading works from a read-only mount, and a mistyped path gets no litter.
 *
 * <p>Names that begin with a dot are the store's own. Files are for their owner only (0600, directories 0700). An empty
 * directory or one that is no store opens as an empty store; a directory that is replaced while the store is open (unmounted,
 * say) makes every call fail instead of seeming empty.
 */
public final class DiskStore implements ObjectStore {
    static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private static final Capabilities CAPABILITIES = new Capabilities(true, true, false, 2, true);
    private static final String TEMPORARY_DIRECTORY = ".tmp";
    private static final String RESERVE_FILE = ".reserve";

    /** Made by mkfs at the root of a file system, which is as good as empty. */
    private static final String LOST_AND_FOUND = "lost+found";

    /** From this size on {@link #get} reads straight into direct memory, which saves a copy but takes longer to allocate. */
    private static final int DIRECT_FROM_BYTES = 256 << 10;

    private final Path root;
    private final String place;
    private final DurableDirectories directories;
    private final DiskLocks locks;
    private final DiskArchive archive;
    private final ObjectStore reservedView = new DiskView(this, Puts.PLAIN.withReserve());
    private volatile boolean closed;
    private volatile @Nullable Writing writing;

    private DiskStore(Path root, InstantSource clock) throws IOException {
        this.root = root;
        this.locks = new DiskLocks(root, clock);
        this.archive = new DiskArchive(root, clock);
        this.place = DiskGuarantees.placeOf(root);
        this.directories = new DurableDirectories(root);
    }

    /** What the first put sets up. */
    private record Writing(TemporaryFiles temporaries, SpaceReserve reserve, CacheBypass bypass) {}

    /**
     * What puts through a view may and do.
     *
     * @param drawsOnReserve where the disk is full, the reserve is given up
     * @param dataClass of data packs
     */
    record Puts(boolean drawsOnReserve, Optional<ArchiveClass> dataClass) {
        static final Puts PLAIN = new Puts(false, Optional.empty());

        Puts withReserve() {
            return new Puts(true, dataClass);
        }

        Puts into(ArchiveClass storageClass) {
            return new Puts(drawsOnReserve, Optional.of(storageClass));
        }
    }

    /** As {@link #create(Path, ByteSize)} with 16 MiB kept back. */
    public static DiskStore create(Path directory) {
        return create(directory, SpaceReserve.DEFAULT_SIZE);
    }

    /**
     * Makes {@code directory} (also its parents) a store, durably. It must be missing, empty or a store already; a store keeps
     * the reserve it was made with.
     *
     * @param reserve space to keep back for work on a full disk; zero for none
     * @throws HoldfastException {@code REFUSED} where other things lie in the directory, or where the file system lacks what a
     *     store needs; {@code NO_SPACE} where the reserve does not fit
     */
    public static DiskStore create(Path directory, ByteSize reserve) {
        Path root = directory.toAbsolutePath().normalize();
        try {
            createWithParents(root);
            if (DiskGuarantees.read(root) == null) {
                requireEmpty(root);
            }
            return new DiskStore(root, WallClock.system()).prepared(reserve);
        } catch (IOException e) {
            throw DiskErrors.whileWriting("cannot make a store in " + root, e);
        }
    }

    /**
     * Opens the store in {@code directory} and writes nothing yet.
     *
     * @throws HoldfastException {@code NO_REPOSITORY} where there is no such directory
     */
    public static DiskStore open(Path directory) {
        return open(directory, WallClock.system());
    }

    /** The same with a clock by which locks end. */
    public static DiskStore open(Path directory, InstantSource clock) {
        Path root = directory.toAbsolutePath().normalize();
        try {
            if (!Files.readAttributes(root, BasicFileAttributes.class).isDirectory()) {
                throw noRepository(root + " is not a directory");
            }
            return new DiskStore(root, clock);
        } catch (NoSuchFileException e) {
            throw noRepository("there is no directory " + root);
        } catch (IOException e) {
            throw DiskErrors.whileReading("cannot open " + root, e);
        }
    }

    @Override
    public Capabilities capabilities() {
        return CAPABILITIES;
    }

    @Override
    public ObjectStore reserved() {
        return reservedView;
    }

    Capabilities capabilities(Puts puts) {
        return CAPABILITIES.withArchives(puts.dataClass().isPresent());
    }

    /** @throws HoldfastException {@code USAGE} where no directory has such a class */
    public static void requireDataClass(String storageClass) {
        ArchiveClass ignored = LocalArchive.named(storageClass);
    }

    @Override
    public ObjectStore withDataClass(String storageClass) {
        return new DiskView(this, Puts.PLAIN.into(LocalArchive.named(storageClass)));
    }

    @Override
    public Optional<ArchiveClass> archiveClass(String name) {
        return LocalArchive.find(name);
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil) {
        return putOnce(name, content, lockUntil, Puts.PLAIN);
    }

    /** The put of a view: where it may, it gives up the reserve if the disk is full, and tries once more. */
    PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil, Puts puts) {
        try {
            return putOnce(name, content, lockUntil, puts);
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.NO_SPACE || !puts.drawsOnReserve()) {
                throw e;
            }
        }
        try {
            SpaceReserve.release(root.resolve(RESERVE_FILE));
        } catch (IOException e) {
            throw DiskErrors.whileWriting("cannot give up the reserve in " + root, e);
        }
        return putOnce(name, content, lockUntil, puts);
    }

    private PutOutcome putOnce(ObjectName name, List<ByteBuffer> content, Instant lockUntil, Puts puts) {
        requireOpen();
        long sizeBytes = ContentWriter.totalBytes(content);
        if (sizeBytes > MAX_OBJECT_BYTES) {
            throw new IllegalArgumentException(name + " is too large: " + sizeBytes + " bytes");
        }
        try {
            Path target = root.resolve(name.value());
            requireSamePlace();
            if (sizeOf(target) >= 0) {
                DurableDirectories.sync(DurableDirectories.parentOf(target));
                return PutOutcome.ALREADY_THERE;
            }
            Writing ready = prepare(SpaceReserve.DEFAULT_SIZE);
            if (!puts.drawsOnReserve()) {
                ready.reserve().requireWhole(ready.temporaries(), sizeBytes);
            }
            archive.noteNew(name, puts.dataClass(), directories, ready.temporaries());
            return write(ready, target, content, lockUntil);
        } catch (NoSuchFileException e) {
            directories.forget();
            throw DiskErrors.whileWriting("cannot store " + name + " in " + root, e);
        } catch (IOException e) {
            throw DiskErrors.whileWriting("cannot store " + name + " in " + root, e);
        }
    }

    private PutOutcome write(Writing ready, Path target, List<ByteBuffer> content, Instant lockUntil)
            throws IOException {
        Path temporary = ready.temporaries().next();
        Path parent = DurableDirectories.parentOf(target);
        directories.ensure(parent);
        try {
            try (FileChannel channel = FileChannel.open(
                    temporary, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PRIVATE_FILE)) {
                int written = ready.bypass().write(temporary, content);
                channel.position(ContentWriter.totalBytes(content.subList(0, written)));
                ContentWriter.write(channel, content.subList(written, content.size()));
                if (!lockUntil.equals(Instant.EPOCH)) {
                    locks.lockNew(temporary, lockUntil, ready.temporaries());
                }
                channel.force(true);
            }
            PutOutcome outcome = link(temporary, target);
            DurableDirectories.sync(parent);
            return outcome;
        } finally {
            removeTemporary(temporary);
        }
    }

    private static PutOutcome link(Path temporary, Path target) throws IOException {
        try {
            Files.createLink(target, temporary);
            return PutOutcome.STORED;
        } catch (FileAlreadyExistsException e) {
            // NFS sends a request again whose answer was lost, and the second one finds what the first one made. Only
            // our own
            // link can have raised the link count of a temporary file.
            if (Integer.valueOf(2).equals(Files.getAttribute(temporary, "unix:nlink", LinkOption.NOFOLLOW_LINKS))) {
                return PutOutcome.STORED;
            }
            if (sizeOf(target) < 0) {
                throw new FileSystemException(target.toString(), null, "there is something else of that name");
            }
            return PutOutcome.ALREADY_THERE;
        }
    }

    private static void removeTemporary(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            // The put has ended, well or badly, and this changes nothing about it; the next process removes the file.
        }
    }

    @Override
    public Optional<ByteBuffer> get(ObjectName name) {
        requireOpen();
        try (FileChannel channel = openObject(name)) {
            if (channel == null) {
                return Optional.empty();
            }
            archive.requireReadable(name);
            long sizeBytes = channel.size();
            if (sizeBytes > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException(name + " is too large to be read at once: " + sizeBytes + " bytes");
            }
            ByteBuffer whole = sizeBytes < DIRECT_FROM_BYTES
                    ? ByteBuffer.allocate((int) sizeBytes)
                    : ByteBuffer.allocateDirect((int) sizeBytes);
            readFully(name, channel, 0, whole);
            return Optional.of(whole.flip());
        } catch (IOException e) {
            throw DiskErrors.whileReading("cannot read " + name + " in " + root, e);
        }
    }

    @Override
    public boolean getRange(ObjectName name, long offsetBytes, ByteBuffer target) {
        requireOpen();
        if (offsetBytes < 0) {
            throw new IllegalArgumentException("negative offset: " + offsetBytes);
        }
        int start = target.position();
        try (FileChannel channel = openObject(name)) {
            if (channel == null) {
                return false;
            }
            archive.requireReadable(name);
            readFully(name, channel, offsetBytes, target);
            return true;
        } catch (IOException e) {
            target.position(start);
            throw DiskErrors.whileReading("cannot read " + name + " in " + root, e);
        } catch (HoldfastException e) {
            target.position(start);
            throw e;
        }
    }

    private void readFully(ObjectName name, FileChannel channel, long offsetBytes, ByteBuffer target)
            throws IOException {
        long sizeBytes = channel.size();
        long endBytes = offsetBytes + target.remaining();
        if (endBytes < 0 || endBytes > sizeBytes) {
            throw HoldfastException.damaged(name + " in " + root + " has " + sizeBytes + " bytes; bytes " + offsetBytes
                    + " to " + endBytes + " were expected");
        }
        ByteBuffer rest = target.isDirect() ? target : null;
        for (long at = offsetBytes; target.hasRemaining(); ) {
            // In pieces where Java reads through a direct buffer of its own that it keeps for every thread.
            int length =
                    rest != null ? target.remaining() : Math.min(target.remaining(), ContentWriter.HEAP_PIECE_BYTES);
            int count = channel.read(target.slice(target.position(), length), at);
            if (count <= 0) {
                throw HoldfastException.damaged(name + " in " + root + " ends at byte " + at + ", not at " + endBytes);
            }
            target.position(target.position() + count);
            at += count;
        }
    }

    /** Null where there is no such object. */
    private @Nullable FileChannel openObject(ObjectName name) throws IOException {
        Path path = root.resolve(name.value());
        if (sizeOf(path) >= 0) {
            try {
                return FileChannel.open(path, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
            } catch (NoSuchFileException e) {
                // deleted a moment ago
            }
        }
        requireSamePlace();
        return null;
    }

    @Override
    public void list(String prefix, Visitor visitor) {
        requireOpen();
        try {
            requireSamePlace();
            new DiskListing(prefix, visitor, archive).walk(root);
        } catch (IOException e) {
            throw DiskErrors.whileReading("cannot list " + root + " at '" + prefix + "'", e);
        }
    }

    @Override
    public Optional<ObjectStat> stat(ObjectName name) {
        requireOpen();
        requireNotInterrupted(name);
        try {
            Path path = root.resolve(name.value());
            long sizeBytes = sizeOf(path);
            if (sizeBytes < 0) {
                requireSamePlace();
                return Optional.empty();
            }
            Optional<Instant> until = locks.until(path);
            return until.isEmpty()
                    ? Optional.empty()
                    : Optional.of(archive.stat(new ObjectStat(name, sizeBytes, until.get())));
        } catch (IOException e) {
            throw DiskErrors.whileReading("cannot look at " + name + " in " + root, e);
        }
    }

    @Override
    public boolean lock(ObjectName name, Instant until) {
        requireOpen();
        requireNotInterrupted(name);
        Path path = root.resolve(name.value());
        try {
            requireSamePlace();
            return sizeOf(path) >= 0
                    && locks.extend(
                            path, until, prepare(SpaceReserve.DEFAULT_SIZE).temporaries());
        } catch (IOException e) {
            throw DiskErrors.whileWriting("cannot lock " + name + " in " + root, e);
        }
    }

    @Override
    public Optional<Availability> thaw(ObjectName name, ThawRequest request) {
        requireOpen();
        requireNotInterrupted(name);
        try {
            requireSamePlace();
            return sizeOf(root.resolve(name.value())) < 0
                    ? Optional.empty()
                    : Optional.of(archive.thaw(
                            name, request, prepare(SpaceReserve.DEFAULT_SIZE).temporaries()));
        } catch (IOException e) {
            throw DiskErrors.whileWriting("cannot thaw " + name + " in " + root, e);
        }
    }

    @Override
    public boolean delete(ObjectName name) {
        requireOpen();
        requireNotInterrupted(name);
        Path path = root.resolve(name.value());
        Path parent = DurableDirectories.parentOf(path);
        try {
            requireSamePlace();
            boolean removed = locks.alone(() -> {
                boolean isThere = sizeOf(path) >= 0;
                if (isThere && locks.isMarked(path)) {
                    locks.requireUnlocked(
                            name, path, prepare(SpaceReserve.DEFAULT_SIZE).temporaries());
                }
                return isThere && Files.deleteIfExists(path);
            });
            // Also where nothing was there: somebody else may have removed it and not have synced yet.
            if (Files.isDirectory(parent, LinkOption.NOFOLLOW_LINKS)) {
                DurableDirectories.sync(parent);
            }
            if (removed) {
                archive.forget(name);
            }
            return removed;
        } catch (IOException e) {
            throw DiskErrors.whileWriting("cannot delete " + name + " in " + root, e);
        }
    }

    @Override
    public String describe() {
        return "file:" + root;
    }

    @Override
    public synchronized void close() {
        closed = true;
        Writing ready = writing;
        writing = null;
        if (ready != null) {
            try {
                ready.temporaries().close();
            } catch (IOException e) {
                // Nothing that was stored depends on it; the next process removes what is left.
            }
        }
    }

    void requireOpen() {
        if (closed) {
            throw new IllegalStateException(describe() + " is closed");
        }
    }

    private DiskStore prepared(ByteSize reserve) throws IOException {
        try {
            Writing ready = prepare(reserve);
            ready.reserve().requireWhole(ready.temporaries(), 0);
            return this;
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Sets up what puts need, once.
     *
     * @param defaultReserve for a store that has not noted a size yet
     */
    private Writing prepare(ByteSize defaultReserve) throws IOException {
        Writing ready = writing;
        return ready != null ? ready : prepareOnce(defaultReserve);
    }

    private synchronized Writing prepareOnce(ByteSize defaultReserve) throws IOException {
        requireOpen();
        Writing ready = writing;
        if (ready != null) {
            return ready;
        }
        Path temporaryDirectory = root.resolve(TEMPORARY_DIRECTORY);
        DurableDirectories.create(temporaryDirectory);
        TemporaryFiles temporaries = TemporaryFiles.claim(temporaryDirectory);
        try {
            DiskGuarantees known = DiskGuarantees.read(root);
            if (known == null || !known.place().equals(place)) {
                DiskGuarantees.probe(root, temporaries);
                known = new DiskGuarantees(known == null ? defaultReserve : known.reserve(), place);
                known.write(root, temporaries.next());
            }
            ready = new Writing(
                    temporaries, new SpaceReserve(root.resolve(RESERVE_FILE), known.reserve()), CacheBypass.of(root));
        } catch (IOException | RuntimeException e) {
            temporaries.close();
            throw e;
        }
        writing = ready;
        return ready;
    }

    /** An unmounted disk leaves an empty directory behind; that must not look like a store without objects. */
    private void requireSamePlace() throws IOException {
        if (!place.equals(DiskGuarantees.placeOf(root))) {
            throw new HoldfastException(
                    ErrorCode.STORE_UNREACHABLE,
                    root + " is not the directory it was when it was opened",
                    "Check that the file system is mounted.");
        }
    }

    private static void requireNotInterrupted(ObjectName name) {
        if (Thread.currentThread().isInterrupted()) {
            throw DiskErrors.interrupted(name.value());
        }
    }

    /** The size of the object at {@code path}; negative where there is none. */
    private static long sizeOf(Path path) throws IOException {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return attributes.isRegularFile() ? attributes.size() : -1;
        } catch (NoSuchFileException e) {
            return -1;
        } catch (FileSystemException e) {
            if ("Not a directory".equals(e.getReason())) {
                return -1;
            }
            throw e;
        }
    }

    private static void createWithParents(Path root) throws IOException {
        if (Files.isDirectory(root)) {
            return;
        }
        Path parent = DurableDirectories.parentOf(root);
        createWithParents(parent);
        DurableDirectories.create(root);
        DurableDirectories.sync(parent);
    }

    private static void requireEmpty(Path root) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(root)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                if (!Set.of(TEMPORARY_DIRECTORY, RESERVE_FILE, LOST_AND_FOUND).contains(name)) {
                    throw new HoldfastException(
                            ErrorCode.REFUSED,
                            root + " is not empty: it holds '" + name + "'",
                            "Name an empty directory, or one that does not exist yet.");
                }
            }
        }
    }

    private static HoldfastException noRepository(String message) {
        return new HoldfastException(
                ErrorCode.NO_REPOSITORY, message, "Check the path, or make a repository there with 'holdfast init'.");
    }
}
