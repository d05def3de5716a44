package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.ByteSize;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.DiskStore;
import io.holdfast.storage.ObjectName;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Large objects go to the disk past the page cache, whatever buffers they come in, and arrive whole. */
@Tag("root")
final class DiskStorePageCacheTest {
    private static final int PAGE_BYTES = 4096;
    private static final int MIB = 1 << 20;
    private static final ObjectName PACK = ObjectName.of("packs/data/5f");
    private final SeededRandom random = new SeededRandom(9);

    @TempDir
    Path directory = Path.of("");

    @Test
    void leavesThePageCacheAlone() throws Exception {
        try (LoopMount disk = LoopMount.ext4(directory, ByteSize.ofMiB(64));
                DiskStore store = DiskStore.create(disk.path(), ByteSize.ofKiB(64))) {
            List<ByteBuffer> pieces = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                pieces.add(aligned(MIB));
            }
            store.put(PACK, pieces);
            assertThat(residentBytes(disk.path().resolve(PACK.value()))).isZero();

            ObjectName heap = ObjectName.of("packs/data/60");
            store.put(heap, ByteBuffer.wrap(random.bytes(8 * MIB)));
            assertThat(residentBytes(disk.path().resolve(heap.value())))
                    .as("what lies in the heap is written as ever")
                    .isEqualTo(8 * MIB);
        }
    }

    @Test
    void writesEveryMixtureOfBuffersOnEveryFileSystem() throws Exception {
        ByteSize size = ByteSize.ofMiB(400);
        writeMixtures(LoopMount.ext4(Files.createDirectory(directory.resolve("ext4")), size));
        writeMixtures(LoopMount.xfs(Files.createDirectory(directory.resolve("xfs")), size));
        writeMixtures(LoopMount.btrfs(Files.createDirectory(directory.resolve("btrfs")), size));
    }

    private void writeMixtures(LoopMount mounted) throws Exception {
        try (LoopMount disk = mounted;
                DiskStore store = DiskStore.create(disk.path(), ByteSize.ofKiB(64))) {
            writeMixtures(store);
        }
    }

    @Test
    void writesInMemoryFileSystemsToo() throws Exception {
        Path memory = Files.createDirectory(directory.resolve("memory"));
        LoopMount.run(List.of("mount", "-t", "tmpfs", "-o", "size=200m", "none", memory.toString()));
        try (DiskStore store = DiskStore.create(memory, ByteSize.ofKiB(64))) {
            writeMixtures(store);
        } finally {
            LoopMount.run(List.of("umount", "--lazy", memory.toString()));
        }
    }

    private void writeMixtures(DiskStore store) {
        put(store, "whole pages", aligned(4 * MIB), aligned(MIB));
        put(store, "a last piece that is none", aligned(4 * MIB), aligned(MIB), aligned(12_345));
        put(store, "a piece of no length", aligned(4 * MIB), aligned(0), aligned(MIB), aligned(7));
        put(store, "an odd piece in the middle", aligned(5 * MIB), aligned(7), aligned(MIB));
        put(
                store,
                "an odd address",
                aligned(5 * MIB),
                aligned(MIB + 1).position(1).slice());
        put(store, "an odd address first", aligned(5 * MIB + 1).position(1).slice(), aligned(MIB));
        put(store, "heap behind", aligned(5 * MIB), ByteBuffer.wrap(random.bytes(100_000)));
        put(store, "heap first", ByteBuffer.wrap(random.bytes(100_000)), aligned(5 * MIB));
        put(store, "too small", aligned(MIB), aligned(5));
    }

    private static void put(DiskStore store, String what, ByteBuffer... pieces) {
        int total = 0;
        for (ByteBuffer piece : pieces) {
            total += piece.remaining();
        }
        ByteBuffer expected = ByteBuffer.allocate(total);
        for (ByteBuffer piece : pieces) {
            expected.put(piece.duplicate());
        }
        ObjectName name = ObjectName.of("packs/" + what.replace(' ', '-'));
        store.put(name, List.of(pieces));
        assertThat(store.get(name)).as(what).contains(expected.flip());
        for (ByteBuffer piece : pieces) {
            assertThat(piece.position()).as("borrowed").isZero();
        }
    }

    @Test
    void saysThatTheDiskIsFullAndLeavesNothing() throws Exception {
        try (LoopMount disk = LoopMount.ext4(directory, ByteSize.ofMiB(32));
                DiskStore store = DiskStore.create(disk.path(), ByteSize.ofKiB(64))) {
            assertThatExceptionOfType(HoldfastException.class)
                    .isThrownBy(() -> store.put(PACK, List.of(aligned(16 * MIB), aligned(16 * MIB))))
                    .matches(e -> e.code() == ErrorCode.NO_SPACE);
            assertThat(store.stat(PACK)).isEmpty();
            try (Stream<Path> left = Files.list(disk.path().resolve(".tmp"))) {
                assertThat(left).hasSize(1); // the owner's lock
            }
            store.put(PACK, List.of(aligned(4 * MIB)));
            assertThat(store.stat(PACK)).isPresent();
        }
    }

    private ByteBuffer aligned(int length) {
        ByteBuffer buffer = ByteBuffer.allocateDirect((length / PAGE_BYTES + 2) * PAGE_BYTES)
                .alignedSlice(PAGE_BYTES)
                .slice(0, length);
        return buffer.put(0, random.bytes(length));
    }

    private static long residentBytes(Path file) throws Exception {
        Process process = new ProcessBuilder("fincore", "--bytes", "--noheadings", "--output", "RES", file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertThat(process.waitFor()).isZero();
        return Long.parseLong(told.strip());
    }
}
