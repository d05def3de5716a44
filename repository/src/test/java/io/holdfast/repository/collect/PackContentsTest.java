package io.holdfast.repository.collect;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.collect.PackContents.HalfId;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.TestPacks;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.pack.PackReader.FramePlace;
import io.holdfast.repository.pack.StoredPack;
import io.holdfast.testkit.SeededRandom;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PackContentsTest {
    private static final ChunkId BASE = new ChunkId(1, 2, 3, 4);
    private static final ChunkId OTHER = new ChunkId(5, 6, 7, 8);

    /** Step C7: else two collections could each take what the other one's copy is built on. */
    @Test
    void aCopyInFullGivesWayOnlyToOneInFull() {
        assertThat(copyOn().mayGiveWayTo(placeOn())).isTrue();
        assertThat(copyOn().mayGiveWayTo(placeOn(BASE))).isFalse();
    }

    @Test
    void aDeltaGivesWayToACopyInFullOrToADeltaOnTheSameChunks() {
        assertThat(copyOn(BASE).mayGiveWayTo(placeOn())).isTrue();
        assertThat(copyOn(BASE).mayGiveWayTo(placeOn(BASE))).isTrue();
        assertThat(copyOn(BASE).mayGiveWayTo(placeOn(OTHER))).isFalse();
        assertThat(copyOn(BASE).mayGiveWayTo(placeOn(BASE, OTHER))).isFalse();
        assertThat(copyOn(BASE, OTHER).mayGiveWayTo(placeOn(OTHER, BASE))).isFalse();
    }

    @Test
    void splitsPacksIntoGroupsThatFitIntoMemoryAndLosesNone() {
        SeededRandom.check(50, random -> {
            List<StoredPack> packs = new ArrayList<>();
            for (int i = random.nextInt(1, 20); i > 0; i--) {
                packs.add(TestPacks.pack(random, TestPacks.ids(random, random.nextInt(1, 30))));
            }
            Index index = new Index(List.of(TestPacks.segment(packs)));
            List<PackId> wanted =
                    new ArrayList<>(packs.stream().map(StoredPack::id).toList());
            wanted.add(new PackId(PackKind.DATA, Bytes.wrap(new byte[32]))); // That no segment knows.
            int max = random.nextInt(1, 60);

            List<List<PackId>> batches = PackContents.batches(index, wanted, max);

            assertThat(batches.stream().flatMap(List::stream)).containsExactlyElementsOf(wanted);
            for (List<PackId> batch : batches) {
                PackContents contents = PackContents.of(index, batch);
                int chunks = batch.stream()
                        .mapToInt(pack -> contents.of(pack).size())
                        .sum();
                assertThat(batch.size() == 1 || chunks <= max).isTrue();
            }
        });
    }

    private static HalfId copyOn(ChunkId... bases) {
        return new HalfId(9, 9, 0, 0, List.of(bases));
    }

    private static ChunkPlace placeOn(ChunkId... bases) {
        PackId pack = new PackId(PackKind.DATA, Bytes.wrap(new byte[32]));
        return new ChunkPlace(new FramePlace(pack, Bytes.wrap(new byte[32]), 1, 48, 100), 0, 148, List.of(bases));
    }
}
