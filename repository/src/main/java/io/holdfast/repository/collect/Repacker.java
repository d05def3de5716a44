package io.holdfast.repository.collect;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.index.SessionIndex;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackPipeline;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.pack.PackScan;
import io.holdfast.repository.pack.TocEntry;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Step C2: copies what lives in packs that are partly garbage into new packs, and indexes these. For one use. */
final class Repacker {
    private static final byte[] NOTHING = new byte[0];

    private final Repository repository;
    private final ChunkHasher hasher;

    Repacker(Repository repository) {
        this.repository = repository;
        this.hasher = new ChunkHasher(repository.keyring().idKey());
    }

    /**
     * Copies the chunks of {@code packs} that {@code isLive} accepts; they are durable and indexed when this returns.
     *
     * @throws HoldfastException {@code DAMAGED} where a live chunk is not intact; the pack is then still there
     */
    void run(List<PackId> packs, Predicate<ChunkId> isLive) {
        var environment = repository.sessionEnvironment();
        SessionIndex copied =
                new SessionIndex(repository.indexes(), repository.index().usable(pack -> false));
        try (PackPipeline pipeline = new PackPipeline(
                        repository.store(),
                        repository.keyring(),
                        repository.sealer(),
                        environment.packSizes(),
                        environment.threads(),
                        copied::stored);
                PackReader reader = new PackReader(repository.store(), repository.keyring())) {
            for (PackId pack : packs) {
                copy(pack, reader, pipeline, copied, isLive);
            }
            pipeline.flush();
            copied.publish();
        }
    }

    /** Found damaged in this pack, so that it lives in another one: what lives nowhere ends a collection before it gets here. */
    private boolean isLostHere(PackId pack, TocEntry chunk) {
        return repository.index().findAll(chunk.id()).stream()
                .anyMatch(place -> place.lost() && place.frame().pack().equals(pack));
    }

    private void copy(
            PackId pack, PackReader reader, PackPipeline pipeline, SessionIndex copied, Predicate<ChunkId> isLive) {
        Optional<PackScan.Outline> outline = PackScan.outline(reader, repository.store(), pack);
        if (outline.isEmpty()) {
            return; // Another collector was faster.
        }
        int frame = -1;
        FrameCodec.Decoded decoded = null;
        for (TocEntry chunk : outline.get().toc().chunks()) {
            if (!isLive.test(chunk.id()) || isLostHere(pack, chunk)) {
                continue;
            }
            if (decoded == null || chunk.frame() != frame) {
                frame = chunk.frame();
                Optional<FrameCodec.Decoded> read =
                        reader.readFrame(outline.get().place(frame), NOTHING);
                if (read.isEmpty()) {
                    return; // Gone since: whoever deleted it had made sure of what lives in it.
                }
                decoded = read.get();
            }
            if (!copied.claim(chunk.id())) {
                continue;
            }
            int start = decoded.starts()[chunk.ordinal()];
            int length = decoded.length(chunk.ordinal());
            if (!hasher.id(decoded.plain(), start, length).equals(chunk.id())) {
                throw HoldfastException.damaged(pack + ": chunk " + chunk.id() + " is not what was written");
            }
            pipeline.add(chunk.kind(), chunk.id(), decoded.plain(), start, length);
        }
    }
}
