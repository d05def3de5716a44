package io.holdfast.repository.index;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.pack.BaseSource;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.pack.PackScan;
import io.holdfast.repository.pack.StoredPack;
import io.holdfast.repository.pack.TocEntry;
import io.holdfast.storage.ObjectStore;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Finds the packs that no intact segment knows, and lays out segments from their own tables of contents: the index is derived data
 * (invariant 3). Thread-safe.
 */
final class UnindexedPacks {
    /** Bounds what is in memory while a segment is built. */
    private static final int SEGMENT_ENTRIES = 100_000;

    private final ObjectStore store;
    private final Keyring keyring;

    UnindexedPacks(ObjectStore store, Keyring keyring) {
        this.store = store;
        this.keyring = keyring;
    }

    /**
     * What was found.
     *
     * @param unreadable packs whose tables of contents are damaged
     * @param archived packs that have to be thawed before theirs can be read
     */
    record Found(List<IndexSegment> segments, int packs, List<PackId> unreadable, List<PackId> archived) {}

    /** @param keep where a segment's bytes go: returns it as it shall be used */
    Found find(Index intact, Function<MemorySegment, IndexSegment> keep) {
        Map<PackId, IndexedPack> known = intact.packs();
        Map<PackId, Long> unknown = new HashMap<>();
        PackId.listAll(store, (id, stat) -> {
            if (!known.containsKey(id)) {
                unknown.put(id, stat.sizeBytes());
            }
        });
        List<IndexSegment> segments = new ArrayList<>();
        List<PackId> unreadable = new ArrayList<>();
        List<PackId> archived = new ArrayList<>();
        int packs = 0;
        SegmentBuilder builder = new SegmentBuilder();
        try (PackReader reader = new PackReader(store, keyring, BaseSource.NONE)) {
            for (Map.Entry<PackId, Long> pack : unknown.entrySet()) {
                try {
                    Optional<PackScan.Outline> outline = reader.readOutline(pack.getKey(), pack.getValue());
                    if (outline.isPresent()) {
                        builder.add(stored(outline.get()));
                        packs++;
                    }
                } catch (HoldfastException e) {
                    if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.REFUSED) {
                        throw e;
                    }
                    (e.code() == ErrorCode.REFUSED ? archived : unreadable).add(pack.getKey());
                }
                if (builder.entryCount() >= SEGMENT_ENTRIES) {
                    segments.add(keep.apply(builder.build()));
                    builder = new SegmentBuilder();
                }
            }
        }
        if (!builder.isEmpty()) {
            segments.add(keep.apply(builder.build()));
        }
        return new Found(segments, packs, unreadable, archived);
    }

    private static StoredPack stored(PackScan.Outline outline) {
        return new StoredPack(
                outline.id(),
                Bytes.copyOf(outline.envelope().salt()),
                outline.envelope().epoch(),
                outline.toc(),
                Math.toIntExact(outline.sizeBytes()),
                outline.toc().chunks().stream().mapToLong(TocEntry::lengthBytes).sum());
    }
}
