package io.holdfast.benchmark;

import io.holdfast.repository.crypto.SegmentCipher;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** AES-256-GCM over 1 MiB in segments of 64 KiB. */
@State(Scope.Thread)
public class SegmentCipherBenchmark {
    private static final int BYTES = 1 << 20;

    private final SegmentCipher cipher = new SegmentCipher(new byte[32]);
    private final byte[] plain = SampleContent.random(BYTES);
    private final byte[] stored = new byte[(int) SegmentCipher.storedLength(BYTES)];
    private final byte[] target = new byte[BYTES + SegmentCipher.TAG_BYTES];
    private final byte[] encrypted = new byte[stored.length];

    @Setup
    public void encryptOnce() {
        cipher.encrypt(0, plain, 0, BYTES, stored, 0);
    }

    @Benchmark
    public int encrypt() {
        return cipher.encrypt(0, plain, 0, BYTES, encrypted, 0);
    }

    @Benchmark
    public int decrypt() {
        return cipher.decrypt(0, stored, 0, stored.length, target, 0);
    }
}
