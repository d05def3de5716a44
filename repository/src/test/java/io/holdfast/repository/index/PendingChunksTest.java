package io.holdfast.repository.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.repository.ChunkId;
import io.holdfast.testkit.SeededRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PendingChunksTest {
    @Test
    void behavesAsASet() {
        SeededRandom.check(20, random -> {
            PendingChunks chunks = new PendingChunks();
            Set<ChunkId> model = new HashSet<>();
            List<ChunkId> seen = new ArrayList<>();
            // Few low bits: long runs of neighbours, which removing has to close, across the end of the table, too.
            long mask = random.oneIn(2) ? -1L : 0xFFF0_0000_0000_0007L | (random.oneIn(2) ? 0xFF8 : 0);
            int operations = 1_000 + random.nextInt(20_000);
            for (int i = 0; i < operations; i++) {
                ChunkId id = !seen.isEmpty() && random.oneIn(2)
                        ? random.pick(seen)
                        : new ChunkId(random.nextLong() & mask, random.nextInt(2, 50), 0, 0);
                switch (random.nextInt(4)) {
                    case 0 -> {
                        chunks.remove(id);
                        model.remove(id);
                    }
                    case 1 -> assertThat(chunks.contains(id)).isEqualTo(model.contains(id));
                    default -> {
                        assertThat(chunks.add(id)).isEqualTo(model.add(id));
                        seen.add(id);
                    }
                }
                assertThat(chunks.size()).isEqualTo(model.size());
            }
            model.forEach(id -> assertThat(chunks.contains(id)).isTrue());
            seen.stream()
                    .filter(id -> !model.contains(id))
                    .forEach(id -> assertThat(chunks.contains(id)).isFalse());
        });
    }

    @Test
    void takesIdsOfZeros() {
        PendingChunks chunks = new PendingChunks();
        ChunkId zero = new ChunkId(0, 0, 0, 0);
        assertThat(chunks.contains(zero)).isFalse();
        assertThat(chunks.add(zero)).isTrue();
        assertThat(chunks.add(zero)).isFalse();
        assertThat(chunks.contains(zero)).isTrue();
        chunks.remove(zero);
        assertThat(chunks.contains(zero)).isFalse();
    }
}
