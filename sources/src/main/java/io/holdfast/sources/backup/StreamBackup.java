package io.holdfast.sources.backup;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.chunk.Chunker;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.session.BackupSession;
import io.holdfast.repository.session.BackupTarget;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.ContentWriter;
import io.holdfast.repository.tree.OlderVersion;
import io.holdfast.repository.tree.Timestamp;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Makes a snapshot of one stream of bytes, as a file of the stream's name. What goes wrong before the end of the stream, or is said
 * to be wrong with it afterwards, leaves no snapshot. For one use.
 */
public final class StreamBackup {
    private static final int BUFFER_BYTES = 8 << 20;
    private static final int BUFFERS = 3;

    private final BackupTarget target;
    private final NamedSource source;
    private final BackupListener listener;

    /** Says after the end of a stream whether that was all of it. */
    @FunctionalInterface
    public interface Ending {
        /** @throws HoldfastException where it was not; then there is no snapshot */
        void check();
    }

    public StreamBackup(BackupTarget target, NamedSource source, BackupListener listener) {
        this.target = target;
        this.source = source;
        this.listener = listener;
    }

    /** Reads the stream to its end; the caller closes it. */
    public BackupResult run(InputStream in, Ending ending) {
        Timestamp started = Timestamp.of(target.settings().clock().instant());
        try (BackupSession session = target.beginSession("backup of stream " + source.text());
                Reader reader = new Reader(in)) {
            NamedSource.Run run = source.run(target, session);
            ContentWriter content = new ContentWriter(session);
            long size = send(reader, session, run, content);
            ending.check();
            BackupResult result = run.commit(
                    started,
                    source.entry(started, size).content(content.finish()).build());
            listener.file(
                    source.name(),
                    size,
                    run.isFirst() ? BackupListener.FileOutcome.NEW : BackupListener.FileOutcome.CHANGED);
            return result;
        }
    }

    private long send(Reader reader, BackupSession session, NamedSource.Run run, ContentWriter content) {
        Chunker chunker = target.chunker();
        ContentReader contents = new ContentReader(target.newChunkReader());
        Optional<OlderVersion> before = run.previousFile()
                .filter(file -> session.takesDeltas())
                .map(file -> OlderVersion.ofFile(contents, file));
        ChunkHasher hasher = target.newHasher();
        int max = chunker.parameters().maxBytes();
        byte[] pending = new byte[max + BUFFER_BYTES];
        int filled = 0;
        long size = 0;
        boolean atEnd = false;
        while (!atEnd) {
            Piece piece = reader.take();
            atEnd = piece.length() < 0;
            if (!atEnd) {
                System.arraycopy(piece.bytes(), 0, pending, filled, piece.length());
                filled += piece.length();
                size += piece.length();
                listener.advanced(piece.length());
                reader.giveBack(piece.bytes());
            }
            int at = 0;
            while (filled - at >= max || (atEnd && at < filled)) {
                int length = chunker.cut(pending, at, filled - at);
                ChunkId id = hasher.id(pending, at, length);
                int chunkBytes = length;
                List<ChunkId> older =
                        before.map(version -> version.next(id, chunkBytes)).orElse(List.of());
                session.add(ChunkKind.CONTENT, id, pending, at, length, older);
                content.add(id, length);
                at += length;
            }
            System.arraycopy(pending, at, pending, 0, filled - at);
            filled -= at;
        }
        return size;
    }

    /** @param length bytes, or −1 at the end */
    private record Piece(byte[] bytes, int length) {}

    /** Reads ahead, so that whoever writes the stream need not wait while it is hashed. */
    private final class Reader implements AutoCloseable {
        private final BlockingQueue<Piece> full = new ArrayBlockingQueue<>(BUFFERS + 1);
        private final BlockingQueue<byte[]> empty = new ArrayBlockingQueue<>(BUFFERS);
        private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
        private final Thread thread;

        Reader(InputStream in) {
            for (int i = 0; i < BUFFERS; i++) {
                empty.add(new byte[BUFFER_BYTES]);
            }
            // A read from a pipe cannot be interrupted, so nobody waits for this one.
            thread = Thread.ofPlatform().daemon().name("holdfast-stream").start(() -> read(in));
        }

        private void read(InputStream in) {
            try {
                while (true) {
                    byte[] buffer = empty.take();
                    int length = in.readNBytes(buffer, 0, buffer.length);
                    if (length > 0) {
                        full.put(new Piece(buffer, length));
                    }
                    if (length < buffer.length) {
                        break;
                    }
                }
            } catch (IOException e) {
                failure.set(e);
            } catch (InterruptedException e) {
                return;
            }
            full.add(new Piece(new byte[0], -1));
        }

        Piece take() {
            try {
                Piece piece = full.take();
                IOException failed = failure.get();
                if (piece.length() < 0 && failed != null) {
                    throw new HoldfastException(
                            ErrorCode.FAILED,
                            "stream " + source.text() + " broke off: " + failed.getMessage() + "; no snapshot was made",
                            null,
                            failed);
                }
                return piece;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
            }
        }

        void giveBack(byte[] buffer) {
            empty.add(buffer);
        }

        @Override
        public void close() {
            thread.interrupt();
        }
    }
}
