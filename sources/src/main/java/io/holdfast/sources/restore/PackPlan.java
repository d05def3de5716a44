package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackReader.FramePlace;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Chunks grouped by the frames they lie in: each frame is read and decoded once, in the order of packs. */
final class PackPlan<N> implements ContentPlan<N> {
    private static final int FRAMES_A_TASK = 16;
    /** Neighbours are fetched together up to this length, and what lies between them up to that. */
    private static final int MAX_RUN_BYTES = 8 << 20;

    private static final int MAX_GAP_BYTES = 128 << 10;
    private static final byte[] NOTHING = new byte[0];

    private final Repository repository;
    private final Index index;
    private final FrameReaders readers;
    private final Map<FrameKey, Frame<N>> frames = new HashMap<>();

    /** @param index asked first */
    PackPlan(Repository repository, Index index, FrameReaders readers) {
        this.repository = repository;
        this.index = index;
        this.readers = readers;
    }

    private record FrameKey(Bytes pack, int offset) {}

    private record Frame<N>(FramePlace place, List<Wanted<N>> needs) {}

    private record Wanted<N>(ChunkId id, int ordinal, int lengthBytes, N need) {}

    @Override
    public boolean add(ChunkId id, int lengthBytes, N need) {
        Optional<ChunkPlace> place = index.find(id);
        if (place.isEmpty()) {
            place = repository.index().find(id); // An earlier chunk may have made it load anew.
        }
        if (place.isEmpty()) {
            place = repository.reloadIndex().find(id);
        }
        if (place.isEmpty()) {
            place = repository.refetchIndex().find(id);
        }
        if (place.isEmpty()) {
            return false;
        }
        FramePlace frame = place.get().frame();
        return frames.computeIfAbsent(
                        new FrameKey(frame.pack().hash(), frame.offset()),
                        key -> new Frame<>(frame, new ArrayList<>(4)))
                .needs
                .add(new Wanted<>(id, place.get().ordinal(), lengthBytes, need));
    }

    @Override
    public List<Runnable> tasks(Taker<N> taker) {
        List<Frame<N>> ordered = new ArrayList<>(frames.values());
        ordered.sort(Comparator.comparing((Frame<N> f) -> f.place().pack())
                .thenComparing(f -> f.place().offset(), Integer::compareUnsigned));
        List<Runnable> tasks = new ArrayList<>();
        for (int from = 0; from < ordered.size(); from += FRAMES_A_TASK) {
            List<Frame<N>> part = ordered.subList(from, Math.min(ordered.size(), from + FRAMES_A_TASK));
            tasks.add(() -> restore(part, taker));
        }
        return tasks;
    }

    private void restore(List<Frame<N>> part, Taker<N> taker) {
        try (FrameReaders.Lease reader = readers.lease()) {
            for (int next = 0; next < part.size(); ) {
                int end = endOfRun(part, next);
                if (end - next > 1) {
                    reader.fetch(part.get(next).place(), part.get(end - 1).place());
                }
                for (Frame<N> frame : part.subList(next, end)) {
                    restore(frame, reader, taker);
                }
                next = end;
            }
        }
    }

    private void restore(Frame<N> frame, FrameReaders.Lease reader, Taker<N> taker) {
        Optional<FrameCodec.Decoded> decoded = decode(reader, frame.place());
        for (Wanted<N> wanted : frame.needs()) {
            int start = decoded.isPresent() ? intact(decoded.get(), wanted, reader.hasher()) : -1;
            taker.take(wanted.need(), start < 0 ? NOTHING : decoded.get().plain(), start);
        }
    }

    /** How far frames from {@code first} on lie one behind the other in one pack. */
    private static <N> int endOfRun(List<Frame<N>> part, int first) {
        FramePlace start = part.get(first).place();
        FramePlace last = start;
        int end = first + 1;
        while (end < part.size()) {
            FramePlace next = part.get(end).place();
            long gap = next.offset() - (long) last.offset() - last.storedBytes();
            long length = next.offset() + (long) next.storedBytes() - start.offset();
            if (!next.pack().equals(start.pack()) || gap > MAX_GAP_BYTES || length > MAX_RUN_BYTES) {
                break;
            }
            last = next;
            end++;
        }
        return end;
    }

    private static Optional<FrameCodec.Decoded> decode(FrameReaders.Lease reader, FramePlace place) {
        try {
            return reader.read(place);
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.REFUSED) {
                throw e;
            }
            return Optional.empty(); // Damaged or archived: another copy is tried for each chunk.
        }
    }

    /** Where the chunk starts in the decoded frame, or −1 where it is not what it should be. */
    private static <N> int intact(FrameCodec.Decoded decoded, Wanted<N> wanted, ChunkHasher hasher) {
        if (wanted.ordinal() >= decoded.chunkCount()) {
            return -1;
        }
        int start = decoded.starts()[wanted.ordinal()];
        int length = decoded.length(wanted.ordinal());
        return length == wanted.lengthBytes() && hasher.names(wanted.id(), decoded.plain(), start, length) ? start : -1;
    }
}
