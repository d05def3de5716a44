package io.holdfast.benchmark;

import io.holdfast.repository.chunk.Chunker;
import io.holdfast.repository.chunk.ChunkerParameters;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Cutting 16 MiB into chunks, against the least that gear hashing of every byte costs. */
@State(Scope.Benchmark)
public class ChunkingBenchmark {
    private static final int BYTES = 16 << 20;

    private final long[] gear = new Random(1).longs(256).toArray();
    private final byte[] data = SampleContent.random(BYTES);
    private final Chunker chunker = new Chunker(ChunkerParameters.DEFAULT, gear);

    @Benchmark
    public int chunk() {
        int chunks = 0;
        for (int at = 0; at < data.length; chunks++) {
            at += chunker.cut(data, at, data.length - at);
        }
        return chunks;
    }

    @Benchmark
    public long plainLoop() {
        long[] table = gear;
        long hash = 0;
        for (byte each : data) {
            hash = (hash << 1) + table[each & 0xFF];
        }
        return hash;
    }
}
