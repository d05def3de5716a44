package io.holdfast.benchmark;

import com.github.luben.zstd.ZstdCompressCtx;
import io.holdfast.repository.pack.BaseSource;
import io.holdfast.repository.pack.FrameCodec;
import java.util.Arrays;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Frames of 1 MiB with 64 chunks: encoding includes the check that they decode; against compression alone. */
@State(Scope.Thread)
public class FrameBenchmark {
    private static final int CHUNKS = 64;

    @Param({"text", "random"})
    public String content = "";

    private final FrameCodec codec = new FrameCodec();
    private final ZstdCompressCtx plainCompressor = new ZstdCompressCtx();
    private final byte[] target = new byte[FrameCodec.MAX_ENCODED_BYTES];
    private final byte[] reuse = new byte[FrameCodec.GROUP_BYTES];
    private final byte[] frame = new byte[FrameCodec.MAX_ENCODED_BYTES];
    private final int[] lengths = new int[CHUNKS];
    private byte[] plain = {};
    private int frameLength;

    @Setup
    public void makeFrame() {
        plain = content.equals("text")
                ? SampleContent.text(FrameCodec.GROUP_BYTES)
                : SampleContent.random(FrameCodec.GROUP_BYTES);
        Arrays.fill(lengths, FrameCodec.GROUP_BYTES / CHUNKS);
        frameLength = codec.encode(plain, lengths, CHUNKS, frame);
        plainCompressor.setLevel(3);
    }

    @Benchmark
    public int encode() {
        return codec.encode(plain, lengths, CHUNKS, target);
    }

    @Benchmark
    public int compressAlone() {
        return plainCompressor.compressByteArray(target, 0, target.length, plain, 0, plain.length);
    }

    @Benchmark
    public int decode() {
        return codec.decode(frame, frameLength, reuse, "benchmark", BaseSource.NONE)
                .chunkCount();
    }

    @TearDown
    public void close() {
        codec.close();
        plainCompressor.close();
    }
}
