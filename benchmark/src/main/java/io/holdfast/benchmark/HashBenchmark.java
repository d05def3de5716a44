package io.holdfast.benchmark;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.crypto.Sha256;
import java.security.MessageDigest;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** SHA-256, and the chunk id, which is an HMAC over it. */
@State(Scope.Thread)
public class HashBenchmark {
    @Param({"65536", "262144", "1048576"})
    public int bytes;

    private final MessageDigest digest = Sha256.digest();
    private final ChunkHasher hasher = new ChunkHasher(new byte[32]);
    private byte[] data = {};

    @Setup
    public void makeData() {
        data = SampleContent.random(bytes);
    }

    @Benchmark
    public byte[] sha256() {
        return digest.digest(data);
    }

    @Benchmark
    public ChunkId chunkId() {
        return hasher.id(data, 0, data.length);
    }
}
