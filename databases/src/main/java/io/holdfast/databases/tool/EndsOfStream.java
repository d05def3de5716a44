package io.holdfast.databases.tool;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A stream whose beginning, end and length are known when it has passed. Not thread-safe; closing it closes the stream it reads. */
public final class EndsOfStream extends InputStream {
    private static final int KEPT_BYTES = 8 << 10;

    private final InputStream in;
    private final byte[] head = new byte[KEPT_BYTES];
    private byte[] tail = new byte[0];
    private long sizeBytes;
    private boolean hasEnded;

    public EndsOfStream(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int count = in.read(bytes, offset, length);
        hasEnded |= count < 0;
        if (count > 0) {
            if (sizeBytes < KEPT_BYTES) {
                System.arraycopy(bytes, offset, head, (int) sizeBytes, (int) Math.min(count, KEPT_BYTES - sizeBytes));
            }
            sizeBytes += count;
            int from = Math.max(0, count - KEPT_BYTES);
            int kept = Math.min(tail.length, KEPT_BYTES - (count - from));
            byte[] last = Arrays.copyOfRange(tail, tail.length - kept, tail.length + count - from);
            System.arraycopy(bytes, offset + from, last, kept, count - from);
            tail = last;
        }
        return count;
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    /** Whether it was read to its end. */
    public boolean hasEnded() {
        return hasEnded;
    }

    /** The first 8 KiB; each byte that is no ASCII as one letter. */
    public String head() {
        return new String(head, 0, (int) Math.min(sizeBytes, KEPT_BYTES), StandardCharsets.ISO_8859_1);
    }

    /** The last 8 KiB. */
    public String tail() {
        return new String(tail, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
