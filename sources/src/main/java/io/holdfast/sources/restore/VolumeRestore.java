package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.repository.tree.TreeEntry.Hole;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.files.WritableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Writes one file of a snapshot over a device or into an image. For one use. */
public final class VolumeRestore {
    /** What stands behind the name of an image until it is whole. */
    private static final byte[] PART_SUFFIX = ".holdfast-part".getBytes(StandardCharsets.US_ASCII);

    private static final Set<OpenOption> PART_OPTIONS = Set.of(
            StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    private static final int MAX_NAME_BYTES = 255;
    private static final Path SELF = Path.of("/proc/self");
    private static final byte[] ZEROS = new byte[1 << 20];
    private static final String NO_SPACE = "No space left on device";

    private final ChunkSource chunks;
    private final ContentReader contents;
    private final ContentComparison comparison;
    private final TreeEntry entry;
    private final LongConsumer onBytes;
    private long keptBytes;

    /** @param onBytes told of what is done, holes included */
    public VolumeRestore(Repository repository, TreeEntry entry, LongConsumer onBytes) {
        this(repository.newChunkReader(), ChunkHasher.comparing(repository.keyring()), entry, onBytes);
    }

    /**
     * @param chunks reads metadata and content
     * @param comparing tells whether what is there already is the content of a chunk
     * @param onBytes told of what is done, holes included
     */
    public VolumeRestore(ChunkSource chunks, ChunkHasher comparing, TreeEntry entry, LongConsumer onBytes) {
        this.chunks = chunks;
        this.contents = new ContentReader(chunks);
        this.comparison = new ContentComparison(contents, comparing);
        this.entry = entry;
        this.onBytes = onBytes;
    }

    /** Where an image is written to until it is whole. A name without room for more is cut. */
    public static Bytes partOf(Bytes file) {
        byte[] name = RestorePaths.leaf(file).unsafeArray();
        int kept = Math.min(name.length, MAX_NAME_BYTES - PART_SUFFIX.length);
        while (kept < name.length && (name[kept] & 0xC0) == 0x80) {
            kept--; // Not within a character.
        }
        byte[] part = Arrays.copyOf(name, kept + PART_SUFFIX.length);
        System.arraycopy(PART_SUFFIX, 0, part, kept, PART_SUFFIX.length);
        return RestorePaths.join(RestorePaths.above(file), Bytes.wrap(part));
    }

    /** What was there already of the image, left by a restore that was cut off. */
    public long keptBytes() {
        return keptBytes;
    }

    /**
     * Makes an image, which must not be there; holes stay holes. It is written under another name and gets its own when it is whole. What a
     * restore that was cut off has left under that other name is compared, chunk by chunk, and kept where it is right.
     *
     * @param part the path of {@link #partOf}
     * @throws HoldfastException {@code REFUSED} where another restore is at it, or something else has its names
     */
    public void toNewFile(HostFiles files, Bytes file, Path part) {
        Bytes above = RestorePaths.above(file);
        try (Directory directory = files.openDirectory(above.length() == 0 ? Bytes.wrap(new byte[] {'/'}) : above)) {
            Bytes name = RestorePaths.leaf(file);
            Bytes partName = RestorePaths.leaf(partOf(file));
            Optional<FileStatus> there = directory.find(partName);
            if (there.isPresent()) {
                requireOurs(there.get(), part);
            }
            try (FileChannel claim = FileChannel.open(part, PART_OPTIONS)) {
                requireAlone(claim, part);
                // Closed after it has its name: with any handle of the file the system gives up the lock.
                try (WritableFile opened = directory.openForUpdate(partName)) {
                    requireOurs(opened.statusAtOpen(), part);
                    writeWhole(opened, directory, partName);
                    if (directory.find(name).isPresent()) {
                        throw new HoldfastException(
                                ErrorCode.REFUSED,
                                RestorePaths.text(file) + " was made by somebody else meanwhile",
                                "All that was to be restored is in " + part + ".");
                    }
                    directory.rename(partName, directory, name);
                    directory.sync();
                }
            }
        } catch (IOException e) {
            boolean begun = Files.isRegularFile(part, LinkOption.NOFOLLOW_LINKS);
            String hint =
                    begun ? "Run the same command again: it keeps what is there already." : "Check the directory.";
            throw failure(part, e, hint);
        }
    }

    /** Whoever may make files there could have put one of his own, to read or change what is written to it. */
    private static void requireOurs(FileStatus there, Path part) throws IOException {
        boolean ours = !Files.exists(SELF) || (int) Files.getAttribute(SELF, "unix:uid") == (int) there.uid();
        if (!there.isRegular() || there.linkCount() > 1 || !ours) {
            throw new HoldfastException(
                    ErrorCode.REFUSED, part + " is there, and was not left by a restore of yours", "Remove it.");
        }
    }

    /** Nobody else may write to it meanwhile. The lock ends with the process. */
    private static void requireAlone(FileChannel claim, Path part) throws IOException {
        boolean alone;
        try {
            alone = claim.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            alone = false;
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            alone = true; // The file system has no locks.
        }
        if (!alone) {
            throw new HoldfastException(
                    ErrorCode.REFUSED, "another restore is writing to " + part, "Wait for it, or name another file.");
        }
    }

    /** What cannot become whole does not stay, nor does what has nothing in it. */
    private void writeWhole(WritableFile file, Directory directory, Bytes partName) throws HostFileException {
        boolean useless = true;
        try {
            write(file);
            file.sync();
            useless = false;
        } catch (HoldfastException e) {
            useless = e.code() == ErrorCode.DAMAGED || file.status().sizeBytes() == 0;
            throw e;
        } catch (HostFileException e) {
            useless = file.status().sizeBytes() == 0;
            throw e;
        } finally {
            if (useless) {
                directory.remove(partName);
            }
        }
    }

    private void write(WritableFile file) throws HostFileException {
        long before = Math.min(file.statusAtOpen().sizeBytes(), entry.sizeBytes());
        if (before > 0) {
            file.truncate(before);
            for (Hole hole : entry.holes()) {
                if (hole.offset() < before) {
                    comparison.clear(file, new Hole(hole.offset(), Math.min(hole.length(), before - hole.offset())));
                }
            }
        }
        Extents extents = new Extents(entry.sizeBytes(), entry.holes());
        long[] stream = {0};
        long[] told = {0};
        HostFileException[] failed = new HostFileException[1];
        contents.chunks(entry.content(), (id, length) -> {
            try {
                if (before > 0 && comparison.hasChunk(file, extents, id, length, stream[0])) {
                    keptBytes += length;
                } else {
                    byte[] content = chunks.read(id);
                    if (content.length != length) {
                        throw HoldfastException.damaged("chunk " + id + " has another length than the file says");
                    }
                    extents.<HostFileException>map(
                            stream[0],
                            length,
                            (at, offset, count) -> file.write(ByteBuffer.wrap(content, offset, count), at));
                }
                extents.map(stream[0], length, (at, offset, count) -> {
                    onBytes.accept(at + count - told[0]);
                    told[0] = at + count;
                });
                stream[0] += length;
                return true;
            } catch (HostFileException e) {
                failed[0] = e;
                return false;
            }
        });
        if (failed[0] != null) {
            throw failed[0];
        }
        requireSize(stream[0] + entry.holes().stream().mapToLong(Hole::length).sum());
        onBytes.accept(entry.sizeBytes() - told[0]);
        file.truncate(entry.sizeBytes());
    }

    private void requireSize(long bytes) {
        if (bytes != entry.sizeBytes()) {
            throw HoldfastException.damaged("the volume has " + bytes + " bytes, its entry says " + entry.sizeBytes());
        }
    }

    /**
     * Overwrites a device, holes with zeros.
     *
     * @throws HoldfastException {@code NO_SPACE} where it is too small; nothing was written then
     */
    public void toDevice(Path device) {
        try (FileChannel channel = FileChannel.open(device, StandardOpenOption.WRITE)) {
            if (channel.size() < entry.sizeBytes()) {
                throw new HoldfastException(
                        ErrorCode.NO_SPACE,
                        device + " has " + channel.size() + " bytes, and the volume " + entry.sizeBytes(),
                        "Name a device that is as large at least; nothing was written.");
            }
            new Output(channel).write();
            channel.force(true);
        } catch (IOException e) {
            throw failure(device, e, "What is there now is not whole.");
        }
    }

    private static HoldfastException failure(Path target, IOException e, String hint) {
        boolean full = e instanceof HostFileException known
                ? known.isNoSpace()
                : String.valueOf(e.getMessage()).contains(NO_SPACE);
        String kind = e instanceof HostFileException ? "" : e.getClass().getSimpleName() + " ";
        return new HoldfastException(
                full ? ErrorCode.NO_SPACE : ErrorCode.FAILED,
                "restoring to " + target + " failed: " + kind + e.getMessage(),
                hint,
                e);
    }

    /** A device. */
    private final class Output {
        private final FileChannel channel;
        private final Iterator<Hole> holes = entry.holes().iterator();
        private @Nullable Hole next = holes.hasNext() ? holes.next() : null;
        private long position;

        Output(FileChannel channel) {
            this.channel = channel;
        }

        void write() throws IOException {
            IOException[] failed = new IOException[1];
            contents.chunks(entry.content(), (id, length) -> {
                try {
                    put(ByteBuffer.wrap(chunks.read(id)));
                    return true;
                } catch (IOException e) {
                    failed[0] = e;
                    return false;
                }
            });
            if (failed[0] != null) {
                throw failed[0];
            }
            passHoles();
            requireSize(position);
        }

        private void put(ByteBuffer content) throws IOException {
            while (content.hasRemaining()) {
                passHoles();
                int end = content.limit();
                if (next != null && next.offset() - position < content.remaining()) {
                    content.limit(content.position() + (int) (next.offset() - position));
                }
                while (content.hasRemaining()) {
                    int count = channel.write(content, position);
                    position += count;
                    onBytes.accept(count);
                }
                content.limit(end);
            }
        }

        private void passHoles() throws IOException {
            while (next != null && next.offset() == position) {
                long end = next.offset() + next.length();
                while (position < end) {
                    ByteBuffer zeros = ByteBuffer.wrap(ZEROS, 0, (int) Math.min(ZEROS.length, end - position));
                    int count = channel.write(zeros, position);
                    position += count;
                    onBytes.accept(count);
                }
                next = holes.hasNext() ? holes.next() : null;
            }
        }
    }
}
