package io.holdfast.agent.data;

import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.MediaCalls;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.sources.restore.ContentPlan;
import io.holdfast.sources.restore.RestoreSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A snapshot behind a media server, for one restore. Where the media server starts again meanwhile, the restore fails, and is run again: what is there already is
 * kept.
 */
public final class MediaSnapshot implements RestoreSource {
    private static final int CHUNKS_AT_ONCE = 1_024;
    private static final long BYTES_AT_ONCE = 8 << 20;
    private static final byte[] NOTHING = {};

    private final SnapshotReading reading;
    private final int threads;

    private MediaSnapshot(SnapshotReading reading, int threads) {
        this.reading = reading;
        this.threads = threads;
    }

    /** Begins to read a snapshot where there is one media server. See {@link #open(MediaCalls, MediaJob, String, RepositorySettings, boolean)}. */
    public static MediaSnapshot open(MediaCalls calls, MediaJob job, String snapshot, RepositorySettings settings) {
        return open(calls, job, snapshot, settings, false);
    }

    /**
     * Begins to read a snapshot.
     *
     * @param snapshot its id, generation and random part
     * @param hasOthers whether there is another media server to go to where this one does not answer
     * @throws HoldfastException {@code NOT_FOUND} where there is none that the job may read
     */
    public static MediaSnapshot open(
            MediaCalls calls, MediaJob job, String snapshot, RepositorySettings settings, boolean hasOthers) {
        MediaCalls patient = new PatientCalls(
                calls, hasOthers ? PatientCalls.WITH_OTHERS : PatientCalls.USUAL, settings.random(), settings.waits());
        return new MediaSnapshot(SnapshotReading.begin(patient, job, snapshot), settings.threads());
    }

    public Snapshot snapshot() {
        return reading.snapshot();
    }

    @Override
    public int threads() {
        return threads;
    }

    @Override
    public ChunkSource chunks() {
        return reading;
    }

    @Override
    public ChunkHasher newComparingHasher() {
        return reading.newHasher();
    }

    @Override
    public <N> ContentPlan<N> newPlan() {
        return new RequestPlan<>();
    }

    @Override
    public void close() {
        reading.close();
    }

    /** Chunks in the order in which they were wanted, some megabytes a request. */
    private final class RequestPlan<N> implements ContentPlan<N> {
        private final Map<ChunkId, Wanted<N>> wanted = new LinkedHashMap<>();

        private record Wanted<N>(int lengthBytes, List<N> needs) {}

        @Override
        public boolean add(ChunkId id, int lengthBytes, N need) {
            return wanted.computeIfAbsent(id, key -> new Wanted<>(lengthBytes, new ArrayList<>(1)))
                    .needs()
                    .add(need);
        }

        @Override
        public List<Runnable> tasks(Taker<N> taker) {
            List<Runnable> tasks = new ArrayList<>();
            List<ChunkId> ids = new ArrayList<>();
            long bytes = 0;
            for (Map.Entry<ChunkId, Wanted<N>> each : wanted.entrySet()) {
                int length = each.getValue().lengthBytes();
                if (!ids.isEmpty() && (bytes + length > BYTES_AT_ONCE || ids.size() == CHUNKS_AT_ONCE)) {
                    tasks.add(task(List.copyOf(ids), taker));
                    ids.clear();
                    bytes = 0;
                }
                ids.add(each.getKey());
                bytes += length;
            }
            if (!ids.isEmpty()) {
                tasks.add(task(List.copyOf(ids), taker));
            }
            return tasks;
        }

        private Runnable task(List<ChunkId> ids, Taker<N> taker) {
            return () -> reading.read(ids, (kind, id, plain, start, length) -> {
                Wanted<N> here = wanted.get(id);
                if (here == null) {
                    return;
                }
                boolean whole = length == here.lengthBytes();
                here.needs().forEach(need -> taker.take(need, whole ? plain : NOTHING, whole ? start : -1));
            });
        }
    }
}
