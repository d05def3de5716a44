package io.holdfast.protocol;

import io.holdfast.core.HoldfastException;
import io.holdfast.storage.RateLimit;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.function.Supplier;

/** A stream that is read no faster than a limit, which may change meanwhile. */
final class PacedInput extends FilterInputStream {
    private final Supplier<RateLimit> limit;

    PacedInput(InputStream in, Supplier<RateLimit> limit) {
        super(in);
        this.limit = limit;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        RateLimit now = limit.get();
        int count = super.read(bytes, offset, Math.min(length, now.pieceBytes()));
        try {
            now.pass(Math.max(0, count));
        } catch (HoldfastException e) {
            throw (IOException) new InterruptedIOException("interrupted").initCause(e);
        }
        return count;
    }
}
