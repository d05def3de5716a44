package io.holdfast.sources.fleet;

import io.holdfast.core.Bytes;
import io.holdfast.repository.crypto.Sha256;
import io.holdfast.testkit.SeededRandom;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * What is backed up: a few files, each of two chunks in a few versions that differ little. The same for everybody, so that writers meet in what others
 * store, and want again what was garbage.
 */
final class Documents {
    static final int COUNT = 5;
    static final int VERSIONS = 5;
    private static final int CHUNKS = 2;
    private static final int CHUNK_BYTES = 4_500;
    private static final ConcurrentMap<Integer, byte[]> CHUNKS_MADE = new ConcurrentHashMap<>();

    private Documents() {}

    static String name(int document) {
        return "d" + document;
    }

    /** Not all of them change from one version to the next. */
    static List<byte[]> chunks(int document, int version) {
        List<byte[]> chunks = new ArrayList<>();
        for (int i = 0; i < CHUNKS; i++) {
            chunks.add(chunk(document * CHUNKS + i, (version + i) / 2));
        }
        return chunks;
    }

    /** As a snapshot's content is told. */
    static void tell(int document, int version, SortedMap<String, String> files) {
        ByteBuffer all = ByteBuffer.allocate(CHUNKS * CHUNK_BYTES);
        chunks(document, version).forEach(all::put);
        files.put("/" + name(document), Bytes.wrap(Sha256.of(all.array())).toHex());
    }

    private static byte[] chunk(int number, int version) {
        return CHUNKS_MADE.computeIfAbsent(number * 100 + version, key -> {
            byte[] bytes = new SeededRandom(number).bytes(CHUNK_BYTES);
            SeededRandom random = new SeededRandom(key);
            for (int i = 0; i < 5 * version; i++) {
                bytes[random.nextInt(bytes.length)]++;
            }
            return bytes;
        });
    }
}
