package io.holdfast.testkit;

import java.nio.ByteBuffer;

/** Copies between buffers and arrays, for assertions. */
public final class Buffers {
    private Buffers() {}

    /** The remaining bytes; the position stays. */
    public static byte[] toArray(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(buffer.position(), bytes);
        return bytes;
    }
}
