package io.holdfast.repository.collect;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.index.SessionIndex;
import io.holdfast.repository.pack.BaseSource;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackPipeline;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.pack.PackReader.FramePlace;
import io.holdfast.repository.pack.PackScan;
import io.holdfast.repository.pack.TocEntry;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Step C2: copies what lives in packs that are partly garbage into new packs, and indexes these. For one use. */
final class Repacker {
    /** A quarter of the bytes that frames of many chunks have before compression. */
    private static final int WORTH_KEEPING = FrameCodec.GROUP_BYTES / 4;

    private final Repository repository;
    private final Copies known;
    private final Predicate<PackId> staying;
    private final ChunkHasher hasher;
    /** What was decoded last, to be used again. */
    private byte[] plain = new byte[0];

    private final Set<PackId> written = new HashSet<>();
    private final AtomicLong writtenBytes = new AtomicLong();
    /** Only of chunks that are there on several bases, each of which is a copy of its own. */
    private final Set<Delta> claimedDeltas = new HashSet<>();

    private final Set<PackId> damaged = new HashSet<>();
    private final Set<PackId> left = new HashSet<>();

    private record Delta(ChunkId chunk, List<ChunkId> bases) {}

    /**
     * @param known what is in packs on no condemned list
     * @param staying those of these packs that are no candidates
     */
    Repacker(Repository repository, Copies known, Predicate<PackId> staying) {
        this.known = known;
        this.repository = repository;
        this.staying = staying;
        this.hasher = new ChunkHasher(repository.keyring());
    }

    /**
     * Copies the chunks of {@code packs} that {@code isLive} accepts; they are durable and indexed when this returns. Packs in which
     * something is not intact are {@link #damaged} afterwards, and have to stay.
     */
    void run(List<PackId> packs, Predicate<ChunkId> isLive) {
        var environment = repository.sessionEnvironment();
        SessionIndex copied =
                new SessionIndex(repository.indexes(), known.index().usable(pack -> false), environment.waits());
        try (PackPipeline pipeline = new PackPipeline(
                        repository.store(),
                        repository.keyring(),
                        repository.sealer(),
                        BaseSource.NONE,
                        environment.packSizes(),
                        Instant.EPOCH, // What is locked is not repacked.
                        environment.threads(),
                        pack -> {
                            copied.stored(pack);
                            written.add(pack.id());
                            writtenBytes.addAndGet(pack.sizeBytes());
                        },
                        environment.waits());
                PackReader reader = repository.newPackReader()) {
            for (PackId pack : packs) {
                try {
                    copy(pack, reader, pipeline, copied, isLive);
                } catch (HoldfastException e) {
                    if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.REFUSED) {
                        throw e;
                    }
                    if (e.code() == ErrorCode.DAMAGED) {
                        damaged.add(pack);
                    }
                    left.add(pack); // Or it has been archived since it was listed.
                }
            }
            pipeline.flush();
            copied.publish();
        }
    }

    /** The new packs. */
    Set<PackId> written() {
        return written;
    }

    /** What they take. */
    long writtenBytes() {
        return writtenBytes.get();
    }

    /** Packs that have to stay, damaged or not. */
    Set<PackId> left() {
        return left;
    }

    /** Packs that could not be copied whole. */
    Set<PackId> damaged() {
        return damaged;
    }

    /**
     * Whether a pack that is not to go has it: copied again, two packs that share a part would never stop being rewritten. Whether that copy
     * is whole, the verdict finds out before anything is deleted; of a delta that is broken nobody can.
     */
    private boolean hasCopyThatStays(TocEntry chunk) {
        boolean canBeRead = !known.isBroken(chunk.bases());
        return known.index().usablePlaces(chunk.id().a(), chunk.id().b()).stream()
                .anyMatch(place -> staying.test(place.frame().pack())
                        && (!place.isDelta() || canBeRead && place.bases().equals(chunk.bases())));
    }

    /**
     * A copy in full goes before deltas, and any that counts before one that is broken: where there is one in a pack that stays or is copied as well, the delta
     * is not needed.
     */
    private boolean isNeededAsDelta(TocEntry delta) {
        boolean isBroken = known.isBroken(delta.bases());
        return known.index().usablePlaces(delta.id().a(), delta.id().b()).stream()
                .noneMatch(place -> known.usable().test(place.frame().pack())
                        && (!place.isDelta() || isBroken && known.counts(place)));
    }

    private boolean claim(TocEntry delta, SessionIndex copied) {
        boolean isOneOfSeveral = known
                .index()
                .usablePlaces(delta.id().a(), delta.id().b())
                .stream()
                .anyMatch(place -> !place.bases().equals(delta.bases()));
        return isOneOfSeveral ? claimedDeltas.add(new Delta(delta.id(), delta.bases())) : copied.claim(delta.id());
    }

    private void copy(
            PackId pack, PackReader reader, PackPipeline pipeline, SessionIndex copied, Predicate<ChunkId> isLive) {
        Optional<PackScan.Outline> outline = PackScan.outline(reader, repository.store(), pack);
        if (outline.isEmpty()) {
            return; // Another collector was faster.
        }
        Map<Integer, List<TocEntry>> byFrame = outline.get().toc().chunks().stream()
                .collect(Collectors.groupingBy(TocEntry::frame, LinkedHashMap::new, Collectors.toList()));
        for (Map.Entry<Integer, List<TocEntry>> frame : byFrame.entrySet()) {
            List<TocEntry> chunks = frame.getValue();
            List<TocEntry> wanted = chunks.stream()
                    .filter(chunk -> isLive.test(chunk.id()) && !hasCopyThatStays(chunk))
                    .toList();
            FramePlace place = outline.get().place(frame.getKey());
            if (!wanted.isEmpty()
                    && !(wanted.getFirst().isDelta()
                            ? copyDelta(wanted.getFirst(), place, reader, pipeline, copied)
                            : copyFull(chunks, wanted, place, reader, pipeline, copied))) {
                return; // Gone since: whoever deleted it had made sure of what lives in it.
            }
        }
    }

    /** False where the pack is gone. */
    private boolean copyDelta(
            TocEntry delta, FramePlace place, PackReader reader, PackPipeline pipeline, SessionIndex copied) {
        if (isNeededAsDelta(delta) && claim(delta, copied)) {
            Optional<byte[]> encoded = reader.readEncoded(place);
            encoded.ifPresent(frame -> pipeline.addEncoded(frame, List.of(delta)));
            return encoded.isPresent();
        }
        return true;
    }

    /**
     * Copies chunks of a frame, each checked against its id. A frame that is needed whole is not compressed again, unless it is so short that it had better be
     * joined with others.
     *
     * @return false where the pack is gone
     */
    private boolean copyFull(
            List<TocEntry> chunks,
            List<TocEntry> wanted,
            FramePlace place,
            PackReader reader,
            PackPipeline pipeline,
            SessionIndex copied) {
        Optional<PackReader.Frame> read = reader.readBoth(place, plain);
        if (read.isEmpty()) {
            return false;
        }
        FrameCodec.Decoded decoded = read.get().decoded();
        plain = decoded.plain();
        for (TocEntry chunk : wanted) {
            if (chunk.ordinal() >= decoded.chunkCount()) {
                throw HoldfastException.damaged(place.pack() + ": chunk " + chunk.id() + " is not in its frame");
            }
            int start = decoded.starts()[chunk.ordinal()];
            if (!hasher.names(chunk.id(), plain, start, decoded.length(chunk.ordinal()))) {
                throw HoldfastException.damaged(place.pack() + ": chunk " + chunk.id() + " is not what was written");
            }
        }
        List<TocEntry> claimed =
                wanted.stream().filter(chunk -> copied.claim(chunk.id())).toList();
        if (claimed.size() == decoded.chunkCount() && claimed.equals(chunks) && place.storedBytes() >= WORTH_KEEPING) {
            pipeline.addEncoded(read.get().encoded(), claimed);
            return true;
        }
        for (TocEntry chunk : claimed) {
            pipeline.add(
                    chunk.kind(),
                    chunk.id(),
                    plain,
                    decoded.starts()[chunk.ordinal()],
                    decoded.length(chunk.ordinal()));
        }
        return true;
    }
}
