package io.holdfast.repository.tree;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.repository.ChunkId;
import io.holdfast.testkit.SeededRandom;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContentPagesTest {
    private final PageStore pages = new PageStore();
    private final ContentReader reader = new ContentReader(pages);

    private record Chunk(ChunkId id, int lengthBytes) {}

    @Test
    void readsTheChunksOfFilesOfAllSizes() {
        SeededRandom random = new SeededRandom(1);
        List<Chunk> all = chunks(random, 20_000);
        for (int size : new int[] {0, 1, 63, 64, 65, 66, 500, 511, 512, 513, 4_095, 4_096, 4_097, 10_000, 20_000}) {
            List<Chunk> chunks = all.subList(0, size);
            Content content = write(chunks);
            assertThat(content instanceof Content.Inline).isEqualTo(size <= Content.MAX_INLINE);
            if (content instanceof Content.Paged paged) {
                assertThat(paged.chunkCount()).isEqualTo(size);
            }
            assertThat(read(content)).isEqualTo(chunks);
        }
    }

    @Test
    void readsTheChunksAtEveryCut() {
        SeededRandom random = new SeededRandom(2);
        List<Chunk> all = chunks(random, 3_000);
        for (int size = 60; size < 70; size++) {
            assertThat(read(write(all.subList(0, size)))).isEqualTo(all.subList(0, size));
        }
        int cuts = 0;
        for (int size = 65; size < all.size(); size++) {
            if (endsAPage(all.get(size - 1)) || endsAPage(all.get(size - 2))) {
                cuts++;
                assertThat(read(write(all.subList(0, size)))).isEqualTo(all.subList(0, size));
            }
        }
        assertThat(cuts).isGreaterThan(4);
    }

    @Test
    void cutsWhereNoIdSaysSoAndWhereEachDoes() {
        List<Chunk> never = new ArrayList<>();
        List<Chunk> always = new ArrayList<>();
        SeededRandom random = new SeededRandom(3);
        for (int i = 0; i < 9_000; i++) {
            long b = random.nextLong();
            never.add(new Chunk(new ChunkId(1L << 48, b, 0, 0), 1));
            always.add(new Chunk(new ChunkId(0, b, 0, 0), 1));
        }
        for (int size : new int[] {64, 65, 66, 4_095, 4_096, 4_097, 8_192, 8_193, 9_000}) {
            assertThat(read(write(never.subList(0, size)))).isEqualTo(never.subList(0, size));
            assertThat(read(write(always.subList(0, size)))).isEqualTo(always.subList(0, size));
        }
    }

    @Test
    void rewritesFewPagesOfALongList() {
        SeededRandom random = new SeededRandom(4);
        List<Chunk> all = chunks(random, 50_000);
        write(all);
        assertThat(pages.takeAdded()).isBetween(50, 200);
        for (int round = 0; round < 10; round++) {
            List<Chunk> changed = new ArrayList<>(all);
            changed.set(random.nextInt(all.size()), chunks(random, 1).getFirst());
            write(changed);
            assertThat(pages.takeAdded()).isBetween(1, 4);
        }
    }

    @Test
    void stopsWhenTheVisitorHasSeenEnough() {
        Content content = write(chunks(new SeededRandom(5), 5_000));
        int[] seen = {0};
        assertThat(reader.chunks(content, (id, length) -> ++seen[0] < 1_000)).isFalse();
        assertThat(seen[0]).isEqualTo(1_000);
        assertThat(reader.walk(content, page -> false, (id, length) -> {
                    throw new AssertionError("below a page that was left out");
                }))
                .isTrue();
    }

    @Test
    void refusesPagesThatNoWriterWrites() {
        for (byte[] page : new byte[][] {
            {0}, {1}, {2}, {-1}, new byte[36], new byte[38], new byte[37], with(new byte[45], 1), with(new byte[37], 2)
        }) {
            PageRef ref = new PageRef(pages.put(page), page.length);
            Content content = new Content.Paged(ref, 1);
            assertThat(codeOf(() -> read(content))).isEqualTo(ErrorCode.DAMAGED);
        }
        Content shorter = write(chunks(new SeededRandom(6), 100));
        PageRef root = ((Content.Paged) shorter).root();
        Content wrongLength = new Content.Paged(new PageRef(root.id(), root.lengthBytes() - 36), 99);
        assertThat(codeOf(() -> read(wrongLength))).isEqualTo(ErrorCode.DAMAGED);
    }

    private static byte[] with(byte[] page, int kind) {
        page[0] = (byte) kind;
        return page;
    }

    private Content write(List<Chunk> chunks) {
        ContentWriter writer = new ContentWriter(pages);
        chunks.forEach(chunk -> writer.add(chunk.id(), chunk.lengthBytes()));
        return writer.finish();
    }

    private List<Chunk> read(Content content) {
        List<Chunk> chunks = new ArrayList<>();
        assertThat(reader.chunks(content, (id, length) -> chunks.add(new Chunk(id, length))))
                .isTrue();
        return chunks;
    }

    private static List<Chunk> chunks(SeededRandom random, int count) {
        List<Chunk> chunks = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            chunks.add(new Chunk(ChunkId.read(random.bytes(32), 0), 1 + random.nextInt(4 << 20)));
        }
        return chunks;
    }

    /** The rule of docs/repository-format.md, section 11, written down once more. */
    private static boolean endsAPage(Chunk chunk) {
        return (chunk.id().a() >>> 48) % 512 == 0;
    }
}
