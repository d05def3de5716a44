package io.holdfast.protocol;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.FrameCodec;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Frames one after the other, as docs/server.md, section "Data path", specifies them. What reading refuses is {@code DAMAGED}; what frames hold is for others to
 * check.
 */
public final class FrameStream {
    public static final String CONTENT_TYPE = "application/vnd.holdfast.frames";
    /** Of a whole stream. */
    public static final int MAX_BYTES = 64 << 20;

    private static final byte[] MAGIC = {'H', 'F', 'S', '1'};
    private static final int VERSION = 1;
    private static final int CHUNK_BYTES = 1 + ChunkId.BYTES + 4;
    private static final int FIXED_BYTES = 4;
    /** Of a frame with all that is said of it. */
    private static final int MAX_RECORD_BYTES = FIXED_BYTES
            + FrameCodec.MAX_CHUNKS * CHUNK_BYTES
            + FrameCodec.MAX_BASES * ChunkId.BYTES
            + FrameCodec.MAX_ENCODED_BYTES;

    private FrameStream() {}

    /** Writes a stream; not thread-safe. It is whole when {@link #finish} was called. */
    public static final class Writer {
        private final DataOutputStream out;

        public Writer(OutputStream target) throws IOException {
            this.out = new DataOutputStream(target);
            out.write(MAGIC);
        }

        public void write(FrameRecord frame) throws IOException {
            write(frame, frame.encoded().length);
        }

        /** @param length of what is in the record's array of the encoded frame */
        public void write(FrameRecord frame, int length) throws IOException {
            out.writeInt(FIXED_BYTES
                    + frame.chunks().size() * CHUNK_BYTES
                    + frame.older().size() * ChunkId.BYTES
                    + length);
            out.writeByte(VERSION);
            out.writeShort(frame.chunks().size());
            for (FrameRecord.Chunk chunk : frame.chunks()) {
                out.writeByte(chunk.kind().code());
                out.write(chunk.id().toByteArray());
                out.writeInt(chunk.lengthBytes());
            }
            out.writeByte(frame.older().size());
            for (ChunkId older : frame.older()) {
                out.write(older.toByteArray());
            }
            out.write(frame.encoded(), 0, length);
        }

        /** Says that this is all of it. */
        public void finish() throws IOException {
            out.writeInt(0);
            out.flush();
        }
    }

    /** Reads a stream; not thread-safe. */
    public static final class Reader {
        private final InputStream in;
        private long left = MAX_BYTES;
        private boolean begun;

        public Reader(InputStream in) {
            this.in = in;
        }

        /**
         * The next frame; empty after the last one.
         *
         * @throws HoldfastException {@code DAMAGED} where it is none, or the stream ends without saying so
         * @throws IOException where the connection is gone
         */
        public Optional<FrameRecord> next() throws IOException {
            if (!begun) {
                if (!Arrays.equals(read(MAGIC.length), MAGIC)) {
                    throw HoldfastException.damaged("a frame stream without its first four bytes");
                }
                begun = true;
            }
            int length = ByteBuffer.wrap(read(4)).getInt();
            if (length == 0) {
                if (in.read() >= 0) {
                    throw HoldfastException.damaged("a frame stream that goes on after its end");
                }
                return Optional.empty();
            }
            if (length < FIXED_BYTES + CHUNK_BYTES || length > MAX_RECORD_BYTES) {
                throw HoldfastException.damaged("a frame of " + length + " bytes in a stream");
            }
            return Optional.of(decode(ByteBuffer.wrap(read(length))));
        }

        private byte[] read(int length) throws IOException {
            left -= length;
            if (left < 0) {
                throw HoldfastException.damaged("a frame stream of more than " + MAX_BYTES + " bytes");
            }
            byte[] bytes = in.readNBytes(length);
            if (bytes.length < length) {
                throw HoldfastException.damaged("a frame stream that ends in the middle");
            }
            return bytes;
        }
    }

    private static FrameRecord decode(ByteBuffer in) {
        int version = in.get();
        int count = in.getShort() & 0xFFFF;
        if (version != VERSION || count < 1 || count > FrameCodec.MAX_CHUNKS || in.remaining() <= count * CHUNK_BYTES) {
            throw HoldfastException.damaged("a frame of version " + version + " with " + count + " chunks in a stream");
        }
        List<FrameRecord.Chunk> chunks = new ArrayList<>(count);
        long total = 0;
        for (int i = 0; i < count; i++) {
            ChunkKind kind = ChunkKind.of(in.get() & 0xFF, "a frame in a stream");
            ChunkId id = id(in);
            int lengthBytes = in.getInt();
            total += lengthBytes;
            if (lengthBytes < 0 || total > FrameCodec.MAX_PLAIN_BYTES || lengthBytes == 0 && count > 1) {
                throw HoldfastException.damaged("a chunk of " + lengthBytes + " bytes in a stream");
            }
            if (!chunks.isEmpty() && kind.packKind() != chunks.getFirst().kind().packKind()) {
                throw HoldfastException.damaged("a frame with content and metadata in a stream");
            }
            chunks.add(new FrameRecord.Chunk(kind, id, lengthBytes));
        }
        int olderCount = in.get() & 0xFF;
        boolean mayHaveOlder = count == 1 && chunks.getFirst().kind() == ChunkKind.CONTENT && total > 0;
        if (olderCount > (mayHaveOlder ? FrameCodec.MAX_BASES : 0) || in.remaining() < olderCount * ChunkId.BYTES) {
            throw HoldfastException.damaged("a frame with " + olderCount + " older chunks in a stream");
        }
        List<ChunkId> older = new ArrayList<>(olderCount);
        for (int i = 0; i < olderCount; i++) {
            older.add(id(in));
        }
        byte[] encoded = new byte[in.remaining()];
        in.get(encoded);
        // What does not shrink is stored as it is, so that nothing takes more than that.
        if (encoded.length > total + 4 + 4L * count || encoded.length == 0 != (total == 0)) {
            throw HoldfastException.damaged(
                    "a frame of " + encoded.length + " bytes for " + total + " bytes of content in a stream");
        }
        return new FrameRecord(chunks, older, encoded);
    }

    private static ChunkId id(ByteBuffer in) {
        byte[] id = new byte[ChunkId.BYTES];
        in.get(id);
        return ChunkId.read(id, 0);
    }
}
