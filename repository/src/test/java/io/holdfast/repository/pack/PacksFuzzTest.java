package io.holdfast.repository.pack;

import io.holdfast.core.ErrorCode;
import io.holdfast.repository.ChunkId;
import io.holdfast.testkit.Mutations;
import io.holdfast.testkit.ParserFuzz;
import io.holdfast.testkit.SeededRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;

/** Frames, tables of contents and footers, once they are decrypted. */
class PacksFuzzTest extends ParserFuzz {
    private static final Set<ErrorCode> DAMAGE = Set.of(ErrorCode.DAMAGED);

    PacksFuzzTest() {
        super(13);
    }

    @Override
    protected void feed(int rounds) {
        frames(rounds);
        tables(rounds);
        footers(rounds);
    }

    private void frames(int rounds) {
        new Mutations(frames(), random)
                .feed(rounds, DAMAGE, input -> codec.decode(input, input.length, NOTHING, "test", id -> BASE));
    }

    private void tables(int rounds) {
        new Mutations(List.of(TABLE), random)
                .feed(rounds, DAMAGE, input -> PackToc.decode(footer(input.length), input, PackKind.DATA, "test"));
    }

    private void footers(int rounds) {
        new Mutations(List.of(footer(TABLE.length).encode()), random)
                .feed(
                        rounds,
                        DAMAGE,
                        input -> PackFooter.decode(Arrays.copyOf(input, PackFooter.BYTES), 0, PACK_BYTES, "test"));
    }

    private static final byte[] NOTHING = new byte[0];
    private static final byte[] BASE = new SeededRandom(5).bytes(3_000);
    private static final ChunkId ID = new ChunkId(1, 2, 3, 4);
    private static final byte[] TABLE = PackToc.encode(
            new int[] {48, 100, 200},
            3,
            List.of(
                    new TocEntry(ID, ChunkKind.CONTENT, 0, 0, 10, List.of()),
                    new TocEntry(ID, ChunkKind.CONTENT, 0, 1, 20, List.of()),
                    new TocEntry(ID, ChunkKind.CONTENT, 1, 0, 30, List.of(ID, ID)),
                    new TocEntry(ID, ChunkKind.CONTENT, 2, 0, 40, List.of())));
    private static final int TOC_OFFSET = 300;
    private static final long PACK_BYTES = (long) TOC_OFFSET + TABLE.length + 16 + PackFooter.BYTES;

    private final FrameCodec codec = new FrameCodec();

    @AfterEach
    void close() {
        codec.close();
    }

    private static PackFooter footer(int tableBytes) {
        return new PackFooter(TOC_OFFSET, tableBytes + 16, 3, 4, 2);
    }

    private List<byte[]> frames() {
        byte[] target = new byte[FrameCodec.MAX_ENCODED_BYTES];
        List<byte[]> frames = new ArrayList<>();
        for (byte[] plain : List.of(random.bytes(900), random.compressibleBytes(3_000))) {
            int length = codec.encode(plain, new int[] {300, 200, plain.length - 500}, 3, target);
            frames.add(Arrays.copyOf(target, length));
        }
        byte[] changed = BASE.clone();
        changed[1_000]++;
        int length = codec.encodeDelta(changed, changed.length, List.of(ID), BASE, target, 2_000);
        frames.add(Arrays.copyOf(target, length));
        return frames;
    }
}
