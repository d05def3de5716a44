package io.holdfast.sources.files;

import static io.holdfast.sources.files.HostFilesContract.bytes;
import static io.holdfast.sources.files.HostFilesContract.pathBytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.HostFileException.Reason;
import io.holdfast.sources.fixture.Command;
import io.holdfast.sources.fixture.LoopFileSystem;
import io.holdfast.sources.fixture.LoopFileSystem.Kind;
import io.holdfast.sources.fixture.TreeComparison;
import io.holdfast.sources.fixture.TreeFixture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Reading and writing real file systems, compared by the system's own tools. */
@Tag("root")
class RealFileSystemsTest {
    private final HostFiles files = new LinuxHostFiles();

    private List<NotApplied> copy(Path from, Path to) throws IOException {
        try (Directory source = files.openDirectory(pathBytes(from));
                Directory target = files.openDirectory(pathBytes(to));
                TreeCopy copy = new TreeCopy()) {
            return copy.copy(source, target);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void copiesEverythingThatTheFileSystemKeeps(Kind kind) throws IOException {
        try (LoopFileSystem fileSystem = LoopFileSystem.create(kind)) {
            Path from = fileSystem.makeDirectory("from");
            Path to = fileSystem.makeDirectory("to");
            TreeFixture.populate(from, kind);
            // What is made in this directory inherits an ACL and a flag that the originals do not have.
            Command.run("setfacl", "-m", "d:u:1005:rwx,u:1005:rwx", to.toString());
            Command.run("chattr", "+d", to.toString());
            assertThat(copy(from, to)).isEmpty();
            assertThat(TreeComparison.differences(from, to, Set.of())).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(value = Kind.class, names = "EXT4", mode = EnumSource.Mode.EXCLUDE)
    void copiesToAnotherKindAndReportsTheFlagsItLacks(Kind kind) throws IOException {
        try (LoopFileSystem source = LoopFileSystem.create(Kind.EXT4);
                LoopFileSystem target = LoopFileSystem.create(kind)) {
            Path from = source.makeDirectory("from");
            Path to = target.makeDirectory("to");
            TreeFixture.populate(from, Kind.EXT4);
            List<NotApplied> notApplied = copy(from, to);
            assertThat(notApplied).allMatch(failure -> failure.aspect() == NotApplied.Aspect.FLAGS);
            List<String> differences = TreeComparison.differences(from, to, Set.of());
            assertThat(differences).allMatch(line -> line.contains(" flags: ")).hasSameSizeAs(notApplied);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void appliesTwiceWhatItAppliedOnce(Kind kind) throws IOException {
        try (LoopFileSystem fileSystem = LoopFileSystem.create(kind);
                Directory root = files.openDirectory(pathBytes(fileSystem.mountPoint()))) {
            Path path = Files.writeString(fileSystem.mountPoint().resolve("f"), "x");
            Command.run("setfacl", "-m", "u:1001:rwx,m::r", path.toString());
            Command.run("setcap", "cap_net_raw=ep", path.toString());
            List<ExtendedAttribute> attributes = root.attributes(bytes("f"));
            assertThat(attributes)
                    .extracting(ExtendedAttribute::name)
                    .containsExactly(bytes("security.capability"), bytes("system.posix_acl_access"));
            FileMetadata metadata = FileMetadata.of(root.stat(bytes("f")), attributes, FileFlags.NO_DUMP, null);
            assertThat(root.applyMetadata(bytes("f"), metadata)).isEmpty();
            FileStatus once = root.stat(bytes("f"));
            assertThat(root.applyMetadata(bytes("f"), metadata)).isEmpty();
            assertThat(root.stat(bytes("f")).mode()).isEqualTo(once.mode());
            assertThat(root.attributes(bytes("f"))).isEqualTo(attributes);
            try (OpenFile file = root.openFile(bytes("f"))) {
                assertThat(file.flags() & FileFlags.KEPT).isEqualTo(FileFlags.NO_DUMP);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void seesAndClearsWhatForbidsChanges(Kind kind) throws IOException {
        try (LoopFileSystem fileSystem = LoopFileSystem.create(kind);
                Directory root = files.openDirectory(pathBytes(fileSystem.mountPoint()))) {
            for (String letter : List.of("a", "i")) {
                Bytes name = bytes("protected-" + letter);
                Path path = Files.writeString(fileSystem.mountPoint().resolve("protected-" + letter), "x");
                Command.run("chattr", "+" + letter, path.toString());
                assertThat(root.stat(name).flags() & FileFlags.PROTECTIVE).isNotZero();
                assertFails(Reason.DENIED, () -> {
                    try (WritableFile file = root.openForUpdate(name)) {
                        file.truncate(0);
                    }
                });
                assertFails(Reason.DENIED, () -> root.remove(name));
                assertThat(root.clearProtection(name)).isTrue();
                assertThat(root.clearProtection(name)).isFalse();
                root.remove(name);
            }
            Path child = Files.createDirectory(fileSystem.mountPoint().resolve("d"));
            Command.run("chattr", "+i", child.toString());
            try (Directory directory = root.openDirectory(bytes("d"))) {
                assertFails(Reason.DENIED, () -> directory.createFile(bytes("f")));
                assertThat(directory.clearProtection()).isTrue();
                directory.createFile(bytes("f")).close();
            }
        }
    }

    @Test
    void setsBeforeThereIsContentWhatCannotBeSetAfter() throws IOException {
        try (LoopFileSystem fileSystem = LoopFileSystem.create(Kind.BTRFS);
                Directory root = files.openDirectory(pathBytes(fileSystem.mountPoint()));
                WritableFile file = root.createFile(bytes("f"))) {
            assertThat(file.applyFlagsBeforeContent(FileFlags.NO_COPY_ON_WRITE | FileFlags.IMMUTABLE))
                    .isTrue();
            file.write(ByteBuffer.allocate(10_000), 0);
            assertThat(file.flags() & FileFlags.KEPT).isEqualTo(FileFlags.NO_COPY_ON_WRITE);
            assertThat(file.applyFlagsBeforeContent(FileFlags.CASE_FOLDED)).isFalse();
            // Restored without that flag into a place that stores so: it stays.
            assertThat(file.applyMetadata(FileMetadata.of(file.status(), List.of(), 0, null)))
                    .isEmpty();
            assertThat(file.flags() & FileFlags.KEPT).isEqualTo(FileFlags.NO_COPY_ON_WRITE);
        }
    }

    @Test
    void listsAHundredThousandNames() throws IOException {
        try (LoopFileSystem fileSystem = LoopFileSystem.create(Kind.EXT4);
                Directory root = files.openDirectory(pathBytes(fileSystem.mountPoint()))) {
            root.makeDirectory(bytes("many"));
            int count = 100_000;
            try (Directory many = root.openDirectory(bytes("many"))) {
                many.createFile(bytes("first")).close();
                // Links to a few inodes: the image has not room for that many inodes, and ext4 takes 65,000 links to
                // each.
                Bytes existing = bytes("first");
                for (int i = 1; i < count; i++) {
                    if (i % 50_000 == 0) {
                        existing = bytes("first-" + i);
                        many.createFile(existing).close();
                    } else {
                        many.makeHardLink(many, existing, bytes("name " + i));
                    }
                }
                List<DirectoryEntry> entries = many.entries();
                assertThat(entries).hasSize(count).isSorted();
                assertThat(Set.copyOf(entries)).hasSize(count);
                assertThat(many.entries()).isEqualTo(entries);
            }
        }
    }

    @Test
    void opensAPathLongerThanTheSystemTakes() throws IOException {
        try (LoopFileSystem fileSystem = LoopFileSystem.create(Kind.TMPFS)) {
            StringBuilder path = new StringBuilder(fileSystem.mountPoint().toString());
            try (Directory root = files.openDirectory(pathBytes(fileSystem.mountPoint()))) {
                Directory at = root.retain();
                for (int i = 0; i < 60; i++) {
                    String name = i + "-" + "n".repeat(200);
                    at.makeDirectory(bytes(name));
                    try (Directory parent = at) {
                        at = parent.openDirectory(bytes(name));
                    }
                    path.append(i % 7 == 0 ? "//" : "/").append(name);
                }
                at.createFile(bytes("bottom")).close();
                at.close();
            }
            for (String end : List.of("", "/", "///")) {
                try (Directory deep = files.openDirectory(bytes(path + end))) {
                    assertThat(deep.entries()).extracting(DirectoryEntry::name).containsExactly(bytes("bottom"));
                }
            }
        }
    }

    @Test
    void tellsFileSystemsAndMountsApart() throws IOException {
        try (LoopFileSystem fileSystem = LoopFileSystem.create(Kind.XFS)) {
            Path home = fileSystem.mountPoint().resolveSibling("");
            try (Directory parent =
                    files.openDirectory(pathBytes(home.toAbsolutePath().normalize()))) {
                FileStatus above = parent.status();
                FileStatus mounted = parent.stat(bytes("mnt"));
                assertThat(mounted.mountRoot()).isTrue();
                assertThat(mounted.device()).isNotEqualTo(above.device());
                assertThat(mounted.mountId()).isNotEqualTo(above.mountId());
                try (Directory child = parent.openDirectory(bytes("mnt"))) {
                    assertThat(child.fileSystem().kind()).isEqualTo(0x58465342);
                }
            }
        }
    }

    @Test
    void saysThatAFileSystemIsFull() throws IOException {
        try (LoopFileSystem fileSystem = LoopFileSystem.create(Kind.TMPFS);
                Directory root = files.openDirectory(pathBytes(fileSystem.mountPoint()))) {
            Command.run(
                    "mount", "-o", "remount,size=1m", fileSystem.mountPoint().toString());
            try (WritableFile file = root.createFile(bytes("f"))) {
                assertThatExceptionOfType(HostFileException.class)
                        .isThrownBy(() -> file.write(ByteBuffer.allocateDirect(4 << 20), 0))
                        .satisfies(e -> assertThat(e.isNoSpace()).isTrue());
            }
            Command.run("mount", "-o", "remount,ro", fileSystem.mountPoint().toString());
            assertFails(Reason.READ_ONLY, () -> root.createFile(bytes("g")));
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void agreesWithStat(Kind kind) throws IOException {
        try (LoopFileSystem fileSystem = LoopFileSystem.create(kind);
                Directory root = files.openDirectory(pathBytes(fileSystem.mountPoint()))) {
            Path path = Files.writeString(fileSystem.mountPoint().resolve("f"), "x".repeat(100_000));
            Path link = Files.createLink(fileSystem.mountPoint().resolve("g"), path);
            Command.run("sync", link.toString());
            FileStatus status = root.stat(bytes("f"));
            String expected = Command.run("stat", "-c", "%i %h %s %b %Z %W %Hd:%Ld %a", path.toString());
            Timestamp born = status.born() == null ? Timestamp.EPOCH : status.born();
            assertThat(expected.strip())
                    .isEqualTo("%d %d %d %d %d %d %d:%d %o"
                            .formatted(
                                    status.inode(),
                                    status.linkCount(),
                                    status.sizeBytes(),
                                    status.allocatedBytes() / 512,
                                    status.changed().seconds(),
                                    born.seconds(),
                                    status.device() >>> 32,
                                    status.device() & 0xffff_ffffL,
                                    status.mode()));
        }
    }

    @Test
    void namesAreBytesAlsoWhereTheyAreNoText() throws IOException {
        try (LoopFileSystem fileSystem = LoopFileSystem.create(Kind.XFS);
                Directory root = files.openDirectory(pathBytes(fileSystem.mountPoint()))) {
            byte[] longest = new byte[255];
            Arrays.fill(longest, (byte) 0xe9);
            root.createFile(Bytes.copyOf(longest)).close();
            assertThat(root.entries()).extracting(DirectoryEntry::name).containsExactly(Bytes.copyOf(longest));
            byte[] tooLong = new byte[256];
            Arrays.fill(tooLong, (byte) 'x');
            assertFails(Reason.BAD_NAME, () -> root.createFile(Bytes.copyOf(tooLong)));
        }
    }

    private static void assertFails(Reason reason, ThrowingCallable call) {
        assertThatExceptionOfType(HostFileException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.reason()).isEqualTo(reason));
    }
}
