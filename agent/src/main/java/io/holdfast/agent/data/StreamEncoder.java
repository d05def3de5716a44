package io.holdfast.agent.data;

import io.holdfast.protocol.FrameRecord;
import io.holdfast.protocol.FrameStream;
import io.holdfast.repository.pack.FrameCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Makes frame streams of chunks: neighbours share a frame, as in packs. Not thread-safe; holds native contexts and some megabytes. */
final class StreamEncoder implements AutoCloseable {
    /** The media server decodes every frame and names its chunks again (rule D2). */
    private final FrameCodec codec = FrameCodec.unchecked();

    private final int frameBytes;
    private final byte[] joined = new byte[FrameCodec.GROUP_BYTES];
    private byte[] encoded = new byte[FrameCodec.GROUP_BYTES + 4 + 4 * FrameCodec.MAX_CHUNKS];
    private final Stream stream = new Stream();
    private long encodedBytes;

    /** @param frameBytes so much small content shares a frame */
    StreamEncoder(int frameBytes) {
        this.frameBytes = Math.min(frameBytes, FrameCodec.GROUP_BYTES);
    }

    /** Bytes in an array that is longer. */
    static final class Stream extends ByteArrayOutputStream {
        byte[] array() {
            return buf;
        }
    }

    /** The stream, valid until the next one is made. */
    Stream encode(byte[] plain, List<Batch.Chunk> chunks) throws IOException {
        stream.reset();
        encodedBytes = 0;
        FrameStream.Writer out = new FrameStream.Writer(stream);
        for (int from = 0; from < chunks.size(); ) {
            int end = endOfFrame(chunks, from);
            frame(plain, chunks.subList(from, end), out);
            from = end;
        }
        out.finish();
        return stream;
    }

    /** Of the frames of the last stream. */
    long encodedBytes() {
        return encodedBytes;
    }

    private int endOfFrame(List<Batch.Chunk> chunks, int from) {
        Batch.Chunk first = chunks.get(from);
        int bytes = first.length();
        int end = from + 1;
        while (first.older().isEmpty()
                && end < chunks.size()
                && end - from < FrameCodec.MAX_CHUNKS
                && chunks.get(end).older().isEmpty()
                && bytes + chunks.get(end).length() <= frameBytes) {
            bytes += chunks.get(end).length();
            end++;
        }
        return end;
    }

    private void frame(byte[] plain, List<Batch.Chunk> chunks, FrameStream.Writer out) throws IOException {
        int[] lengths = new int[chunks.size()];
        List<FrameRecord.Chunk> records = new ArrayList<>(chunks.size());
        int total = 0;
        for (int i = 0; i < lengths.length; i++) {
            Batch.Chunk chunk = chunks.get(i);
            lengths[i] = chunk.length();
            total += chunk.length();
            records.add(new FrameRecord.Chunk(chunk.kind(), chunk.id(), chunk.length()));
        }
        byte[] source = join(plain, chunks, total);
        if (encoded.length < 4 + 4 * lengths.length + total) {
            encoded = new byte[FrameCodec.MAX_ENCODED_BYTES];
        }
        int length = codec.encode(source, lengths, lengths.length, encoded);
        encodedBytes += length;
        out.write(new FrameRecord(records, chunks.getFirst().older(), encoded), length);
    }

    /** The chunks one after the other from the start of an array. */
    private byte[] join(byte[] plain, List<Batch.Chunk> chunks, int total) {
        byte[] target = total <= joined.length ? joined : new byte[total];
        int at = 0;
        for (Batch.Chunk chunk : chunks) {
            System.arraycopy(plain, chunk.offset(), target, at, chunk.length());
            at += chunk.length();
        }
        return target;
    }

    @Override
    public void close() {
        codec.close();
    }
}
