package io.holdfast.agent.data;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.FrameRecord;
import io.holdfast.protocol.FrameStream;
import io.holdfast.protocol.MediaCalls;
import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.ReadRequest;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.BaseSource;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.PageReferences;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A snapshot that is read through a media server. Whoever reads a page asks soon for the pages that it refers to: so the first of them brings its neighbours along.
 * The media server has checked every chunk against its id when it sent it. Safe for many threads; pages are read by one at a time.
 */
final class SnapshotReading implements ChunkSource, AutoCloseable {
    private static final int PAGES_AT_ONCE = 64;
    private static final int PAGES_KEPT = 512;

    private final MediaCalls calls;
    private final ReadAnswer answer;
    /** Pages that nobody has asked for yet, or that were read last. */
    private final Map<ChunkId, byte[]> kept = new LinkedHashMap<>();
    /** Of a page that is to come, those that lie beside it. */
    private final Map<ChunkId, List<ChunkId>> neighbours = new HashMap<>();

    private SnapshotReading(MediaCalls calls, ReadAnswer answer) {
        this.calls = calls;
        this.answer = answer;
    }

    /** @param snapshot its id */
    static SnapshotReading begin(MediaCalls calls, MediaJob job, String snapshot) {
        return new SnapshotReading(calls, calls.beginRead(new ReadRequest(job.id(), job.fence(), snapshot)));
    }

    Snapshot snapshot() {
        return answer.snapshot().snapshot();
    }

    /** Takes a chunk that was asked for. */
    @FunctionalInterface
    interface Taker {
        /**
         * @param plain holds it; valid until this returns
         * @param length 0 where no whole copy is found
         */
        void take(ChunkKind kind, ChunkId id, byte[] plain, int start, int length);
    }

    /**
     * Reads chunks with one request.
     *
     * @param wanted of at most 32 MiB together
     */
    void read(List<ChunkId> wanted, Taker taker) {
        int taken = 0;
        try (InputStream in = calls.chunks(answer.read(), wanted);
                FrameCodec codec = new FrameCodec()) {
            FrameStream.Reader reader = new FrameStream.Reader(in);
            byte[] buffer = new byte[FrameCodec.GROUP_BYTES];
            for (Optional<FrameRecord> next = reader.next(); next.isPresent(); next = reader.next()) {
                FrameRecord frame = next.get();
                FrameCodec.Decoded decoded = frame.isLost()
                        ? new FrameCodec.Decoded(new byte[0], new int[] {0, 0})
                        : codec.decode(frame.encoded(), frame.encoded().length, buffer, "an answer", BaseSource.NONE);
                for (int i = 0; i < frame.chunks().size(); i++) {
                    FrameRecord.Chunk chunk = frame.chunks().get(i);
                    if (taken == wanted.size() || !chunk.id().equals(wanted.get(taken++))) {
                        throw HoldfastException.damaged(
                                "the media server answered with another chunk than was asked for");
                    }
                    if (decoded.chunkCount() != frame.chunks().size() || decoded.length(i) != chunk.lengthBytes()) {
                        throw HoldfastException.damaged("the media server answered with another length than it said");
                    }
                    taker.take(chunk.kind(), chunk.id(), decoded.plain(), decoded.starts()[i], chunk.lengthBytes());
                }
            }
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.STORE_UNREACHABLE, "an answer of the media server broke off: " + e.getMessage(), null, e);
        }
        if (taken < wanted.size()) {
            throw HoldfastException.damaged("the media server answered with fewer chunks than were asked for");
        }
    }

    /** A chunk of metadata; of content, too, but that is better asked for together. */
    @Override
    public synchronized byte[] read(ChunkId id) {
        byte[] known = kept.get(id);
        return known != null ? known : fetch(id);
    }

    private byte[] fetch(ChunkId id) {
        List<ChunkId> wanted = new ArrayList<>();
        wanted.add(id);
        List<ChunkId> beside = neighbours.getOrDefault(id, List.of());
        for (int i = beside.indexOf(id) + 1; i < beside.size() && wanted.size() < PAGES_AT_ONCE; i++) {
            if (!kept.containsKey(beside.get(i)) && !wanted.contains(beside.get(i))) {
                wanted.add(beside.get(i));
            }
        }
        byte[][] found = {new byte[0]};
        read(wanted, (kind, chunk, plain, start, length) -> {
            byte[] content = Arrays.copyOfRange(plain, start, start + length);
            if (chunk.equals(id)) {
                found[0] = content;
            }
            if (kind != ChunkKind.CONTENT && length > 0) {
                keep(kind, chunk, content);
            }
        });
        if (found[0].length == 0) {
            throw HoldfastException.damaged("chunk " + id + " is lost: the media server finds no whole copy");
        }
        return found[0];
    }

    private void keep(ChunkKind kind, ChunkId id, byte[] page) {
        kept.put(id, page);
        neighbours.remove(id);
        List<ChunkId> below = pagesBelow(kind, id, page);
        below.forEach(each -> neighbours.putIfAbsent(each, below));
        if (kept.size() > PAGES_KEPT) {
            // Without neighbours, each is asked for by itself: only slower.
            kept.remove(kept.keySet().iterator().next());
            if (neighbours.size() > PAGES_KEPT * PAGES_AT_ONCE) {
                neighbours.clear();
            }
        }
    }

    private static List<ChunkId> pagesBelow(ChunkKind kind, ChunkId id, byte[] page) {
        try {
            return PageReferences.of(kind, id, page).stream()
                    .filter(reference -> reference.kind() != ChunkKind.CONTENT)
                    .map(PageReferences.Reference::id)
                    .toList();
        } catch (HoldfastException e) {
            return List.of(); // Whoever asked for it says what is wrong with it.
        }
    }

    @Override
    public void close() {
        try {
            calls.endRead(answer.read());
        } catch (HoldfastException e) {
            // It ends by itself.
        }
    }
}
