package io.holdfast.repository.tree;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.tree.TreeEntry.Hole;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OlderVersionTest {
    private static final int MIB = 1 << 20;

    private final Map<ChunkId, byte[]> pages = new HashMap<>();

    @Test
    void namesTheChunkAtTheSamePlace() {
        OlderVersion older = file(MIB, MIB, MIB);

        assertThat(older.next(id(10), MIB)).containsExactly(id(0));
        assertThat(older.next(id(11), MIB)).containsExactly(id(1));
        assertThat(older.next(id(12), MIB)).containsExactly(id(2));
        assertThat(older.next(id(13), MIB)).isEmpty();
    }

    @Test
    void namesNothingForAChunkThatBothHave() {
        OlderVersion older = file(MIB, MIB);

        assertThat(older.next(id(0), MIB)).isEmpty();
        assertThat(older.next(id(10), MIB)).containsExactly(id(1));
    }

    @Test
    void aChunkThatBothHaveTellsByHowMuchTheRestHasMoved() {
        OlderVersion older = file(MIB, MIB, MIB, MIB);

        older.next(id(10), 5 * MIB / 2);
        assertThat(older.next(id(1), MIB)).isEmpty();
        assertThat(older.next(id(12), MIB)).containsExactly(id(2));
    }

    /** Rows grow and shrink by some bytes, all along a dump. */
    @Test
    void doesNotDriftAwayFromCutsThatStay() {
        int[] lengths = new int[400];
        Arrays.fill(lengths, MIB);
        OlderVersion older = file(lengths);

        for (int i = 0; i < lengths.length; i++) {
            assertThat(older.next(id(1_000 + i), MIB + 30_000))
                    .as("chunk %d", i)
                    .containsExactly(id(i));
        }
    }

    @Test
    void namesTwoWhereTwoWereJoined() {
        OlderVersion older = file(MIB, MIB, MIB);

        assertThat(older.next(id(10), 2 * MIB)).containsExactly(id(0), id(1));
        assertThat(older.next(id(11), MIB)).containsExactly(id(2));
    }

    @Test
    void namesNoMoreThanADeltaMayBeBuiltOn() {
        int[] small = new int[64];
        Arrays.fill(small, MIB / 16);
        assertThat(file(small).next(id(100), 4 * MIB)).hasSize(8);

        assertThat(file(4 * MIB, 4 * MIB).next(id(100), 4 * MIB)).hasSize(1);
    }

    @Test
    void countsHolesOfAVolume() {
        TreeEntry old = entry(MIB, MIB)
                .sizeBytes(5L * MIB)
                .holes(List.of(new Hole(0, 2L * MIB), new Hole(3L * MIB, MIB)))
                .build();
        OlderVersion older = OlderVersion.ofVolume(new ContentReader(source()), old);

        assertThat(older.next(0, id(10), MIB)).isEmpty();
        assertThat(older.next(2L * MIB, id(11), MIB)).containsExactly(id(0));
        assertThat(older.next(4L * MIB, id(12), MIB)).containsExactly(id(1));
    }

    /** A list of several pages, of which a later one is damaged: the older version ends there. */
    @Test
    void whatCannotBeReadEndsTheOlderVersion() {
        int[] lengths = new int[20_000];
        Arrays.fill(lengths, MIB);
        TreeEntry old = entry(lengths).build();
        OlderVersion whole = OlderVersion.ofFile(new ContentReader(source()), old);
        int[] reads = {0};
        OlderVersion cut = OlderVersion.ofFile(
                new ContentReader(id -> {
                    if (++reads[0] > 3) {
                        throw HoldfastException.damaged("page");
                    }
                    return source().read(id);
                }),
                old);
        int known = 0;
        for (int i = 0; i < lengths.length; i++) {
            assertThat(whole.next(id(100_000 + i), MIB)).containsExactly(id(i));
            known += cut.next(id(100_000 + i), MIB).size();
        }
        assertThat(known).isBetween(64, lengths.length - 1);
    }

    private OlderVersion file(int... lengths) {
        return OlderVersion.ofFile(new ContentReader(source()), entry(lengths).build());
    }

    private TreeEntry.Builder entry(int... lengths) {
        ContentWriter content = new ContentWriter((ChunkKind kind, byte[] bytes, int offset, int length) -> {
            ChunkId id = new ChunkId(-1, pages.size(), 0, 0);
            pages.put(id, Arrays.copyOfRange(bytes, offset, offset + length));
            return id;
        });
        long size = 0;
        for (int i = 0; i < lengths.length; i++) {
            content.add(id(i), lengths[i]);
            size += lengths[i];
        }
        return TreeEntry.builder(Bytes.wrap(new byte[] {'f'}), EntryType.FILE)
                .sizeBytes(size)
                .content(content.finish());
    }

    private ChunkSource source() {
        return id -> {
            byte[] page = pages.get(id);
            if (page == null) {
                throw HoldfastException.damaged("no page " + id);
            }
            return page;
        };
    }

    /** Spread as ids are, so that lists are cut into pages. */
    private static ChunkId id(int number) {
        long mixed = number * 0x9E3779B97F4A7C15L;
        return new ChunkId(mixed ^ mixed >>> 31, number, 0, 0);
    }
}
