package io.holdfast.repository.pack;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.LittleEndian;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

    /** The most chunks a delta is built on, and the most they hold together. */
    public static final int MAX_BASES = 8;

    public static final int MAX_DICTIONARY_BYTES = MAX_PLAIN_BYTES;

    private static final int STORED = 0;
    private static final int ZSTD = 1;
    private static final int DELTA = 2;
    private static final int DELTA_HEADER_BYTES = 8;

    /** Of the window of a delta: everything in the base and in the chunk. */
    private static final int DELTA_WINDOW_LOG = 23;

    /**
     * What differs between two versions lies in long runs of what does not: a hash over so many bytes, kept for one place in eight of the base, finds them at 600
     * MB/s (1 MiB with 100 changes of 12 bytes: 1 KiB in 1.4 ms).
     */
    private static final int DELTA_MIN_MATCH = 7;

    private static final int DELTA_HASH_SHIFT = 3;
    private static final int MIN_DELTA_HASH_LOG = 13;
    private static final int FAST = 1;
    /** How zstd tells a trained dictionary from plain content; see section 8. */
    private static final int DICTIONARY_MAGIC = 0xEC30A437;
    /** Below this there is no sampling: compressing costs less than finding out. */
    private static final int SAMPLE_FROM_BYTES = 128 << 10;

    private static final int SAMPLE_BYTES = 8 << 10;
    /** Data that shrinks by less is taken for incompressible. */
    private static final double WORTHWHILE = 0.98;

    private final ZstdCompressCtx compressor = new ZstdCompressCtx();
    private final ZstdDecompressCtx decompressor = new ZstdDecompressCtx();
    private @Nullable ZstdCompressCtx deltaCompressor;
    private @Nullable ZstdDecompressCtx deltaDecompressor;
    private byte[] check = {};
    private final byte[] sample = new byte[2 * SAMPLE_BYTES];
    /** Neighbours are alike: after a frame that shrank, the next one is not sampled. */
    private boolean lastShrank = true;

    private final boolean checks;

    public FrameCodec() {
        this(true);
    }

    private FrameCodec(boolean checks) {
        this.checks = checks;
        compressor.setLevel(LEVEL);
        compressor.setHashLog(HASH_LOG);
        compressor.setChainLog(CHAIN_LOG);
        compressor.setChecksum(false);
        compressor.setContentSize(true);
        compressor.setDictID(false);
    }

    /** One that does not check what it encodes: for who sends it to somebody that decodes it and names each chunk again. */
    public static FrameCodec unchecked() {
        return new FrameCodec(false);
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
            int packed = compress(compressor, plain, total, target, header, room);
            lastShrank = packed >= 0 && packed < total * WORTHWHILE;
            if (packed >= 0) {
                target[0] = ZSTD;
                if (checks) {
                    checkDecodes(decompressor, plain, total, target, header, packed);
                }
                return header + packed;
            }
        }
        target[0] = STORED;
        System.arraycopy(plain, 0, target, header, total);
        return header + total;
    }

    /** Whether a delta may be built on this content. */
    public static boolean canBeBase(byte[] content) {
        return content.length >= 4 && LittleEndian.getInt(content, 0) != DICTIONARY_MAGIC;
    }

    /**
     * Encodes one chunk as what differs from others, and checks the result by decoding it again.
     *
     * @param bases 1 to {@value #MAX_BASES}
     * @param dictionary their contents, joined, of which the first {@link #canBeBase}; at most {@link #MAX_DICTIONARY_BYTES}
     * @param target as for {@link #encode}
     * @param room give up where it would take more
     * @return bytes written to {@code target}, or −1
     */
    public int encodeDelta(byte[] plain, int length, List<ChunkId> bases, byte[] dictionary, byte[] target, int room) {
        int header = DELTA_HEADER_BYTES + bases.size() * ChunkId.BYTES;
        if (header >= Math.min(room, target.length)) {
            return -1;
        }
        target[0] = DELTA;
        target[1] = (byte) bases.size();
        target[2] = 1;
        target[3] = 0;
        LittleEndian.putInt(target, 4, length);
        for (int i = 0; i < bases.size(); i++) {
            bases.get(i).write(target, DELTA_HEADER_BYTES + i * ChunkId.BYTES);
        }
        ZstdCompressCtx context = deltaCompressor(dictionary);
        // All the room there is: a context that ran out of it takes no other dictionary afterwards.
        int packed = compress(context, plain, length, target, header, target.length - header);
        if (packed < 0) {
            context.close();
            deltaCompressor = null;
        }
        if (packed < 0 || header + packed > room) {
            return -1;
        }
        checkDecodes(deltaDecompressor(dictionary), plain, length, target, header, packed);
        return header + packed;
    }

    /**
     * Decodes the plaintext of a frame.
     *
     * @param reuse an array to decode into where it is large enough
     * @param baseSource asked where it is a delta
     * @throws HoldfastException {@code DAMAGED} where this is no frame, or lacks its base
     */
    public Decoded decode(byte[] frame, int length, byte[] reuse, String what, BaseSource baseSource) {
        if (length < DELTA_HEADER_BYTES) {
            throw HoldfastException.damaged(what + ": a frame of " + length + " bytes");
        }
        int count = frame[2] & 0xFF | (frame[3] & 0xFF) << 8;
        boolean isDelta = frame[0] == DELTA;
        int bases = frame[1];
        int header = 4 + 4 * count + (isDelta ? bases * ChunkId.BYTES : 0);
        boolean basesFit = isDelta ? count == 1 && bases >= 1 && bases <= MAX_BASES : bases == 0;
        if (!basesFit || count < 1 || count > MAX_CHUNKS || header >= length) {
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
            case ZSTD -> decompress(decompressor, frame, header, length - header, plain, total, what);
            case DELTA -> {
                byte[] dictionary = dictionary(frame, bases, what, baseSource);
                decompress(deltaDecompressor(dictionary), frame, header, length - header, plain, total, what);
            }
            default -> throw HoldfastException.damaged(what + ": compression " + (frame[0] & 0xFF));
        }
        return new Decoded(plain, starts);
    }

    @Override
    public void close() {
        compressor.close();
        decompressor.close();
        if (deltaCompressor != null) {
            deltaCompressor.close();
        }
        if (deltaDecompressor != null) {
            deltaDecompressor.close();
        }
    }

    /** The chunks that a delta is built on, joined. */
    private static byte[] dictionary(byte[] frame, int bases, String what, BaseSource baseSource) {
        byte[] dictionary = {};
        for (int i = 0; i < bases; i++) {
            byte[] base = baseSource.read(ChunkId.read(frame, DELTA_HEADER_BYTES + i * ChunkId.BYTES));
            if (base.length > MAX_DICTIONARY_BYTES - dictionary.length || i == 0 && !canBeBase(base)) {
                throw HoldfastException.damaged(what + ": a delta on what cannot be a base");
            }
            dictionary = i == 0 ? base : join(dictionary, base);
        }
        return dictionary;
    }

    /** Two contents, one after the other. */
    static byte[] join(byte[] first, byte[] second) {
        byte[] joined = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, joined, first.length, second.length);
        return joined;
    }

    private ZstdCompressCtx deltaCompressor(byte[] dictionary) {
        ZstdCompressCtx context = deltaCompressor;
        if (context == null) {
            context = new ZstdCompressCtx();
            context.setLevel(LEVEL);
            context.setStrategy(FAST);
            context.setMinMatch(DELTA_MIN_MATCH);
            context.setWindowLog(DELTA_WINDOW_LOG);
            context.setChecksum(false);
            context.setContentSize(true);
            context.setDictID(false);
            deltaCompressor = context;
        }
        int sizeLog = Integer.SIZE - Integer.numberOfLeadingZeros(dictionary.length - 1);
        context.setHashLog(Math.max(MIN_DELTA_HASH_LOG, sizeLog - DELTA_HASH_SHIFT));
        context.loadDict(dictionary);
        return context;
    }

    private ZstdDecompressCtx deltaDecompressor(byte[] dictionary) {
        ZstdDecompressCtx context = deltaDecompressor;
        if (context == null) {
            context = new ZstdDecompressCtx();
            deltaDecompressor = context;
        }
        context.loadDict(dictionary);
        return context;
    }

    /** The packed length, or −1 where it would not shrink. */
    private static int compress(
            ZstdCompressCtx compressor, byte[] plain, int total, byte[] target, int offset, int room) {
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

    private void checkDecodes(
            ZstdDecompressCtx decompressor, byte[] plain, int total, byte[] packed, int offset, int length) {
        if (check.length < total) {
            check = new byte[total <= GROUP_BYTES ? GROUP_BYTES : MAX_PLAIN_BYTES];
        }
        int size = decompressor.decompressByteArray(check, 0, total, packed, offset, length);
        if (size != total || Arrays.mismatch(check, 0, total, plain, 0, total) >= 0) {
            throw new IllegalStateException(
                    "compressed data does not decompress to itself: this machine computes wrongly");
        }
    }

    private static void decompress(
            ZstdDecompressCtx decompressor,
            byte[] frame,
            int offset,
            int length,
            byte[] plain,
            int total,
            String what) {
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
