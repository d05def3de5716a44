package io.holdfast.agent.data;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.FrameRecord;
import io.holdfast.protocol.FrameStream;
import io.holdfast.protocol.MediaCalls;
import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.ReadRequest;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.pack.BaseSource;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.PageReferences;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A snapshot that is read through a media server. Whoever reads a page asks soon for what it refers to: so the first of that brings its neighbours along.
 * The media server has checked every chunk against its id when it sent it. Safe for many threads; single chunks are read by one at a time.
 */
final class SnapshotReading implements ChunkSource, AutoCloseable {
    private static final int AT_ONCE = 64;
    private static final long AT_ONCE_BYTES = 8 << 20;
    private static final long KEPT_BYTES = 32 << 20;
    private static final int MOST_NEIGHBOURS = 64 * 1024;

    private final MediaCalls calls;
    private final ReadAnswer answer;
    /** What nobody has asked for yet, or that was read last. */
    private final Map<ChunkId, byte[]> kept = new LinkedHashMap<>();
    /** Of what is to come, what stands beside it in its page. */
    private final Map<ChunkId, List<PageReferences.Reference>> neighbours = new HashMap<>();

    private long keptBytes;

    private SnapshotReading(MediaCalls calls, ReadAnswer answer) {
        this.calls = calls;
        this.answer = answer;
    }

    /** @param snapshot its id */
    static SnapshotReading begin(MediaCalls calls, MediaJob job, String snapshot) {
        return new SnapshotReading(calls, calls.beginRead(new ReadRequest(job.id(), job.fence(), snapshot)));
    }

    /** Names chunks as its repository does. */
    ChunkHasher newHasher() {
        return new ChunkHasher(answer.naming().keys().idKey());
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

    /** What comes next in the same page is fetched along: whoever reads one after the other need not wait for each. */
    @Override
    public synchronized byte[] read(ChunkId id) {
        byte[] known = kept.get(id);
        return known != null ? known : fetch(id);
    }

    private byte[] fetch(ChunkId id) {
        List<ChunkId> wanted = withNeighbours(id);
        byte[][] found = {new byte[0]};
        read(wanted, (kind, chunk, plain, start, length) -> {
            byte[] content = Arrays.copyOfRange(plain, start, start + length);
            if (chunk.equals(id)) {
                found[0] = content;
            }
            if (length > 0) {
                keep(kind, chunk, content);
            }
        });
        if (found[0].length == 0) {
            throw HoldfastException.damaged("chunk " + id + " is lost: the media server finds no whole copy");
        }
        return found[0];
    }

    /** It goes first, and those behind it in its page follow. */
    private List<ChunkId> withNeighbours(ChunkId id) {
        Set<ChunkId> wanted = new LinkedHashSet<>();
        wanted.add(id);
        long bytes = 0;
        boolean behind = false;
        for (PageReferences.Reference each : neighbours.getOrDefault(id, List.of())) {
            behind |= each.id().equals(id);
            bytes += behind ? each.lengthBytes() : 0;
            if (bytes > AT_ONCE_BYTES || wanted.size() == AT_ONCE) {
                break;
            }
            if (behind && !kept.containsKey(each.id())) {
                wanted.add(each.id());
            }
        }
        return List.copyOf(wanted);
    }

    private void keep(ChunkKind kind, ChunkId id, byte[] content) {
        keptBytes += content.length;
        byte[] before = kept.put(id, content);
        keptBytes -= before == null ? 0 : before.length;
        neighbours.remove(id);
        List<PageReferences.Reference> references = references(kind, id, content);
        for (boolean pages : new boolean[] {true, false}) {
            List<PageReferences.Reference> alike = references.stream()
                    .filter(each -> (each.kind() != ChunkKind.CONTENT) == pages)
                    .toList();
            alike.forEach(each -> neighbours.putIfAbsent(each.id(), alike));
        }
        // Without neighbours, each is asked for by itself: only slower.
        if (neighbours.size() > MOST_NEIGHBOURS) {
            neighbours.clear();
        }
        for (Iterator<byte[]> oldest = kept.values().iterator(); keptBytes > KEPT_BYTES && oldest.hasNext(); ) {
            keptBytes -= oldest.next().length;
            oldest.remove();
        }
    }

    private static List<PageReferences.Reference> references(ChunkKind kind, ChunkId id, byte[] content) {
        try {
            return PageReferences.of(kind, id, content);
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
