package io.holdfast.sources.restore;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.repository.tree.TreeEntry.Hole;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Writes one file of a snapshot over a device or into an image. For one use. */
public final class VolumeRestore {
    private static final byte[] ZEROS = new byte[1 << 20];
    private static final String NO_SPACE = "No space left on device";

    private final ChunkSource chunks;
    private final TreeEntry entry;
    private final LongConsumer onBytes;

    /** @param onBytes told of what was written, holes included */
    public VolumeRestore(ChunkSource chunks, TreeEntry entry, LongConsumer onBytes) {
        this.chunks = chunks;
        this.entry = entry;
        this.onBytes = onBytes;
    }

    /** Makes an image, which must not be there; holes stay holes. One that could not be written whole is removed. */
    public void toNewFile(Path file) {
        try {
            writeNewFile(file);
        } catch (RuntimeException e) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException further) {
                e.addSuppressed(further);
            }
            throw e;
        }
    }

    private void writeNewFile(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            new Output(channel, false).write();
            if (entry.sizeBytes() > channel.size()) {
                channel.write(ByteBuffer.allocate(1), entry.sizeBytes() - 1);
            }
            channel.force(true);
        } catch (IOException e) {
            throw failure(file, e);
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
            new Output(channel, true).write();
            channel.force(true);
        } catch (IOException e) {
            throw failure(device, e);
        }
    }

    private static HoldfastException failure(Path target, IOException e) {
        boolean full = String.valueOf(e.getMessage()).contains(NO_SPACE);
        return new HoldfastException(
                full ? ErrorCode.NO_SPACE : ErrorCode.FAILED,
                "restoring to " + target + " failed: " + e.getClass().getSimpleName() + " " + e.getMessage(),
                "What is there now is not whole.",
                e);
    }

    private final class Output {
        private final FileChannel channel;
        private final boolean writesHoles;
        private final Iterator<Hole> holes = entry.holes().iterator();
        private @Nullable Hole next = holes.hasNext() ? holes.next() : null;
        private long position;

        Output(FileChannel channel, boolean writesHoles) {
            this.channel = channel;
            this.writesHoles = writesHoles;
        }

        void write() throws IOException {
            IOException[] failed = new IOException[1];
            new ContentReader(chunks).chunks(entry.content(), (id, length) -> {
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
            if (position != entry.sizeBytes()) {
                throw HoldfastException.damaged(
                        "the volume has " + position + " bytes, its entry says " + entry.sizeBytes());
            }
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
                while (writesHoles && position < end) {
                    ByteBuffer zeros = ByteBuffer.wrap(ZEROS, 0, (int) Math.min(ZEROS.length, end - position));
                    position += channel.write(zeros, position);
                }
                onBytes.accept(next.length());
                position = end;
                next = holes.hasNext() ? holes.next() : null;
            }
        }
    }
}
