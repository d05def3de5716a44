package io.holdfast.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.testkit.SeededRandom;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChunkSetTest {
    private final ChunkSet set = new ChunkSet(new SecureRandom());

    private static ChunkName name(SeededRandom random, ChunkKind kind) {
        return new ChunkName(
                kind, new ChunkId(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()));
    }

    @Test
    void hasWhatWasAddedAndNothingElse() {
        SeededRandom random = new SeededRandom(7);
        Set<ChunkName> added = new HashSet<>();
        for (int i = 0; i < 200_000; i++) {
            ChunkName name = name(random, ChunkKind.CONTENT);
            assertThat(set.contains(name)).isFalse();
            assertThat(set.add(name)).isTrue();
            added.add(name);
        }
        assertThat(added).allMatch(set::contains).noneMatch(set::add);
        assertThat(set.size()).isEqualTo(200_000);
    }

    @Test
    void theSameIdAsAnotherKindIsAnotherChunk() {
        ChunkId id = new ChunkId(0, 0, 0, 0);
        assertThat(set.add(new ChunkName(ChunkKind.CONTENT, id))).isTrue();
        assertThat(set.contains(new ChunkName(ChunkKind.TREE_PAGE, id))).isFalse();
        assertThat(set.add(new ChunkName(ChunkKind.CHUNK_LIST, id))).isTrue();
        assertThat(set.contains(new ChunkName(ChunkKind.TREE_PAGE, id))).isFalse();
    }

    @Test
    void everyPartOfAnIdCounts() {
        ChunkName name = new ChunkName(ChunkKind.CONTENT, new ChunkId(1, 2, 3, 4));
        set.add(name);
        for (ChunkId other : new ChunkId[] {
            new ChunkId(0, 2, 3, 4), new ChunkId(1, 0, 3, 4), new ChunkId(1, 2, 0, 4), new ChunkId(1, 2, 3, 0)
        }) {
            assertThat(set.contains(new ChunkName(ChunkKind.CONTENT, other))).isFalse();
        }
    }
}
