package io.holdfast.repository.index;

import io.holdfast.core.Bytes;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.pack.PackReader.FramePlace;
import io.holdfast.repository.pack.PackToc;
import io.holdfast.repository.pack.StoredPack;
import io.holdfast.repository.pack.TocEntry;
import io.holdfast.testkit.SeededRandom;
import java.util.ArrayList;
import java.util.List;

/** Packs that are only described, for tests of what is known about packs. */
public final class TestPacks {
    private TestPacks() {}

    public static ChunkId id(SeededRandom random) {
        return new ChunkId(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    public static List<ChunkId> ids(SeededRandom random, int count) {
        List<ChunkId> ids = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ids.add(id(random));
        }
        return ids;
    }

    /** A pack with these chunks, spread over frames at random, some of them deltas on chunks of no pack. */
    public static StoredPack pack(SeededRandom random, List<ChunkId> ids) {
        PackKind kind = random.oneIn(2) ? PackKind.DATA : PackKind.META;
        ChunkKind chunkKind = kind == PackKind.DATA ? ChunkKind.CONTENT : ChunkKind.TREE_PAGE;
        List<TocEntry> chunks = new ArrayList<>();
        List<Integer> offsets = new ArrayList<>();
        int offset = 48;
        int ordinal = 0;
        boolean wasDelta = false;
        for (ChunkId id : ids) {
            boolean isDelta = kind == PackKind.DATA && random.oneIn(10);
            if (offsets.isEmpty() || ordinal == 4_096 || isDelta || wasDelta || random.oneIn(20)) {
                offsets.add(offset);
                offset += 1 + random.nextInt(1_000);
                ordinal = 0;
            }
            List<ChunkId> bases = isDelta ? ids(random, 1 + random.nextInt(FrameCodec.MAX_BASES - 1)) : List.of();
            chunks.add(new TocEntry(id, chunkKind, offsets.size() - 1, ordinal++, 1 + random.nextInt(100), bases));
            wasDelta = isDelta;
        }
        PackToc toc = new PackToc(
                offset,
                16 + random.nextInt(100),
                offsets.stream().mapToInt(o -> o).toArray(),
                chunks);
        return new StoredPack(
                new PackId(kind, Bytes.wrap(random.bytes(32))),
                Bytes.wrap(random.bytes(32)),
                1 + random.nextInt(3),
                toc,
                offset + 500,
                1_000);
    }

    /** A data pack with one chunk, in full where there are no bases. */
    static StoredPack single(SeededRandom random, ChunkId id, ChunkId... bases) {
        int end = 148;
        PackToc toc = new PackToc(
                end, 50, new int[] {48}, List.of(new TocEntry(id, ChunkKind.CONTENT, 0, 0, 100, List.of(bases))));
        return new StoredPack(
                new PackId(PackKind.DATA, Bytes.wrap(random.bytes(32))),
                Bytes.wrap(random.bytes(32)),
                1,
                toc,
                end + 500,
                100);
    }

    public static IndexSegment segment(List<StoredPack> packs) {
        SegmentBuilder builder = new SegmentBuilder();
        packs.forEach(builder::add);
        return IndexSegment.of("test", builder.build());
    }

    /** Where the index must say that this chunk is. */
    static ChunkPlace place(StoredPack pack, TocEntry chunk) {
        return new ChunkPlace(
                new FramePlace(
                        pack.id(),
                        pack.salt(),
                        pack.epoch(),
                        pack.toc().frameOffsets()[chunk.frame()],
                        pack.toc().frameStoredBytes(chunk.frame())),
                chunk.ordinal(),
                pack.toc().tocOffset(),
                chunk.bases());
    }
}
