package io.holdfast.sources.backup;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.session.BackupSession;
import io.holdfast.repository.session.BackupTarget;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.ContentWriter;
import io.holdfast.repository.tree.OlderVersion;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.repository.tree.TreeEntry.Hole;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Makes a snapshot of a block device or an image of one: chunks of a fixed size, aligned, so that a block that was written changes one of them; blocks of
 * zeros are holes. Frames hold one chunk's worth, so that a small read decodes little. For one use.
 */
public final class VolumeBackup {
    /** Of a chunk; small enough for random writes, large enough for an index. */
    public static final int CHUNK_BYTES = 128 << 10;

    private static final int READ_BYTES = 64 * CHUNK_BYTES;
    /** More zeros than these are stored; they are one chunk. */
    private static final int MAX_HOLES = 1 << 16;

    private final BackupTarget target;
    private final NamedSource source;
    private final BackupListener listener;

    public VolumeBackup(BackupTarget target, NamedSource source, BackupListener listener) {
        this.target = target;
        this.source = source;
        this.listener = listener;
    }

    /** Reads {@code volume} from start to end; see {@link VolumeUse} for whether that makes sense. */
    public BackupResult run(Path volume) {
        return run(volume, () -> {});
    }

    /** @param ending asked when all is read; where it throws, there is no snapshot */
    public BackupResult run(Path volume, StreamBackup.Ending ending) {
        Timestamp started = Timestamp.of(target.settings().clock().instant());
        try (FileChannel channel = FileChannel.open(volume, StandardOpenOption.READ);
                BackupSession session = target.beginSession("backup of volume " + source.text(), CHUNK_BYTES)) {
            NamedSource.Run run = source.run(target, session);
            Blocks blocks = new Blocks(session, run);
            long size = channel.size();
            listener.total(size);
            ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
            for (long at = 0; at < size; ) {
                buffer.clear().limit((int) Math.min(READ_BYTES, size - at));
                while (buffer.hasRemaining()) {
                    if (channel.read(buffer, at + buffer.position()) < 0) {
                        throw new IOException("it ended at " + (at + buffer.position()) + " of " + size + " bytes");
                    }
                }
                blocks.add(buffer.array(), buffer.position(), at);
                at += buffer.position();
                listener.advanced(buffer.position());
            }
            ending.check();
            BackupResult result = run.commit(
                    started,
                    source.entry(started, size)
                            .content(blocks.content.finish())
                            .holes(blocks.holes)
                            .build());
            listener.file(
                    source.name(),
                    size,
                    run.isFirst() ? BackupListener.FileOutcome.NEW : BackupListener.FileOutcome.CHANGED);
            return result;
        } catch (ClosedByInterruptException e) {
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    "volume " + volume + " cannot be read: " + e.getMessage() + "; no snapshot was made",
                    "Check the path, its rights and the kernel's log.",
                    e);
        }
    }

    /** Chunks and holes so far. */
    private final class Blocks {
        private final BackupSession session;
        private final ContentWriter content;
        private final ChunkHasher hasher = target.newHasher();
        private final byte[] zeros = new byte[CHUNK_BYTES];
        private final List<Hole> holes = new ArrayList<>();

        private final Optional<OlderVersion> before;

        Blocks(BackupSession session, NamedSource.Run run) {
            this.session = session;
            ContentReader contents = new ContentReader(target.newChunkReader());
            this.before = run.previousFile()
                    .filter(file -> session.takesDeltas())
                    .map(file -> OlderVersion.ofVolume(contents, file));
            this.content = new ContentWriter(session);
        }

        void add(byte[] bytes, int length, long volumeOffset) {
            for (int at = 0; at < length; at += CHUNK_BYTES) {
                int count = Math.min(CHUNK_BYTES, length - at);
                if (Arrays.equals(bytes, at, at + count, zeros, 0, count) && addHole(volumeOffset + at, count)) {
                    continue;
                }
                ChunkId id = hasher.id(bytes, at, count);
                long start = volumeOffset + at;
                List<ChunkId> older =
                        before.map(version -> version.next(start, id, count)).orElse(List.of());
                session.add(ChunkKind.CONTENT, id, bytes, at, count, older);
                content.add(id, count);
            }
        }

        private boolean addHole(long offset, int length) {
            if (!holes.isEmpty() && holes.getLast().offset() + holes.getLast().length() == offset) {
                Hole before = holes.removeLast();
                holes.add(new Hole(before.offset(), before.length() + length));
                return true;
            }
            return holes.size() < MAX_HOLES && holes.add(new Hole(offset, length));
        }
    }
}
