package io.holdfast.media;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.ChunkName;
import io.holdfast.protocol.ChunkSet;
import io.holdfast.protocol.FrameRecord;
import io.holdfast.protocol.FrameStream;
import io.holdfast.repository.ChunkCache;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.PageReferences;
import java.io.IOException;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A snapshot that a host reads (rule D6): its root is granted, and a page that was served grants what it refers to. Every chunk was checked against its id when it
 * is served. Safe for many threads.
 */
final class HostRead implements AutoCloseable {
    private static final long FRAMES_KEPT_BYTES = 64L << 20;
    /** In one answer. */
    private static final long MOST_BYTES = 32L << 20;

    private static final List<ChunkKind> PAGES = List.of(ChunkKind.TREE_PAGE, ChunkKind.CHUNK_LIST);
    private static final List<ChunkKind> PREFERENCE =
            List.of(ChunkKind.TREE_PAGE, ChunkKind.CHUNK_LIST, ChunkKind.CONTENT);

    private final ChunkCache chunks;
    private final ChunkSet granted;
    /** Read by those who serve, written by who closes. */
    private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();

    private boolean closed;

    HostRead(Repository repository, Snapshot snapshot, SecureRandom random) {
        this.chunks = repository.newChunkCache(FRAMES_KEPT_BYTES);
        this.granted = new ChunkSet(random);
        snapshot.manifest().root().ifPresent(root -> granted.add(new ChunkName(ChunkKind.TREE_PAGE, root.id())));
    }

    /**
     * As what the host may read each of these; a page goes before content, as only what is read as a page grants more.
     *
     * @throws HoldfastException {@code REFUSED} where it may not read one of them
     */
    List<ChunkName> named(List<ChunkId> wanted) {
        List<ChunkName> names = new ArrayList<>(wanted.size());
        for (ChunkId id : wanted) {
            names.add(PREFERENCE.stream()
                    .map(kind -> new ChunkName(kind, id))
                    .filter(granted::contains)
                    .findFirst()
                    .orElseThrow(() -> new HoldfastException(
                            ErrorCode.REFUSED, "chunk " + id + " is not reached from what was read of this snapshot")));
        }
        return names;
    }

    /** Writes chunks that {@link #named} has named, in order, as a frame stream. */
    void serve(List<ChunkName> wanted, OutputStream target) throws IOException {
        use.readLock().lock();
        try (FrameCodec codec = new FrameCodec()) {
            if (closed) {
                throw HoldfastException.notFound("nothing is being read under this name any more");
            }
            Answer answer = new Answer(codec, new FrameStream.Writer(target));
            for (ChunkName name : wanted) {
                answer.add(name, chunks.find(name.id()));
            }
            answer.finish();
        } finally {
            use.readLock().unlock();
        }
    }

    /** Bytes that are both kinds of page grant by both. */
    private void grant(ChunkId id, byte[] content) {
        for (ChunkKind kind : PAGES) {
            if (granted.contains(new ChunkName(kind, id))) {
                grant(new ChunkName(kind, id), content);
            }
        }
    }

    private void grant(ChunkName page, byte[] content) {
        try {
            PageReferences.of(page.kind(), page.id(), content)
                    .forEach(found -> granted.add(new ChunkName(found.kind(), found.id())));
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            // A page that cannot be read grants nothing; the host finds out by itself.
        }
    }

    @Override
    public void close() {
        use.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                chunks.close();
            }
        } finally {
            use.writeLock().unlock();
        }
    }

    /** Chunks of one kind of pack that follow each other share a frame. */
    private final class Answer {
        private final FrameCodec codec;
        private final FrameStream.Writer out;
        private final List<FrameRecord.Chunk> open = new ArrayList<>();
        private byte[] plain = new byte[FrameCodec.GROUP_BYTES];
        private byte[] encoded = {};
        private int filled;
        private long served;

        Answer(FrameCodec codec, FrameStream.Writer out) {
            this.codec = codec;
            this.out = out;
        }

        void add(ChunkName name, Optional<ChunkCache.Part> found) throws IOException {
            if (found.isEmpty()) {
                flush();
                out.write(FrameRecord.lost(name));
                return;
            }
            ChunkCache.Part part = found.get();
            served += part.length();
            if (served > MOST_BYTES + FrameCodec.MAX_PLAIN_BYTES) {
                throw HoldfastException.usage("chunks of more than " + MOST_BYTES + " bytes at once", "Ask for fewer.");
            }
            boolean fits = !open.isEmpty()
                    && open.getFirst().kind().packKind() == name.kind().packKind()
                    && filled + part.length() <= FrameCodec.GROUP_BYTES
                    && open.size() < FrameCodec.MAX_CHUNKS;
            if (!fits) {
                flush();
            }
            if (plain.length < filled + part.length()) {
                plain = Arrays.copyOf(plain, filled + part.length());
            }
            System.arraycopy(part.bytes(), part.start(), plain, filled, part.length());
            filled += part.length();
            open.add(new FrameRecord.Chunk(name.kind(), name.id(), part.length()));
            if (name.kind() != ChunkKind.CONTENT) {
                grant(name.id(), Arrays.copyOfRange(part.bytes(), part.start(), part.start() + part.length()));
            }
        }

        void finish() throws IOException {
            flush();
            out.finish();
        }

        private void flush() throws IOException {
            if (open.isEmpty()) {
                return;
            }
            int room = 4 + 4 * open.size() + filled;
            if (encoded.length < room) {
                encoded = new byte[room];
            }
            int[] lengths =
                    open.stream().mapToInt(FrameRecord.Chunk::lengthBytes).toArray();
            int length = codec.encode(plain, lengths, lengths.length, encoded);
            out.write(new FrameRecord(open, List.of(), encoded), length);
            open.clear();
            filled = 0;
        }
    }
}
