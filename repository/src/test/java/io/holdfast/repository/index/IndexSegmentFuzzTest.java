package io.holdfast.repository.index;

import io.holdfast.core.ErrorCode;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.StoredPack;
import io.holdfast.testkit.Mutations;
import io.holdfast.testkit.ParserFuzz;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Index segments, once they are decrypted: everything that is in one is asked for. */
class IndexSegmentFuzzTest extends ParserFuzz {
    private static final Set<ErrorCode> DAMAGE = Set.of(ErrorCode.DAMAGED);

    IndexSegmentFuzzTest() {
        super(20);
    }

    @Override
    protected void feed(int rounds) {
        segments(rounds);
    }

    private void segments(int rounds) {
        new Mutations(IntStream.range(0, 6).mapToObj(this::segment).toList(), random)
                .feed(rounds, DAMAGE, IndexSegmentFuzzTest::readAll);
    }

    private byte[] segment(int packs) {
        SegmentBuilder builder = new SegmentBuilder();
        for (int i = 0; i < packs; i++) {
            StoredPack pack = TestPacks.pack(random, TestPacks.ids(random, 1 + random.nextInt(60)));
            builder.add(pack);
        }
        return builder.build().toArray(ValueLayout.JAVA_BYTE);
    }

    private static void readAll(byte[] input) {
        MemorySegment memory =
                MemorySegment.ofArray(new long[(input.length + 7) / 8]).asSlice(0, input.length);
        memory.copyFrom(MemorySegment.ofArray(input));
        IndexSegment segment = IndexSegment.of("test", memory);
        for (int pack = 0; pack < segment.packCount(); pack++) {
            segment.pack(pack);
            segment.isGivenUp(pack);
        }
        for (int entry = 0; entry < segment.entryCount(); entry++) {
            segment.find(segment.idWordA(entry), segment.idWordB(entry));
            segment.place(entry);
            if (segment.isDelta(entry)) {
                segment.bases(entry);
            }
        }
        Index index = new Index(List.of(segment));
        index.find(new ChunkId(1, 2, 3, 4));
        index.entriesByPack();
    }
}
