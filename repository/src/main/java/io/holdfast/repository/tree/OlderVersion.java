package io.holdfast.repository.tree;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.tree.TreeEntry.Hole;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * The older version of a file, beside which its new version is read: tells which chunks of the one a chunk of the other is likely to be like. They are those
 * at the same place, and where something was put in or taken out before, at the place moved by as much. A chunk that both have shows by how much
 * exactly; and as chunks are cut by what they hold, the end of a new chunk close to that of an old one is most likely the same. Memory does not
 * grow with the file. Used by one thread.
 */
public final class OlderVersion {
    private static final int LOOK_AHEAD_BYTES = 64 << 20;
    private static final int LOOK_BACK_BYTES = 8 << 20;
    /** Two cuts this close are taken for the same one. */
    private static final int SAME_CUT_BYTES = 64 << 10;
    /** What overlaps by less than this part of the chunk is not worth fetching. */
    private static final int MIN_OVERLAP_PART = 8;

    private final Iterator<ContentReader.Chunk> rest;
    private final List<Hole> holes;
    private final Deque<Placed> window = new ArrayDeque<>();
    private final Map<ChunkId, Placed> byId = new HashMap<>();
    private int nextHole;
    /** Where the next chunk of the old version starts. */
    private long loaded;
    /** Where the next chunk of the new version starts. */
    private long at;
    /** What is to be added to a place in the new version to find it in the old one. */
    private long shift;

    private boolean broken;

    private record Placed(ChunkId id, long start, int length) {
        long end() {
            return start + length;
        }

        long overlap(long from, long to) {
            return Math.min(end(), to) - Math.max(start, from);
        }
    }

    private OlderVersion(Iterator<ContentReader.Chunk> chunks, List<Hole> holes) {
        this.rest = chunks;
        this.holes = holes;
    }

    /** Places count content without holes. */
    public static OlderVersion ofFile(ContentReader contents, TreeEntry old) {
        return new OlderVersion(open(contents, old), List.of());
    }

    /** Places count all bytes of the volume. */
    public static OlderVersion ofVolume(ContentReader contents, TreeEntry old) {
        return new OlderVersion(open(contents, old), old.holes());
    }

    private static Iterator<ContentReader.Chunk> open(ContentReader contents, TreeEntry old) {
        try {
            return contents.iterator(old.content());
        } catch (HoldfastException e) {
            rethrowUnlessDamage(e);
            return List.<ContentReader.Chunk>of().iterator();
        }
    }

    /** The chunks that the new version's next chunk is likely to be like, in order; the chunk itself is none of them. */
    public List<ChunkId> next(ChunkId id, int length) {
        return next(at, id, length);
    }

    /** The same for a chunk that starts at {@code start}, not before the end of the one before it. */
    public List<ChunkId> next(long start, ChunkId id, int length) {
        at = start + length;
        load(at + shift + LOOK_AHEAD_BYTES);
        forget(start + shift - LOOK_BACK_BYTES);
        Placed same = byId.get(id);
        if (same != null) {
            shift = same.start() - start;
            return List.of();
        }
        long from = start + shift;
        long to = at + shift;
        List<Placed> alike = new ArrayList<>(2);
        long cut = Long.MAX_VALUE;
        for (Placed old : window) {
            if (old.start() >= to + SAME_CUT_BYTES) {
                break;
            }
            if (old.overlap(from, to) * MIN_OVERLAP_PART >= Math.min(length, old.length())) {
                alike.add(old);
            }
            if (Math.abs(old.end() - to) < Math.abs(cut - to)) {
                cut = old.end();
            }
        }
        if (cut != Long.MAX_VALUE && Math.abs(cut - to) <= SAME_CUT_BYTES) {
            shift += cut - to;
        }
        return choose(alike, from, to);
    }

    /** As many as a delta may be built on, those that overlap most. */
    private static List<ChunkId> choose(List<Placed> alike, long from, long to) {
        if (alike.size() > 1) {
            List<Placed> most = new ArrayList<>(alike);
            most.sort(Comparator.comparingLong((Placed old) -> -old.overlap(from, to)));
            int bytes = 0;
            int count = 0;
            for (; count < Math.min(most.size(), FrameCodec.MAX_BASES); count++) {
                bytes += most.get(count).length();
                if (bytes > FrameCodec.MAX_DICTIONARY_BYTES) {
                    break;
                }
            }
            alike.retainAll(most.subList(0, count));
        }
        return alike.stream().map(Placed::id).toList();
    }

    private void load(long to) {
        try {
            while (!broken && loaded < to && rest.hasNext()) {
                ContentReader.Chunk chunk = rest.next();
                while (nextHole < holes.size() && holes.get(nextHole).offset() <= loaded) {
                    loaded += holes.get(nextHole++).length();
                }
                Placed placed = new Placed(chunk.id(), loaded, chunk.lengthBytes());
                window.addLast(placed);
                byId.putIfAbsent(placed.id(), placed);
                loaded = placed.end();
            }
        } catch (HoldfastException e) {
            rethrowUnlessDamage(e);
            broken = true; // What is not known of the old version only costs room.
        }
    }

    private static void rethrowUnlessDamage(HoldfastException e) {
        if (e.code() != ErrorCode.DAMAGED) {
            throw e;
        }
    }

    private void forget(long before) {
        while (!window.isEmpty() && window.getFirst().end() < before) {
            Placed gone = window.removeFirst();
            byId.remove(gone.id(), gone);
        }
    }
}
