package io.holdfast.sources.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.HostFileException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every implementation of {@link HostFiles} does, with what its capabilities allow. */
abstract class HostFilesContract {
    private static final Timestamp LONG_AGO = new Timestamp(-86_400 * 365L, 0);
    private static final Timestamp LATELY = new Timestamp(1_700_000_000, 123_456_000);

    @TempDir
    Path temporary;

    private HostFiles files = create();
    private Directory directory = new PortableDirectory(Path.of("/"));

    abstract HostFiles create();

    abstract Set<Capability> expectedCapabilities();

    @BeforeEach
    void openTemporary() throws IOException {
        directory = files.openDirectory(pathBytes(temporary));
    }

    @AfterEach
    void closeTemporary() {
        directory.close();
    }

    static Bytes bytes(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    static Bytes pathBytes(Path path) {
        return bytes(path.toString());
    }

    private boolean can(Capability capability) {
        return files.capabilities().contains(capability);
    }

    private static void assertFails(Reason reason, ThrowingCallable call) {
        assertThatExceptionOfType(HostFileException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.reason()).isEqualTo(reason));
    }

    private static FileMetadata metadata(FileStatus status) {
        return FileMetadata.of(status, List.of(), 0, null);
    }

    private FileMetadata withTime(FileStatus status, Timestamp modified) {
        return new FileMetadata(
                status.type(),
                status.mode(),
                status.uid(),
                status.gid(),
                modified,
                List.of(),
                0,
                DeviceNumber.NONE,
                status.type() == FileType.SYMLINK ? bytes("target") : null);
    }

    @Test
    void declaresWhatItCanDo() {
        assertThat(files.capabilities()).isEqualTo(expectedCapabilities());
    }

    @Test
    void listsNamesAsUnsignedBytesInOrder() throws IOException {
        List<Bytes> names = new ArrayList<>(List.of(bytes("b"), bytes("a b"), bytes("ä"), bytes("B"), bytes(".h")));
        if (can(Capability.BYTE_NAMES)) {
            names.add(Bytes.wrap(new byte[] {'x', (byte) 0xff, (byte) 0xfe}));
            names.add(bytes("new\nline"));
        }
        for (Bytes name : names) {
            directory.createFile(name).close();
        }
        names.sort(null);
        assertThat(directory.entries()).extracting(DirectoryEntry::name).containsExactlyElementsOf(names);
        assertThat(directory.entries()).hasSameSizeAs(names);
    }

    @Test
    void roundTripsNamesThatAreNotText() throws IOException {
        if (!can(Capability.BYTE_NAMES)) {
            return;
        }
        Bytes name = Bytes.wrap(new byte[] {(byte) 0xc3, '%', '2', 'f', (byte) 0xff, '\\'});
        directory.makeDirectory(name);
        try (Directory child = directory.openDirectory(name)) {
            child.createFile(name).close();
            assertThat(child.stat(name).isRegular()).isTrue();
            child.rename(name, directory, bytes("plain"));
        }
        assertThat(directory.find(bytes("plain"))).isPresent();
        directory.removeDirectory(name);
        assertThat(directory.find(name)).isEmpty();
    }

    @Test
    void hintsTypesOfNamesOrSaysUnknown() throws IOException {
        directory.createFile(bytes("f")).close();
        directory.makeDirectory(bytes("d"));
        assertThat(directory.entries().get(0).type()).isIn(FileType.DIRECTORY, FileType.UNKNOWN);
        assertThat(directory.entries().get(1).type()).isIn(FileType.REGULAR, FileType.UNKNOWN);
    }

    @Test
    void tellsWhatTheHostKnowsOfAFile() throws IOException {
        Path file = Files.writeString(temporary.resolve("f"), "content");
        FileStatus status = directory.stat(bytes("f"));
        assertThat(status.type()).isEqualTo(FileType.REGULAR);
        assertThat(status.sizeBytes()).isEqualTo(7);
        assertThat(PortableStatus.settable(status.modified())).isEqualTo(Files.getLastModifiedTime(file));
        if (can(Capability.OWNERS_AND_MODES)) {
            assertThat(status.mode()).isEqualTo((int) Files.getAttribute(file, "unix:mode") & 07777);
            assertThat(status.uid()).isEqualTo(((Number) Files.getAttribute(file, "unix:uid")).longValue());
            assertThat(status.inode()).isEqualTo(Files.getAttribute(file, "unix:ino"));
            assertThat(status.linkCount()).isOne();
        }
        assertThat(directory.find(bytes("f"))).contains(status);
    }

    @Test
    void noticesThatAFileChanged() throws IOException {
        Path file = Files.writeString(temporary.resolve("f"), "content");
        FileStatus before = directory.stat(bytes("f"));
        assertThat(directory.stat(bytes("f")).isUnchangedSince(before)).isTrue();
        Files.writeString(file, "longer content");
        assertThat(directory.stat(bytes("f")).isUnchangedSince(before)).isFalse();
        Files.delete(file);
        directory.makeDirectory(bytes("f"));
        assertThat(directory.stat(bytes("f")).isSameFileAs(before)).isFalse();
    }

    @Test
    void saysWhatVanished() {
        assertFails(Reason.VANISHED, () -> directory.stat(bytes("no")));
        assertFails(Reason.VANISHED, () -> directory.openFile(bytes("no")));
        assertFails(Reason.VANISHED, () -> directory.openDirectory(bytes("no")));
        assertFails(Reason.VANISHED, () -> directory.readLink(bytes("no")));
        assertFails(Reason.VANISHED, () -> directory.attributes(bytes("no")));
        assertFails(Reason.VANISHED, () -> directory.remove(bytes("no")));
        assertFails(Reason.VANISHED, () -> files.openDirectory(pathBytes(temporary.resolve("no"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a/b", "/etc", "a\0b", "../x"})
    void refusesNamesThatLeaveTheDirectory(String text) throws IOException {
        Bytes name = bytes(text);
        Bytes good = bytes("good");
        directory.createFile(good).close();
        assertFails(Reason.BAD_NAME, () -> directory.stat(name));
        assertFails(Reason.BAD_NAME, () -> directory.find(name));
        assertFails(Reason.BAD_NAME, () -> directory.openDirectory(name));
        assertFails(Reason.BAD_NAME, () -> directory.openFile(name));
        assertFails(Reason.BAD_NAME, () -> directory.readLink(name));
        assertFails(Reason.BAD_NAME, () -> directory.attributes(name));
        assertFails(Reason.BAD_NAME, () -> directory.createFile(name));
        assertFails(Reason.BAD_NAME, () -> directory.openForUpdate(name));
        assertFails(Reason.BAD_NAME, () -> directory.makeDirectory(name));
        assertFails(Reason.BAD_NAME, () -> directory.makeSymlink(name, good));
        assertFails(Reason.BAD_NAME, () -> directory.makeHardLink(directory, good, name));
        assertFails(Reason.BAD_NAME, () -> directory.makeHardLink(directory, name, bytes("new")));
        assertFails(Reason.BAD_NAME, () -> directory.makeNode(name, FileType.FIFO, DeviceNumber.NONE));
        assertFails(Reason.BAD_NAME, () -> directory.remove(name));
        assertFails(Reason.BAD_NAME, () -> directory.removeDirectory(name));
        assertFails(Reason.BAD_NAME, () -> directory.rename(good, directory, name));
        assertFails(Reason.BAD_NAME, () -> directory.rename(name, directory, bytes("new")));
        assertFails(Reason.BAD_NAME, () -> directory.clearProtection(name));
        assertFails(Reason.BAD_NAME, () -> directory.setMode(name, 0600));
        FileMetadata metadata = metadata(directory.status());
        assertFails(Reason.BAD_NAME, () -> directory.applyMetadata(name, metadata));
    }

    @Test
    void refusesPathsThatAreNotAbsolute() {
        assertFails(Reason.BAD_NAME, () -> files.openDirectory(bytes("relative")));
        assertFails(Reason.BAD_NAME, () -> files.openDirectory(bytes("")));
    }

    @Test
    void followsNoLinkButInThePathTheUserNamed() throws IOException {
        directory.makeDirectory(bytes("d"));
        directory.createFile(bytes("f")).close();
        directory.makeSymlink(bytes("to-d"), bytes("d"));
        directory.makeSymlink(bytes("to-f"), bytes("f"));
        directory.makeSymlink(bytes("dangling"), bytes("target"));
        assertFails(Reason.OTHER_TYPE, () -> directory.openDirectory(bytes("to-d")));
        assertFails(Reason.OTHER_TYPE, () -> directory.openFile(bytes("to-f")));
        assertFails(Reason.OTHER_TYPE, () -> directory.openForUpdate(bytes("to-f")));
        assertFails(Reason.EXISTS, () -> directory.createFile(bytes("dangling")));
        assertThat(directory.stat(bytes("to-f")).type()).isEqualTo(FileType.SYMLINK);
        assertThat(directory.readLink(bytes("to-d"))).isEqualTo(bytes("d"));
        assertFails(Reason.OTHER_TYPE, () -> directory.readLink(bytes("f")));
        assertFails(
                Reason.OTHER_TYPE, () -> directory.applyMetadata(bytes("to-f"), metadata(directory.stat(bytes("f")))));
        try (Directory named = files.openDirectory(pathBytes(temporary.resolve("to-d")))) {
            assertThat(named.status().inode())
                    .isEqualTo(directory.stat(bytes("d")).inode());
        }
    }

    @Test
    void opensOnlyTheExpectedType() throws IOException {
        directory.makeDirectory(bytes("d"));
        directory.createFile(bytes("f")).close();
        assertFails(Reason.OTHER_TYPE, () -> directory.openDirectory(bytes("f")));
        assertFails(Reason.OTHER_TYPE, () -> directory.openFile(bytes("d")));
        assertFails(Reason.OTHER_TYPE, () -> directory.openForUpdate(bytes("d")));
        assertFails(Reason.OTHER_TYPE, () -> directory.remove(bytes("d")));
        assertFails(Reason.OTHER_TYPE, () -> directory.removeDirectory(bytes("f")));
        assertFails(Reason.EXISTS, () -> directory.makeDirectory(bytes("f")));
        assertFails(Reason.OTHER_TYPE, () -> files.openDirectory(pathBytes(temporary.resolve("f"))));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void writesAndReadsAtAnyOffset(boolean direct) throws IOException {
        byte[] content = new byte[200_000];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) ((i * 31) >> 3);
        }
        ByteBuffer source = buffer(direct, content.length).put(content).flip();
        try (WritableFile file = directory.createFile(bytes("f"))) {
            file.write(source, 5);
            assertThat(source.hasRemaining()).isFalse();
            file.sync();
        }
        try (OpenFile file = directory.openFile(bytes("f"))) {
            assertThat(file.statusAtOpen().sizeBytes()).isEqualTo(content.length + 5);
            ByteBuffer target = buffer(direct, content.length + 100).position(50);
            assertThat(file.read(target, 5)).isEqualTo(content.length);
            assertThat(target.position()).isEqualTo(50 + content.length);
            byte[] back = new byte[content.length];
            target.flip().position(50).get(back);
            assertThat(Arrays.equals(back, content)).isTrue();
            assertThat(file.read(buffer(direct, 10), content.length + 5)).isZero();
            assertThat(file.read(buffer(direct, 10), content.length + 500)).isZero();
            assertThat(file.read(buffer(direct, 0), 0)).isZero();
            assertThat(file.read(buffer(direct, 10), content.length)).isEqualTo(5);
        }
    }

    private static ByteBuffer buffer(boolean direct, int sizeBytes) {
        return direct ? ByteBuffer.allocateDirect(sizeBytes) : ByteBuffer.allocate(sizeBytes);
    }

    @Test
    void readsOnInAFileThatGrew() throws IOException {
        Path path = Files.writeString(temporary.resolve("log"), "one");
        try (OpenFile file = directory.openFile(bytes("log"))) {
            Files.writeString(path, "one two");
            ByteBuffer target = ByteBuffer.allocate(100);
            int first = file.read(target, 0);
            int second = file.read(target, first);
            assertThat(first + second).isEqualTo(7);
            assertThat(file.status().isUnchangedSince(file.statusAtOpen())).isFalse();
        }
    }

    @Test
    void updatesFilesInPlace() throws IOException {
        Path path = Files.writeString(temporary.resolve("f"), "abcdef");
        try (WritableFile file = directory.openForUpdate(bytes("f"))) {
            file.write(ByteBuffer.wrap(new byte[] {'X'}), 2);
            file.truncate(4);
            assertThat(Files.readString(path)).isEqualTo("abXd");
            file.truncate(6);
            assertThat(Files.readAllBytes(path)).containsExactly('a', 'b', 'X', 'd', 0, 0);
        }
    }

    @Test
    void tellsDataFromHoles() throws IOException {
        try (WritableFile file = directory.createFile(bytes("sparse"))) {
            file.write(ByteBuffer.wrap(new byte[65_536]), 1 << 20);
            file.truncate(3 << 20);
            boolean holes = can(Capability.HOLES);
            assertThat(file.nextData(0)).isEqualTo(holes ? 1 << 20 : 0);
            assertThat(file.nextHole(1 << 20)).isEqualTo(holes ? (1 << 20) + 65_536 : 3 << 20);
            assertThat(file.nextData(2 << 20)).isEqualTo(holes ? -1 : 2 << 20);
            assertThat(file.nextData(3 << 20)).isEqualTo(-1);
            assertThat(file.nextHole(3 << 20)).isEqualTo(-1);
            if (file.punchHole(1 << 20, 65_536)) {
                assertThat(file.nextData(0)).isEqualTo(-1);
                assertThat(file.status().mayHaveHoles()).isTrue();
            } else {
                assertThat(holes).isFalse();
            }
            assertThat(file.status().sizeBytes()).isEqualTo(3 << 20);
            file.adviseSequential();
            file.dropCache(0, 0);
        }
    }

    @Test
    void makesHardLinks() throws IOException {
        directory.createFile(bytes("one")).close();
        directory.makeDirectory(bytes("d"));
        try (Directory child = directory.openDirectory(bytes("d"))) {
            child.makeHardLink(directory, bytes("one"), bytes("two"));
            FileStatus two = child.stat(bytes("two"));
            assertThat(two.isSameFileAs(directory.stat(bytes("one")))).isTrue();
            assertThat(two.linkCount()).isEqualTo(2);
            assertFails(Reason.EXISTS, () -> child.makeHardLink(directory, bytes("one"), bytes("two")));
        }
        directory.makeSymlink(bytes("link"), bytes("target"));
        directory.makeHardLink(directory, bytes("link"), bytes("link2"));
        assertThat(directory.readLink(bytes("link2"))).isEqualTo(bytes("target"));
    }

    @Test
    void makesFifosOrSaysThatItCannot() throws IOException {
        if (can(Capability.SPECIAL_FILES)) {
            directory.makeNode(bytes("fifo"), FileType.FIFO, DeviceNumber.NONE);
            assertThat(directory.stat(bytes("fifo")).type()).isEqualTo(FileType.FIFO);
            assertFails(Reason.OTHER_TYPE, () -> directory.openFile(bytes("fifo")));
            assertFails(Reason.OTHER_TYPE, () -> directory.openForUpdate(bytes("fifo")));
        } else {
            assertFails(Reason.UNSUPPORTED, () -> directory.makeNode(bytes("fifo"), FileType.FIFO, DeviceNumber.NONE));
        }
    }

    @Test
    void renamesOverWhatIsThere() throws IOException {
        Files.writeString(temporary.resolve("new"), "new");
        Files.writeString(temporary.resolve("old"), "old");
        directory.rename(bytes("new"), directory, bytes("old"));
        assertThat(Files.readString(temporary.resolve("old"))).isEqualTo("new");
        assertThat(directory.find(bytes("new"))).isEmpty();
    }

    @Test
    void removesOnlyEmptyDirectories() throws IOException {
        directory.makeDirectory(bytes("d"));
        Path inside = Files.createFile(temporary.resolve("d/f"));
        assertFails(Reason.EXISTS, () -> directory.removeDirectory(bytes("d")));
        Files.delete(inside);
        directory.removeDirectory(bytes("d"));
        assertThat(directory.entries()).isEmpty();
    }

    @Test
    void appliesTimesToEveryType() throws IOException {
        directory.makeDirectory(bytes("d"));
        directory.makeSymlink(bytes("l"), bytes("target"));
        try (WritableFile file = directory.createFile(bytes("f"))) {
            assertThat(file.applyMetadata(withTime(file.status(), LONG_AGO))).isEmpty();
        }
        for (Bytes name : List.of(bytes("d"), bytes("l"), bytes("f"))) {
            FileStatus status = directory.stat(name);
            if (status.type() != FileType.SYMLINK || can(Capability.LINK_TIMES)) {
                for (Timestamp time : List.of(LONG_AGO, LATELY)) {
                    assertThat(directory.applyMetadata(name, withTime(status, time)))
                            .isEmpty();
                    assertThat(directory.stat(name).modified()).isEqualTo(time);
                }
            }
        }
        assertThat(directory.applyMetadata(withTime(directory.status(), LONG_AGO)))
                .isEmpty();
        assertThat(directory.status().modified()).isEqualTo(LONG_AGO);
    }

    @Test
    void appliesOwnerAndMode() throws IOException {
        if (!can(Capability.OWNERS_AND_MODES)) {
            return;
        }
        directory.createFile(bytes("f")).close();
        FileMetadata wanted = new FileMetadata(
                FileType.REGULAR, 06754, 12_345, 4_294_967_294L, LONG_AGO, List.of(), 0, DeviceNumber.NONE, null);
        assertThat(directory.applyMetadata(bytes("f"), wanted)).isEmpty();
        FileStatus status = directory.stat(bytes("f"));
        assertThat(status.mode()).isEqualTo(06754);
        assertThat(status.uid()).isEqualTo(12_345);
        assertThat(status.gid()).isEqualTo(4_294_967_294L);
        FileMetadata keep = new FileMetadata(
                FileType.REGULAR,
                0600,
                FileMetadata.KEEP_OWNER,
                FileMetadata.KEEP_OWNER,
                LONG_AGO,
                List.of(),
                0,
                DeviceNumber.NONE,
                null);
        assertThat(directory.applyMetadata(bytes("f"), keep)).isEmpty();
        assertThat(directory.stat(bytes("f")).uid()).isEqualTo(12_345);
    }

    @Test
    void appliesAttributesAndRemovesOthers() throws IOException {
        if (!can(Capability.USER_ATTRIBUTES)) {
            return;
        }
        ExtendedAttribute empty = new ExtendedAttribute(bytes("user.empty"), bytes(""));
        ExtendedAttribute value = new ExtendedAttribute(bytes("user.value"), Bytes.wrap(new byte[] {0, -1, 7}));
        ExtendedAttribute other = new ExtendedAttribute(bytes("user.other"), bytes("x"));
        directory.makeDirectory(bytes("d"));
        try (WritableFile file = directory.createFile(bytes("f"));
                Directory child = directory.openDirectory(bytes("d"))) {
            assertThat(file.applyMetadata(FileMetadata.of(file.status(), List.of(empty, other), 0, null)))
                    .isEmpty();
            assertThat(file.applyMetadata(FileMetadata.of(file.status(), List.of(empty, value), 0, null)))
                    .isEmpty();
            assertThat(file.attributes()).containsExactly(empty, value);
            assertThat(directory.attributes(bytes("f"))).containsExactly(empty, value);
            assertThat(child.applyMetadata(FileMetadata.of(child.status(), List.of(value), 0, null)))
                    .isEmpty();
            assertThat(child.attributes()).containsExactly(value);
        }
    }

    @Test
    void reportsWhatCannotBeSet() throws IOException {
        ExtendedAttribute odd = new ExtendedAttribute(bytes("nonsense.a"), bytes("x"));
        try (WritableFile file = directory.createFile(bytes("f"))) {
            FileMetadata wanted = FileMetadata.of(file.status(), List.of(odd), 0, null);
            assertThat(file.applyMetadata(wanted)).singleElement().satisfies(failure -> {
                assertThat(failure.aspect()).isEqualTo(NotApplied.Aspect.ATTRIBUTE);
                assertThat(failure.detail()).isEqualTo("nonsense.a");
                assertThat(failure.cause().reason()).isEqualTo(Reason.UNSUPPORTED);
                assertThat(failure.toString()).contains("attribute nonsense.a", "'f'");
            });
        }
    }

    @Test
    void keepsADirectoryOpenUntilItsLastHandleIsClosed() throws IOException {
        directory.makeDirectory(bytes("d"));
        Directory first = directory.openDirectory(bytes("d"));
        Directory second = first.retain();
        first.close();
        first.close();
        second.createFile(bytes("f")).close();
        assertThat(second.entries()).hasSize(1);
        assertThatIllegalStateException().isThrownBy(first::entries);
        assertThatIllegalStateException().isThrownBy(first::retain);
        second.close();
        assertThatIllegalStateException().isThrownBy(() -> second.stat(bytes("f")));
    }

    @Test
    void refusesClosedFiles() throws IOException {
        WritableFile file = directory.createFile(bytes("f"));
        file.close();
        file.close();
        assertThatIllegalStateException().isThrownBy(() -> file.read(ByteBuffer.allocate(1), 0));
        assertThatIllegalStateException().isThrownBy(() -> file.write(ByteBuffer.allocate(1), 0));
        assertThatIllegalStateException().isThrownBy(file::status);
    }

    @Test
    void knowsTheFileSystem() throws IOException {
        FileSystemStatus status = directory.fileSystem();
        assertThat(status.totalBytes()).isPositive();
        assertThat(status.availableBytes()).isBetween(0L, status.totalBytes());
        directory.sync();
    }

    @Test
    void makesThingsNobodyElseMayRead() throws IOException {
        directory.createFile(bytes("f")).close();
        directory.makeDirectory(bytes("d"));
        if (can(Capability.OWNERS_AND_MODES)) {
            assertThat(directory.stat(bytes("f")).mode()).isEqualTo(0600);
            assertThat(directory.stat(bytes("d")).mode()).isEqualTo(0700);
        }
        assertThat(Files.isDirectory(temporary.resolve("d"), LinkOption.NOFOLLOW_LINKS))
                .isTrue();
    }
}
