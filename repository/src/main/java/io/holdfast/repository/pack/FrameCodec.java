package io.holdfast.repository.pack;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.LittleEndian;
import java.util.Arrays;

/**
 * Turns chunks into the plaintext of a frame and back (docs/repository-format.md, section 8). Not thread-safe: it holds native
 * compression contexts and a scratch array; make one per thread and close it.
 */
public final class FrameCodec implements AutoCloseable {
    /** The most a frame holds, before compression. */
    public static final int MAX_PLAIN_BYTES = 4 << 20;
    /** Small chunks are joined up to this size. */
    public static final int GROUP_BYTES = 1 << 20;

    public static final int MAX_CHUNKS = 4_096;
    /** Room for every encoded frame. */
    public static final int MAX_ENCODED_BYTES = MAX_PLAIN_BYTES + 4 + 4 * MAX_CHUNKS;

    private static final int LEVEL = 3;
    /**
     * The tables of level 3, made for larger windows, push the frame out of a core's second-level cache. With a quarter of their size
     * the Debian kernel source takes 13 % less time and 1.4 % more room.
     */
    private static final int HASH_LOG = 15;

    private static final int CHAIN_LOG = 14;

    private static final int STORED = 0;
    private static final int ZSTD = 1;
    /** Below this there is no sampling: compressing costs less than finding out. */
    private static final int SAMPLE_FROM_BYTES = 128 << 10;

    private static final int SAMPLE_BYTES = 8 << 10;
    /** Data that shrinks by less is taken for incompressible. */
    private static final double WORTHWHILE = 0.98;

    private final ZstdCompressCtx compressor = new ZstdCompressCtx();
    private final ZstdDecompressCtx decompressor = new ZstdDecompressCtx();
    private byte[] check = {};
    private final byte[] sample = new byte[2 * SAMPLE_BYTES];
    /** Neighbours are alike: after a frame that shrank, the next one is not sampled. */
    private boolean lastShrank = true;

    public FrameCodec() {
        compressor.setLevel(LEVEL);
        compressor.setHashLog(HASH_LOG);
        compressor.setChainLog(CHAIN_LOG);
        compressor.setChecksum(false);
        compressor.setContentSize(true);
        compressor.setDictID(false);
    }

    /** The chunks of a decoded frame: {@code plain} from {@code starts[i]} to {@code starts[i + 1]}. */
    public record Decoded(byte[] plain, int[] starts) {
        public int chunkCount() {
            return starts.length - 1;
        }

        public int length(int ordinal) {
            return starts[ordinal + 1] - starts[ordinal];
        }
    }

    /**
     * Encodes {@code count} chunks that lie one after the other in {@code plain} and checks the result by decoding it again.
     *
     * @param target at least {@link #MAX_ENCODED_BYTES} long, or as long as 4 + 4 × count + the chunks need
     * @return bytes written to {@code target}
     */
    public int encode(byte[] plain, int[] lengths, int count, byte[] target) {
        int total = 0;
        int header = 4 + 4 * count;
        target[1] = 0;
        target[2] = (byte) count;
        target[3] = (byte) (count >>> 8);
        for (int i = 0; i < count; i++) {
            LittleEndian.putInt(target, 4 + 4 * i, lengths[i]);
            total += lengths[i];
        }
        if (lastShrank || looksCompressible(plain, total)) {
            int room = Math.min(target.length - header, total - 1);
            int packed = compress(plain, total, target, header, room);
            lastShrank = packed >= 0 && packed < total * WORTHWHILE;
            if (packed >= 0) {
                target[0] = ZSTD;
                checkDecodes(plain, total, target, header, packed);
                return header + packed;
            }
        }
        target[0] = STORED;
        System.arraycopy(plain, 0, target, header, total);
        return header + total;
    }

    /**
     * Decodes the plaintext of a frame.
     *
     * @param reuse an array to decode into where it is large enough
     * @throws HoldfastException {@code DAMAGED} where this is no frame
     */
    public Decoded decode(byte[] frame, int length, byte[] reuse, String what) {
        if (length < 8) {
            throw HoldfastException.damaged(what + ": a frame of " + length + " bytes");
        }
        int count = frame[2] & 0xFF | (frame[3] & 0xFF) << 8;
        int header = 4 + 4 * count;
        if (frame[1] != 0 || count < 1 || count > MAX_CHUNKS || header >= length) {
            throw HoldfastException.damaged(what + ": a frame header that cannot be");
        }
        int[] starts = new int[count + 1];
        for (int i = 0; i < count; i++) {
            int chunk = LittleEndian.getInt(frame, 4 + 4 * i);
            if (chunk < 1 || chunk > MAX_PLAIN_BYTES - starts[i]) {
                throw HoldfastException.damaged(what + ": a chunk of " + chunk + " bytes in a frame");
            }
            starts[i + 1] = starts[i] + chunk;
        }
        int total = starts[count];
        byte[] plain = reuse.length >= total ? reuse : new byte[total];
        switch (frame[0]) {
            case STORED -> {
                if (length - header != total) {
                    throw HoldfastException.damaged(what + ": a frame whose lengths do not add up");
                }
                System.arraycopy(frame, header, plain, 0, total);
            }
            case ZSTD -> decompress(frame, header, length - header, plain, total, what);
            default -> throw HoldfastException.damaged(what + ": compression " + (frame[0] & 0xFF));
        }
        return new Decoded(plain, starts);
    }

    @Override
    public void close() {
        compressor.close();
        decompressor.close();
    }

    /** The packed length, or −1 where it would not shrink. */
    private int compress(byte[] plain, int total, byte[] target, int offset, int room) {
        if (room <= 0) {
            return -1;
        }
        try {
            return compressor.compressByteArray(target, offset, room, plain, 0, total);
        } catch (ZstdException e) {
            if (e.getErrorCode() == Zstd.errDstSizeTooSmall()) {
                return -1;
            }
            throw e;
        }
    }

    private boolean looksCompressible(byte[] plain, int total) {
        if (total < SAMPLE_FROM_BYTES) {
            return true;
        }
        int packed = 0;
        for (int i = 1; i <= 3; i++) {
            int at = (int) ((long) (total - SAMPLE_BYTES) * i / 4);
            packed += compressor.compressByteArray(sample, 0, sample.length, plain, at, SAMPLE_BYTES);
        }
        return packed < 3 * SAMPLE_BYTES * WORTHWHILE;
    }

    private void checkDecodes(byte[] plain, int total, byte[] packed, int offset, int length) {
        if (check.length < total) {
            check = new byte[total <= GROUP_BYTES ? GROUP_BYTES : MAX_PLAIN_BYTES];
        }
        int size = decompressor.decompressByteArray(check, 0, total, packed, offset, length);
        if (size != total || Arrays.mismatch(check, 0, total, plain, 0, total) >= 0) {
            throw new IllegalStateException(
                    "compressed data does not decompress to itself: this machine computes wrongly");
        }
    }

    private void decompress(byte[] frame, int offset, int length, byte[] plain, int total, String what) {
        int size;
        try {
            size = decompressor.decompressByteArray(plain, 0, total, frame, offset, length);
        } catch (ZstdException e) {
            throw HoldfastException.damaged(what + ": a frame that does not decompress: " + e.getMessage());
        }
        if (size != total) {
            throw HoldfastException.damaged(what + ": a frame that decompresses to another length");
        }
    }
}
