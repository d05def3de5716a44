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
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiskStoreTest {
    private static final ByteSize SMALL_RESERVE = ByteSize.ofKiB(64);
    private static final ObjectName NAME = ObjectName.of("packs/data/5f/5f0c");

    @TempDir
    Path directory = Path.of("");

    @Nested
    final class Contract extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            return DiskStore.create(directory.resolve("contract"), SMALL_RESERVE);
        }
    }

    @Nested
    final class ConcurrencyContract extends ObjectStoreConcurrencyContract {
        @Override
        protected ObjectStore newStore() {
            return DiskStore.create(directory.resolve("contract"), SMALL_RESERVE);
        }
    }

    @Test
    void keepsObjectsAsFilesOfTheirNameForTheOwnerOnly() throws Exception {
        try (DiskStore store = create("store")) {
            store.put(NAME, ByteBuffer.wrap(new byte[] {1, 2, 3}));
        }
        Path file = directory.resolve("store").resolve(NAME.value());
        assertThat(file).hasBinaryContent(new byte[] {1, 2, 3});
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        for (Path parent = file.getParent(); !directory.equals(parent) && parent != null; parent = parent.getParent()) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(parent)))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void makesMissingParentDirectories() {
        try (DiskStore store = create("a/b/c/store")) {
            assertThat(store.put(NAME, ByteBuffer.allocate(1))).isEqualTo(PutOutcome.STORED);
        }
        try (DiskStore again = DiskStore.open(directory.resolve("a/b/c/store"))) {
            assertThat(again.get(NAME)).isPresent();
        }
    }

    @Test
    void leavesNoTemporaryFilesBehind() throws Exception {
        try (DiskStore store = create("store")) {
            store.put(NAME, ByteBuffer.allocate(1));
            store.put(NAME, ByteBuffer.allocate(1));
        }
        assertThat(temporaries("store")).isEmpty();
    }

    @Test
    void keepsTheReserveAsAFileOfItsSizeThatIsNoObject() throws Exception {
        try (DiskStore store = DiskStore.create(directory.resolve("store"), ByteSize.ofMiB(2))) {
            assertThat(names(store)).isEmpty();
        }
        Path reserve = directory.resolve("store/.reserve");
        assertThat(reserve).hasSize(2 << 20);
    }

    @Test
    void opensWhatIsThereAlreadyWhenCreatedAgain() {
        create("store").put(NAME, ByteBuffer.allocate(1));
        assertThat(create("store").get(NAME)).isPresent();
    }

    @Test
    void refusesToBeMadeAmongOtherFiles() throws Exception {
        Files.writeString(directory.resolve("letter.txt"), "Dear");
        assertFails(ErrorCode.REFUSED, () -> DiskStore.create(directory, SMALL_RESERVE), "letter.txt");
        assertThat(Files.exists(directory.resolve(".tmp"))).isFalse();
    }

    @Test
    void saysThatThereIsNoRepositoryWhereThereIsNoDirectory() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "x");
        assertFails(ErrorCode.NO_REPOSITORY, () -> DiskStore.open(directory.resolve("gone")), "gone");
        assertFails(ErrorCode.NO_REPOSITORY, () -> DiskStore.open(file), "not a directory");
    }

    @Test
    void writesNothingUntilTheFirstPut() throws Exception {
        try (DiskStore store = DiskStore.open(directory)) {
            assertThat(store.get(NAME)).isEmpty();
            assertThat(store.delete(NAME)).isFalse();
            assertThat(names(store)).isEmpty();
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void worksWithoutItsNoteAsAfterACopyThatLeftOutDotFiles() throws Exception {
        create("store").close();
        Path root = directory.resolve("store");
        for (String own : List.of(".store", ".reserve", ".tmp")) {
            Files.delete(root.resolve(own));
        }
        try (DiskStore store = DiskStore.open(root)) {
            assertThat(store.put(NAME, ByteBuffer.allocate(1))).isEqualTo(PutOutcome.STORED);
        }
        assertThat(root.resolve(".store")).exists();
        assertThat(root.resolve(".reserve")).hasSize(16 << 20);
    }

    @Test
    void listsNeitherItsOwnFilesNorForeignOnesNorLinks() throws Exception {
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Files.writeString(outside.resolve("secret"), "x");
        try (DiskStore store = create("store")) {
            store.put(NAME, ByteBuffer.allocate(1));
            Path root = directory.resolve("store");
            Files.writeString(root.resolve("Upper Case"), "x");
            Files.writeString(root.resolve(".hidden"), "x");
            Files.createSymbolicLink(root.resolve("link"), outside.resolve("secret"));
            Files.createSymbolicLink(root.resolve("linked-directory"), outside);
            assertThat(names(store)).containsExactly(NAME.value());
            store.list("linked-directory/", object -> assertThat(object).isNull());
            assertThat(store.get(ObjectName.of("link"))).isEmpty();
            assertThat(store.delete(ObjectName.of("link"))).isFalse();
        }
        assertThat(outside.resolve("secret")).exists();
    }

    @Test
    void neverStoresThroughALinkOrOverADirectory() throws Exception {
        Path outside = Files.createDirectory(directory.resolve("outside"));
        try (DiskStore store = create("store")) {
            Files.createSymbolicLink(directory.resolve("store/packs"), outside);
            assertFails(ErrorCode.FAILED, () -> store.put(NAME, ByteBuffer.allocate(1)), "packs");
            store.put(ObjectName.of("a/b"), ByteBuffer.allocate(1));
            assertFails(ErrorCode.FAILED, () -> store.put(ObjectName.of("a"), ByteBuffer.allocate(1)), "a");
            assertFails(ErrorCode.FAILED, () -> store.put(ObjectName.of("a/b/c"), ByteBuffer.allocate(1)), "a/b");
        }
        assertThat(outside).isEmptyDirectory();
        assertThat(temporaries("store")).isEmpty();
    }

    @Test
    void failsWhereItsDirectoryWasReplacedInsteadOfSeemingEmpty() throws Exception {
        try (DiskStore store = create("store")) {
            store.put(NAME, ByteBuffer.allocate(1));
            Files.move(directory.resolve("store"), directory.resolve("away"));
            List<Runnable> calls = List.of(
                    () -> store.get(NAME),
                    () -> store.getRange(NAME, 0, ByteBuffer.allocate(1)),
                    () -> store.stat(NAME),
                    () -> names(store),
                    () -> store.delete(NAME),
                    () -> store.put(NAME, ByteBuffer.allocate(1)));
            for (Runnable call : calls) {
                assertFails(ErrorCode.STORE_UNREACHABLE, call, "store");
            }
            Files.createDirectory(directory.resolve("store"));
            for (Runnable call : calls) {
                assertFails(ErrorCode.STORE_UNREACHABLE, call, "store");
            }
        }
    }

    @Test
    void storesAgainAfterSomebodyRemovedAnEmptyDirectory() throws Exception {
        try (DiskStore store = create("store")) {
            store.put(NAME, ByteBuffer.allocate(1));
            store.delete(NAME);
            Files.delete(directory.resolve("store/packs/data/5f"));
            assertFails(ErrorCode.STORE_UNREACHABLE, () -> store.put(NAME, ByteBuffer.allocate(1)), "5f");
            assertThat(store.put(NAME, ByteBuffer.allocate(1))).isEqualTo(PutOutcome.STORED);
        }
    }

    private DiskStore create(String name) {
        return DiskStore.create(directory.resolve(name), SMALL_RESERVE);
    }

    private List<Path> temporaries(String store) throws Exception {
        try (Stream<Path> files = Files.list(directory.resolve(store).resolve(".tmp"))) {
            return files.toList();
        }
    }

    private static List<String> names(ObjectStore store) {
        List<String> names = new ArrayList<>();
        store.list("", object -> names.add(object.name().value()));
        return names;
    }

    private static void assertFails(ErrorCode code, Runnable call, String inMessage) {
        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(call::run)
                .matches(e -> e.code() == code, "code " + code)
                .withMessageContaining(inMessage);
    }
}
