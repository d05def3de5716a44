package io.holdfast.repository.verify;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSegment;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackListing;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.pack.PackReader.FramePlace;
import io.holdfast.repository.session.GivenUpPacks;
import io.holdfast.repository.session.WriteSession;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Makes a damaged repository one that the next backup and the next collection make whole (docs/repository-format.md, section 13, steps R1 to R3). What
 * is still whole in damaged packs, and in those that were given up before, is copied into new ones, and then no place in a damaged pack counts as a copy any more: backups
 * save anew what was lost, and collections delete the pack as soon as no snapshot misses anything. Deletes nothing but damaged index
 * segments. May run beside backups, collections and other repairs. For one use.
 */
public final class Repair {
    private static final byte[] NOTHING = new byte[0];

    private final Repository repository;
    private final ChunkHasher hasher;
    private final Set<ChunkId> rescued = new HashSet<>();
    private long rescuedBytes;
    private final Set<HalfId> lost = new HashSet<>();

    /**
     * What was done.
     *
     * @param rescuedChunks chunks copied out of damaged packs
     * @param rescuedBytes before compression
     * @param lostChunks chunks without an intact copy that counted as saved until now
     * @param keptPacks packs that are taken for damaged perhaps only because the id key of a host cannot be read; they count as before
     */
    public record Result(long rescuedChunks, long rescuedBytes, long lostChunks, int keptPacks) {
        public static final Result NOTHING = new Result(0, 0, 0, 0);
    }

    /** What the index knows of a chunk that cannot be read any more. */
    private record HalfId(long a, long b) {}

    public Repair(Repository repository) {
        this.repository = repository;
        this.hasher = new ChunkHasher(repository.keyring());
    }

    /**
     * Step R1: makes all packs known that no segment knows, then deletes damaged segments. Before a verification, which tells what is hit by the
     * index alone.
     *
     * @return whether segments were put or deleted
     */
    public boolean makeIndex() {
        repository.indexes().putDamagedFromCache();
        Index index = repository.indexes().load();
        boolean whole = repository.indexes().publishUnindexed(index).isEmpty();
        if (whole) {
            // Else the damaged segment stays: somebody may have another copy of it.
            repository.indexes().deleteDamaged(index);
        }
        return whole && !index.damaged().isEmpty()
                || repository.indexes().load().segments().size()
                        > index.segments().size();
    }

    /**
     * Steps R2 and R3 for what a verification that read every byte has found.
     *
     * @throws HoldfastException {@code NO_SPACE} where copies find no room: then the packs count as before
     */
    public Result run(Verification found) {
        Set<PackId> damaged = found.damagedPacks();
        Set<PackId> nameless = found.unreadableDomains().isEmpty() ? Set.of() : nameless(damaged);
        damaged.removeAll(nameless);
        Set<PackId> suspects = givenUpBefore();
        suspects.addAll(damaged);
        if (!suspects.isEmpty()) {
            // Collections wait for the session: when they look again, the marks are there.
            try (WriteSession session = WriteSession.begin(
                    repository.repairEnvironment(
                            suspects.stream().map(PackId::name).toList()),
                    "repair",
                    suspects)) {
                rescue(suspects, session);
                if (!damaged.isEmpty() && repository.config().hasRecipients()) {
                    GivenUpPacks.put(
                            repository.markers(), damaged, repository.settings().random());
                }
                repository.indexes().giveUp(repository.indexes().load(), damaged);
            }
        }
        return new Result(rescued.size(), rescuedBytes, lost.size(), nameless.size());
    }

    /** Packs that an earlier repair has given up, and that are there still: somebody may have put them back whole. */
    private Set<PackId> givenUpBefore() {
        Index index = repository.indexes().load();
        PackListing listed = PackListing.of(repository.store());
        Set<PackId> before = new HashSet<>();
        for (PackId pack : index.packs().keySet()) {
            if (index.isGivenUp(pack) && listed.has(pack) && !listed.isArchived(pack)) {
                before.add(pack);
            }
        }
        return before;
    }

    /** Those in which something can be decrypted, and is no chunk by any id key that can be read. */
    private Set<PackId> nameless(Set<PackId> damaged) {
        Set<PackId> nameless = new HashSet<>();
        try (PackReader reader = repository.newPackReader()) {
            for (IndexSegment segment : repository.indexes().load().segments()) {
                for (List<Integer> entries : framesOf(segment, damaged)) {
                    FramePlace place = segment.place(entries.getFirst()).frame();
                    if (!nameless.contains(place.pack())
                            && read(reader, place)
                                    .filter(frame -> !areNamed(segment, entries, frame))
                                    .isPresent()) {
                        nameless.add(place.pack());
                    }
                }
            }
        }
        return nameless;
    }

    private boolean areNamed(IndexSegment segment, List<Integer> entries, FrameCodec.Decoded frame) {
        return entries.stream()
                .allMatch(entry -> segment.ordinalOf(entry) >= frame.chunkCount()
                        || hasher.named(
                                        segment.idWordA(entry),
                                        segment.idWordB(entry),
                                        frame.plain(),
                                        frame.starts()[segment.ordinalOf(entry)],
                                        frame.length(segment.ordinalOf(entry)))
                                .isPresent());
    }

    /** Step R2: the copies are durable and indexed when this returns. */
    private void rescue(Set<PackId> damaged, WriteSession session) {
        try (PackReader reader = repository.newPackReader()) {
            for (IndexSegment segment : session.index().segments()) {
                for (List<Integer> frame : framesOf(segment, damaged)) {
                    rescue(segment, frame, reader, session);
                }
            }
            session.flush();
        }
        // Whole in another pack, damaged or not.
        rescued.forEach(id -> lost.remove(new HalfId(id.a(), id.b())));
        Index index = session.index();
        Set<HalfId> lostInFull = new HashSet<>(lost);
        lostInFull.removeIf(id -> hasCopy(
                id,
                index,
                place -> !place.isDelta() && !damaged.contains(place.frame().pack())));
        lost.removeIf(id ->
                hasCopy(id, index, place -> !damaged.contains(place.frame().pack())));
        if (!lostInFull.isEmpty()) {
            addDeltasOn(lostInFull, index, damaged);
        }
    }

    private static boolean hasCopy(HalfId id, Index index, Predicate<ChunkPlace> counts) {
        return index.usablePlaces(id.a(), id.b()).stream().anyMatch(counts);
    }

    /** What is built on a lost chunk is lost with it, wherever it lies. */
    private void addDeltasOn(Set<HalfId> lostInFull, Index index, Set<PackId> damaged) {
        for (IndexSegment segment : index.segments()) {
            for (int entry = 0; entry < segment.entryCount(); entry++) {
                if (!segment.isDelta(entry) || !isOnAny(segment.bases(entry), lostInFull)) {
                    continue;
                }
                HalfId delta = new HalfId(segment.idWordA(entry), segment.idWordB(entry));
                boolean elsewhere = hasCopy(
                        delta,
                        index,
                        place -> !damaged.contains(place.frame().pack()) && !isOnAny(place.bases(), lostInFull));
                if (!elsewhere
                        && !index.isGivenUp(segment.pack(segment.packOf(entry)).id())) {
                    lost.add(delta);
                }
            }
        }
    }

    private static boolean isOnAny(List<ChunkId> bases, Set<HalfId> chunks) {
        return bases.stream().anyMatch(base -> chunks.contains(new HalfId(base.a(), base.b())));
    }

    private void rescue(IndexSegment segment, List<Integer> entries, PackReader reader, WriteSession session) {
        FramePlace place = segment.place(entries.getFirst()).frame();
        boolean givenUpBefore = session.index().isGivenUp(place.pack());
        Optional<FrameCodec.Decoded> frame = read(reader, place);
        for (int entry : entries) {
            int ordinal = segment.ordinalOf(entry);
            if (frame.isPresent() && ordinal < frame.get().chunkCount()) {
                byte[] plain = frame.get().plain();
                int start = frame.get().starts()[ordinal];
                int length = frame.get().length(ordinal);
                Optional<ChunkId> named =
                        hasher.named(segment.idWordA(entry), segment.idWordB(entry), plain, start, length);
                if (named.isPresent()) {
                    ChunkId id = named.get();
                    ChunkKind kind = ChunkKind.of(place.pack().kind(), plain[start]);
                    if (session.add(kind, id, plain, start, length)) {
                        rescued.add(id);
                        rescuedBytes += length;
                    }
                    continue;
                }
            }
            if (!givenUpBefore) {
                lost.add(new HalfId(segment.idWordA(entry), segment.idWordB(entry)));
            }
        }
    }

    /** The entries of each frame of these packs, in the order in which they lie. */
    private static Iterable<List<Integer>> framesOf(IndexSegment segment, Set<PackId> damaged) {
        BitSet wanted = new BitSet();
        for (int pack = 0; pack < segment.packCount(); pack++) {
            wanted.set(pack, damaged.contains(segment.pack(pack).id()));
        }
        Map<Integer, List<Integer>> frames = new TreeMap<>();
        for (int entry = 0; !wanted.isEmpty() && entry < segment.entryCount(); entry++) {
            if (wanted.get(segment.packOf(entry))) {
                frames.computeIfAbsent(segment.frameOf(entry), frame -> new ArrayList<>())
                        .add(entry);
            }
        }
        return frames.values();
    }

    private static Optional<FrameCodec.Decoded> read(PackReader reader, FramePlace place) {
        try {
            return reader.readFrame(place, NOTHING);
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            return Optional.empty();
        }
    }
}
