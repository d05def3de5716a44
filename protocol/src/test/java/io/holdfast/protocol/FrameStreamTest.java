package io.holdfast.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.ChunkKind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FrameStreamTest {
    private static final ChunkId ONE = new ChunkId(1, 2, 3, 4);
    private static final ChunkId TWO = new ChunkId(5, 6, 7, 8);

    private static byte[] stream(FrameRecord... frames) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        FrameStream.Writer writer = new FrameStream.Writer(bytes);
        for (FrameRecord frame : frames) {
            writer.write(frame);
        }
        writer.finish();
        return bytes.toByteArray();
    }

    private static List<FrameRecord> read(byte[] stream) throws IOException {
        FrameStream.Reader reader = new FrameStream.Reader(new ByteArrayInputStream(stream));
        List<FrameRecord> frames = new ArrayList<>();
        for (Optional<FrameRecord> next = reader.next(); next.isPresent(); next = reader.next()) {
            frames.add(next.get());
        }
        return frames;
    }

    private static FrameRecord frame(int encodedBytes, List<ChunkId> older, FrameRecord.Chunk... chunks) {
        return new FrameRecord(List.of(chunks), older, new byte[encodedBytes]);
    }

    private static FrameRecord.Chunk chunk(ChunkKind kind, ChunkId id, int length) {
        return new FrameRecord.Chunk(kind, id, length);
    }

    @Test
    void bytesAreThoseOfTheSpecification() throws IOException {
        byte[] stream = stream(frame(9, List.of(TWO), chunk(ChunkKind.CONTENT, ONE, 5)));
        String one = "0000000000000001000000000000000200000000000000030000000000000004";
        String two = "0000000000000005000000000000000600000000000000070000000000000008";
        assertThat(HexFormat.of().formatHex(stream))
                .isEqualTo("48465331" + "00000052" + "01" + "0001" + "00" + one + "00000005" + "01" + two
                        + "000000000000000000" + "00000000");
    }

    @Test
    void whatWasWrittenIsRead() throws IOException {
        FrameRecord pages =
                frame(100, List.of(), chunk(ChunkKind.TREE_PAGE, ONE, 70), chunk(ChunkKind.CHUNK_LIST, TWO, 90));
        FrameRecord delta = frame(30, List.of(ONE, ONE), chunk(ChunkKind.CONTENT, TWO, 4 << 20));
        List<FrameRecord> read = read(stream(pages, delta, FrameRecord.lost(new ChunkName(ChunkKind.CONTENT, ONE))));
        assertThat(read).hasSize(3);
        assertThat(read.get(0).chunks()).isEqualTo(pages.chunks());
        assertThat(read.get(0).encoded()).isEqualTo(pages.encoded());
        assertThat(read.get(1).older()).isEqualTo(delta.older());
        assertThat(read.get(2).isLost()).isTrue();
        assertThat(read(stream())).isEmpty();
    }

    @Test
    void aStreamThatIsCutAnywhereIsRefused() throws IOException {
        byte[] stream = stream(frame(9, List.of(), chunk(ChunkKind.CONTENT, ONE, 5)));
        for (int length = 0; length < stream.length; length++) {
            byte[] cut = Arrays.copyOf(stream, length);
            assertThatThrownBy(() -> read(cut)).as("%d bytes", length).isInstanceOf(HoldfastException.class);
        }
        assertThatThrownBy(() -> read(Arrays.copyOf(stream, stream.length + 1)))
                .hasMessageContaining("goes on after its end");
    }

    @Test
    void whatCannotBeIsRefused() throws IOException {
        FrameRecord.Chunk content = chunk(ChunkKind.CONTENT, ONE, 5);
        for (FrameRecord wrong : List.of(
                frame(14, List.of(), content), // Longer than what is in it.
                frame(0, List.of(), content), // Nothing where something should be.
                frame(5, List.of(), chunk(ChunkKind.CONTENT, ONE, 0)),
                frame(5, List.of(), content, chunk(ChunkKind.CONTENT, TWO, 0)),
                frame(5, List.of(), content, chunk(ChunkKind.TREE_PAGE, TWO, 5)),
                frame(5, List.of(TWO), chunk(ChunkKind.TREE_PAGE, ONE, 5)),
                frame(5, List.of(TWO), content, chunk(ChunkKind.CONTENT, TWO, 5)),
                frame(5, List.of(TWO), chunk(ChunkKind.CONTENT, ONE, (4 << 20) + 1)),
                frame(5, List.of(), chunk(ChunkKind.CONTENT, ONE, 4 << 20), content),
                frame(5, List.of(), chunk(ChunkKind.CONTENT, ONE, -1)),
                frame(5, List.of(TWO, TWO, TWO, TWO, TWO, TWO, TWO, TWO, TWO), content))) {
            byte[] stream = stream(wrong);
            assertThatThrownBy(() -> read(stream)).as("%s", wrong).isInstanceOf(HoldfastException.class);
        }
        byte[] version = stream(frame(9, List.of(), content));
        version[8] = 2;
        assertThatThrownBy(() -> read(version)).hasMessageContaining("version 2");
    }

    @Test
    void aStreamEndsAtItsLimit() throws IOException {
        FrameRecord large = frame(4 << 20, List.of(), chunk(ChunkKind.CONTENT, ONE, 4 << 20));
        FrameRecord[] frames = new FrameRecord[16];
        Arrays.fill(frames, large);
        byte[] stream = stream(frames);
        assertThatThrownBy(() -> read(stream)).hasMessageContaining("more than " + FrameStream.MAX_BYTES);
    }
}
