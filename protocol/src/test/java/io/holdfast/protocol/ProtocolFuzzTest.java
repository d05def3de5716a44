package io.holdfast.protocol;

import io.holdfast.core.ErrorCode;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.testkit.Mutations;
import io.holdfast.testkit.ParserFuzz;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Set;

/** What comes over the network. */
class ProtocolFuzzTest extends ParserFuzz {
    private static final Set<ErrorCode> DAMAGE = Set.of(ErrorCode.DAMAGED);
    private static final ChunkId ID = new ChunkId(-1, 2, 3, 4);

    ProtocolFuzzTest() {
        super(31);
    }

    @Override
    protected void feed(int rounds) {
        new Mutations(List.of(stream()), random).feed(rounds, DAMAGE, ProtocolFuzzTest::readStream);
        byte[] names =
                ChunkName.encode(List.of(new ChunkName(ChunkKind.CONTENT, ID), new ChunkName(ChunkKind.TREE_PAGE, ID)));
        new Mutations(List.of(names), random).feed(rounds, DAMAGE, ChunkName::decode);
    }

    private static byte[] stream() {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            FrameStream.Writer writer = new FrameStream.Writer(bytes);
            writer.write(new FrameRecord(
                    List.of(
                            new FrameRecord.Chunk(ChunkKind.TREE_PAGE, ID, 20),
                            new FrameRecord.Chunk(ChunkKind.CHUNK_LIST, ID, 7)),
                    List.of(),
                    new byte[25]));
            writer.write(new FrameRecord(
                    List.of(new FrameRecord.Chunk(ChunkKind.CONTENT, ID, 60)), List.of(ID, ID), new byte[40]));
            writer.write(FrameRecord.lost(new ChunkName(ChunkKind.CONTENT, ID)));
            writer.finish();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void readStream(byte[] input) {
        FrameStream.Reader reader = new FrameStream.Reader(new ByteArrayInputStream(input));
        try {
            while (reader.next().isPresent()) {
                // All of it is read.
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
