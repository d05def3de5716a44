package io.holdfast.protocol;

import java.security.SecureRandom;
import java.util.Arrays;

/**
 * A large set of chunks in little memory: of each a fingerprint of 64 bits (SipHash-2-4 under a key of the set's own), 10 to 13 bytes an entry. Of a chunk that is
 * not in a set of 27 million it says so but once in 10^12 times, and as nobody knows the key, nobody can look for such a chunk. Safe for many threads.
 */
public final class ChunkSet {
    /** Each grows by itself, so that growing takes little more memory and time at once. */
    private static final int PARTS = 256;

    private static final int FIRST_SLOTS = 16;

    private final long key0;
    private final long key1;
    private final Part[] parts = new Part[PARTS];

    public ChunkSet(SecureRandom random) {
        key0 = random.nextLong();
        key1 = random.nextLong();
        Arrays.setAll(parts, i -> new Part());
    }

    /** False where it was there. */
    public boolean add(ChunkName chunk) {
        long fingerprint = fingerprint(chunk);
        return part(fingerprint).add(fingerprint);
    }

    public boolean contains(ChunkName chunk) {
        long fingerprint = fingerprint(chunk);
        return part(fingerprint).contains(fingerprint);
    }

    public long size() {
        long size = 0;
        for (Part part : parts) {
            size += part.size();
        }
        return size;
    }

    private Part part(long fingerprint) {
        return parts[(int) fingerprint & (PARTS - 1)];
    }

    /** Never zero, which marks a free slot. */
    private long fingerprint(ChunkName chunk) {
        Sip sip = new Sip(key0, key1);
        sip.take(chunk.id().a());
        sip.take(chunk.id().b());
        sip.take(chunk.id().c());
        sip.take(chunk.id().d());
        sip.take(chunk.kind().code());
        long hash = sip.end();
        return hash == 0 ? 1 : hash;
    }

    /** SipHash-2-4 (Aumasson, Bernstein 2012) of words; all messages are of one length. */
    private static final class Sip {
        private long v0;
        private long v1;
        private long v2;
        private long v3;

        Sip(long key0, long key1) {
            v0 = key0 ^ 0x736f6d6570736575L;
            v1 = key1 ^ 0x646f72616e646f6dL;
            v2 = key0 ^ 0x6c7967656e657261L;
            v3 = key1 ^ 0x7465646279746573L;
        }

        void take(long word) {
            v3 ^= word;
            round();
            round();
            v0 ^= word;
        }

        long end() {
            v2 ^= 0xff;
            for (int i = 0; i < 4; i++) {
                round();
            }
            return v0 ^ v1 ^ v2 ^ v3;
        }

        private void round() {
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
        }
    }

    /** Open addressing at a load of 60 to 80 %. */
    private static final class Part {
        private long[] slots = new long[FIRST_SLOTS];
        private int size;

        synchronized int size() {
            return size;
        }

        synchronized boolean contains(long fingerprint) {
            return slots[slot(slots, fingerprint)] == fingerprint;
        }

        synchronized boolean add(long fingerprint) {
            int slot = slot(slots, fingerprint);
            if (slots[slot] == fingerprint) {
                return false;
            }
            slots[slot] = fingerprint;
            if (++size * 5L > slots.length * 4L) {
                long[] larger = new long[slots.length + slots.length / 3];
                for (long each : slots) {
                    if (each != 0) {
                        larger[slot(larger, each)] = each;
                    }
                }
                slots = larger;
            }
            return true;
        }

        /** Where it is, or would be. */
        private static int slot(long[] slots, long fingerprint) {
            int slot = (int) Math.unsignedMultiplyHigh(fingerprint, slots.length);
            while (slots[slot] != 0 && slots[slot] != fingerprint) {
                slot = slot + 1 == slots.length ? 0 : slot + 1;
            }
            return slot;
        }
    }
}
