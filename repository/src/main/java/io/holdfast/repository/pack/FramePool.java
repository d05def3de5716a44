package io.holdfast.repository.pack;

/**
 * Arrays for frames on their way, plain or encoded, kept for reuse: filled with fresh megabytes, the heap would be collected all
 * the time. There are sizes for the usual frame and for the larger ones of a single chunk. Keeps a bounded number of each;
 * how many are out at once is for the pipeline to bound. Thread-safe.
 */
final class FramePool {
    /** What encoding adds to the chunks at most. */
    private static final int HEADER_BYTES = FrameCodec.MAX_ENCODED_BYTES - FrameCodec.MAX_PLAIN_BYTES;

    private static final int SIZES = FrameCodec.MAX_PLAIN_BYTES / FrameCodec.GROUP_BYTES;

    private final BufferPool[] pools = new BufferPool[SIZES];

    /**
     * @param keep how many arrays of the usual size are kept
     * @param keepLarge how many of twice that size, which is what most chunks of large files take
     * @param keepLarger how many of each larger size
     */
    FramePool(int keep, int keepLarge, int keepLarger) {
        for (int i = 0; i < SIZES; i++) {
            int arrayBytes = (i + 1) * FrameCodec.GROUP_BYTES + HEADER_BYTES;
            pools[i] = new BufferPool(arrayBytes, i == 0 ? keep : i == 1 ? keepLarge : keepLarger);
        }
    }

    /** An array with old content in it, for a frame of {@code plainBytes} before or after encoding. */
    byte[] lease(int plainBytes) {
        return pools[(plainBytes - 1) / FrameCodec.GROUP_BYTES].lease();
    }

    void giveBack(byte[] array) {
        pools[(array.length - HEADER_BYTES) / FrameCodec.GROUP_BYTES - 1].giveBack(array);
    }
}
