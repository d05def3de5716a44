package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.ByteSize;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.DiskStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks that are full, read-only, failing or of the wrong kind: real ones, on loop devices. */
@Tag("root")
final class DiskStoreOnRealDisksTest {
    private static final ByteSize RESERVE = ByteSize.ofMiB(4);
    private static final ObjectName MARKER = ObjectName.of("condemned/1");
    private static final byte[] CONTENT = new SeededRandom(3).bytes(1 << 20);

    @TempDir
    Path directory = Path.of("");

    @Test
    void keepsEnoughSpaceBackToEmptyAFullDisk() throws Exception {
        try (LoopMount disk = LoopMount.ext4(directory, ByteSize.ofMiB(48));
                DiskStore store = DiskStore.create(disk.path(), RESERVE)) {
            List<ObjectName> packs = fill(store);
            Path reserve = disk.path().resolve(".reserve");
            assertThat(reserve).as("ordinary puts leave it alone").hasSize(RESERVE.bytes());
            assertThat(temporaryFileCount(disk)).isEqualTo(1); // the owner's lock

            fillUp(disk.path().resolve("other-software"));
            assertThat(store.reserved().put(MARKER, ByteBuffer.wrap(CONTENT))).isEqualTo(PutOutcome.STORED);
            assertThat(reserve).doesNotExist();
            assertThat(disk.path().toFile().getUsableSpace()).isGreaterThan(2 << 20);

            // There is space now, but not for backups.
            assertFails(ErrorCode.NO_SPACE, () -> store.put(ObjectName.of("p"), ByteBuffer.allocate(1)), "prune");
            try (DiskStore other = DiskStore.open(disk.path())) {
                assertFails(ErrorCode.NO_SPACE, () -> other.put(ObjectName.of("p"), ByteBuffer.allocate(1)), "prune");
            }

            for (ObjectName pack : packs.subList(0, 8)) {
                assertThat(store.delete(pack)).isTrue();
            }
            assertThat(store.put(ObjectName.of("p"), ByteBuffer.allocate(1))).isEqualTo(PutOutcome.STORED);
            assertThat(reserve).hasSize(RESERVE.bytes());
            assertThat(store.get(MARKER)).contains(ByteBuffer.wrap(CONTENT));
        }
    }

    @Test
    void failsEvenReservedPutsOnceTheReserveIsUsedUp() throws Exception {
        try (LoopMount disk = LoopMount.ext4(directory, ByteSize.ofMiB(48));
                DiskStore store = DiskStore.create(disk.path(), RESERVE)) {
            fill(store);
            List<ObjectName> names = names("condemned/", 20);
            assertThatExceptionOfType(HoldfastException.class)
                    .isThrownBy(() -> names.forEach(name -> store.reserved().put(name, ByteBuffer.wrap(CONTENT))))
                    .matches(e -> e.code() == ErrorCode.NO_SPACE);
            assertThat(temporaryFileCount(disk)).isEqualTo(1);
        }
    }

    @Test
    void saysThatTheReserveDoesNotFit() throws Exception {
        try (LoopMount disk = LoopMount.ext4(directory, ByteSize.ofMiB(16))) {
            assertFails(ErrorCode.NO_SPACE, () -> DiskStore.create(disk.path(), ByteSize.ofMiB(64)), "mnt");
            assertThat(temporaryFileCount(disk)).isZero();
        }
    }

    @Test
    void readsFromAReadOnlyMountAndSaysWhyItCannotWrite() throws Exception {
        try (LoopMount disk = LoopMount.ext4(directory, ByteSize.ofMiB(16))) {
            try (DiskStore store = DiskStore.create(disk.path(), ByteSize.ofKiB(64))) {
                store.put(MARKER, ByteBuffer.wrap(CONTENT));
            }
            disk.mountAgain("-o", "ro");
            try (DiskStore store = DiskStore.open(disk.path())) {
                assertThat(store.get(MARKER)).contains(ByteBuffer.wrap(CONTENT));
                assertFails(
                        ErrorCode.STORE_UNREACHABLE,
                        () -> store.put(ObjectName.of("new"), ByteBuffer.allocate(1)),
                        "Read-only");
                assertFails(ErrorCode.STORE_UNREACHABLE, () -> store.delete(MARKER), "Read-only");
            }
        }
    }

    @Test
    void callsAnObjectDamagedThatTheDiskCannotRead() throws Exception {
        try (LoopMount disk = LoopMount.ext4(directory, ByteSize.ofMiB(64))) {
            List<ObjectName> packs;
            try (DiskStore store = DiskStore.create(disk.path(), ByteSize.ofKiB(64))) {
                packs = fill(store);
            }
            disk.mountAgain();
            // The end of the disk is gone: the loop device answers reads there with an I/O error.
            try (RandomAccessFile image = new RandomAccessFile(disk.image().toFile(), "rw")) {
                image.setLength(32 << 20);
            }
            try (DiskStore store = DiskStore.open(disk.path())) {
                List<ObjectName> damaged = new ArrayList<>();
                for (ObjectName pack : packs) {
                    if (isDamaged(store, pack)) {
                        damaged.add(pack);
                    }
                }
                assertThat(damaged).isNotEmpty().hasSizeLessThan(packs.size());
            }
        }
    }

    @Test
    void failsAPutWhoseSyncFailed() throws Exception {
        Path small = Files.createDirectory(directory.resolve("small"));
        LoopMount.run(List.of("mount", "-t", "tmpfs", "-o", "size=24m", "none", small.toString()));
        // The disk claims 64 MiB and has space for 24: writing succeeds, writing back does not.
        try (LoopMount disk = LoopMount.ext4(small, ByteSize.ofMiB(64));
                DiskStore store = DiskStore.create(disk.path(), ByteSize.ofKiB(64))) {
            byte[] large = new SeededRandom(1).bytes(30 << 20);
            ObjectName name = ObjectName.of("packs/large");
            assertThatExceptionOfType(HoldfastException.class)
                    .isThrownBy(() -> store.put(name, ByteBuffer.wrap(large)))
                    .matches(e -> e.code() == ErrorCode.FAILED || e.code() == ErrorCode.NO_SPACE, "FAILED or NO_SPACE")
                    .withMessageContaining(name.value());
            assertThat(store.get(name)).isEmpty();
        } finally {
            LoopMount.run(List.of("umount", "--lazy", small.toString()));
        }
    }

    @Test
    void failsWhereItsDiskWasUnmountedInsteadOfSeemingEmpty() throws Exception {
        try (LoopMount disk = LoopMount.ext4(directory, ByteSize.ofMiB(16))) {
            try (DiskStore store = DiskStore.create(disk.path().resolve("store"), ByteSize.ofKiB(64))) {
                store.put(MARKER, ByteBuffer.wrap(CONTENT));
            }
            try (DiskStore store = DiskStore.open(disk.path().resolve("store"))) {
                disk.unmount();
                assertFails(ErrorCode.STORE_UNREACHABLE, () -> store.get(MARKER), "store");
                assertFails(ErrorCode.STORE_UNREACHABLE, () -> store.list("", object -> {}), "store");
            }
        }
    }

    @Test
    void refusesAFileSystemWithoutHardLinks() throws Exception {
        try (LoopMount disk = LoopMount.exfat(directory, ByteSize.ofMiB(16))) {
            assertFails(ErrorCode.REFUSED, () -> DiskStore.create(disk.path(), ByteSize.ofKiB(64)), "hard links");
            // Also a store that was copied there: it can be read, not written.
            Files.writeString(disk.path().resolve("config"), "x");
            try (DiskStore store = DiskStore.open(disk.path())) {
                assertThat(store.get(ObjectName.of("config"))).isPresent();
                assertFails(ErrorCode.REFUSED, () -> store.put(MARKER, ByteBuffer.allocate(1)), "hard links");
            }
        }
    }

    private static boolean isDamaged(ObjectStore store, ObjectName pack) {
        try {
            assertThat(store.get(pack)).contains(ByteBuffer.wrap(CONTENT));
            return false;
        } catch (HoldfastException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.DAMAGED);
            assertThat(e).hasMessageContaining(pack.value());
            return true;
        }
    }

    /** Stores packs of 1 MiB until the disk is full. */
    private static List<ObjectName> fill(ObjectStore store) {
        List<ObjectName> stored = new ArrayList<>();
        try {
            for (ObjectName name : names("packs/", 1_000)) {
                store.put(name, ByteBuffer.wrap(CONTENT));
                stored.add(name);
            }
        } catch (HoldfastException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.NO_SPACE);
        }
        assertThat(stored).hasSizeGreaterThan(10);
        return stored;
    }

    private static List<ObjectName> names(String prefix, int count) {
        return Stream.iterate(0, i -> i + 1)
                .limit(count)
                .map(i -> ObjectName.of(prefix + i))
                .toList();
    }

    /** Uses up every last block. */
    private static void fillUp(Path file) throws Exception {
        LoopMount.run(List.of("dd", "if=/dev/zero", "of=" + file, "bs=1k", "conv=fsync"), 1);
    }

    private static long temporaryFileCount(LoopMount disk) throws Exception {
        try (Stream<Path> files = Files.list(disk.path().resolve(".tmp"))) {
            return files.count();
        }
    }

    private static void assertFails(ErrorCode code, Runnable call, String inMessage) {
        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(call::run)
                .matches(e -> e.code() == code, "code " + code)
                .withMessageContaining(inMessage);
    }
}
