package io.holdfast.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes buffers to a file in few system calls. Direct buffers go to the kernel as they are. Heap buffers are handed over in
 * pieces of at most 1 MiB, because Java copies them into a direct buffer first that it then keeps for the life of the thread:
 * a 64 MiB pack would pin 64 MiB for every uploading thread.
 */
final class ContentWriter {
    static final int HEAP_PIECE_BYTES = 1 << 20;

    /** IOV_MAX on Linux; Java hands over no more than that in one call anyway. */
    private static final int MAX_PIECES = 1024;

    private final FileChannel channel;
    private final List<ByteBuffer> pending = new ArrayList<>();
    private int pendingHeapBytes;

    private ContentWriter(FileChannel channel) {
        this.channel = channel;
    }

    /** Appends the remaining bytes of all buffers; their positions stay as they are. */
    static void write(FileChannel channel, List<ByteBuffer> content) throws IOException {
        ContentWriter writer = new ContentWriter(channel);
        for (ByteBuffer buffer : content) {
            if (buffer.isDirect()) {
                writer.add(buffer.duplicate(), 0);
            } else {
                writer.addHeap(buffer);
            }
        }
        writer.flush();
    }

    static long totalBytes(List<ByteBuffer> content) {
        long total = 0;
        for (ByteBuffer buffer : content) {
            total += buffer.remaining();
        }
        return total;
    }

    private void addHeap(ByteBuffer buffer) throws IOException {
        for (int at = buffer.position(); at < buffer.limit(); ) {
            int length = Math.min(buffer.limit() - at, HEAP_PIECE_BYTES);
            add(buffer.slice(at, length), length);
            at += length;
        }
    }

    private void add(ByteBuffer piece, int heapBytes) throws IOException {
        if (pending.size() == MAX_PIECES || pendingHeapBytes + heapBytes > HEAP_PIECE_BYTES) {
            flush();
        }
        pending.add(piece);
        pendingHeapBytes += heapBytes;
    }

    private void flush() throws IOException {
        ByteBuffer[] pieces = pending.toArray(ByteBuffer[]::new);
        int first = 0;
        while (true) {
            while (first < pieces.length && !pieces[first].hasRemaining()) {
                first++;
            }
            if (first == pieces.length) {
                break;
            }
            // A gathering write may stop anywhere: at 2 GiB, on a signal, where the disk is nearly full.
            long ignored = channel.write(pieces, first, pieces.length - first);
        }
        pending.clear();
        pendingHeapBytes = 0;
    }
}
