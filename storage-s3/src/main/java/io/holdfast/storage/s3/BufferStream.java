package io.holdfast.storage.s3;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;

/** Reads buffers one after the other without moving their positions, so that a request can be sent again. One thread. */
final class BufferStream extends InputStream {
    private final List<ByteBuffer> buffers;
    private int next;
    private ByteBuffer current = ByteBuffer.allocate(0);

    BufferStream(List<ByteBuffer> buffers) {
        this.buffers = buffers;
    }

    static long sizeOf(List<ByteBuffer> buffers) {
        return buffers.stream().mapToLong(ByteBuffer::remaining).sum();
    }

    /** Views of {@code length} bytes from {@code offset} on of all buffers joined. */
    static List<ByteBuffer> slice(List<ByteBuffer> buffers, long offset, long length) {
        long[] skip = {offset};
        long[] left = {length};
        return buffers.stream()
                .map(buffer -> {
                    int from = (int) Math.min(skip[0], buffer.remaining());
                    skip[0] -= from;
                    int count = (int) Math.min(left[0], buffer.remaining() - from);
                    left[0] -= count;
                    return buffer.slice(buffer.position() + from, count);
                })
                .filter(ByteBuffer::hasRemaining)
                .toList();
    }

    @Override
    public int read() {
        return advance() ? current.get() & 0xFF : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        if (length == 0) {
            return 0;
        }
        if (!advance()) {
            return -1;
        }
        int count = Math.min(length, current.remaining());
        current.get(target, offset, count);
        return count;
    }

    @Override
    public int available() {
        return current.remaining();
    }

    private boolean advance() {
        while (!current.hasRemaining()) {
            if (next == buffers.size()) {
                return false;
            }
            current = buffers.get(next++).duplicate();
        }
        return true;
    }
}
