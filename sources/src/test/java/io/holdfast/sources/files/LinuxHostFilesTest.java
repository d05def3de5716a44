package io.holdfast.sources.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.HostFileException.Reason;
import io.holdfast.sources.files.NotApplied.Aspect;
import io.holdfast.sources.fixture.Command;
import io.holdfast.sources.fixture.OtherUser;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LinuxHostFilesTest extends HostFilesContract {
    private static final int NOBODY = 65_534;

    private final LinuxHostFiles linux = new LinuxHostFiles();

    @Override
    HostFiles create() {
        return new LinuxHostFiles();
    }

    @Override
    Set<Capability> expectedCapabilities() {
        return EnumSet.allOf(Capability.class);
    }

    private Directory open() throws IOException {
        return linux.openDirectory(pathBytes(temporary));
    }

    @Test
    void isChosenWhereItsSystemCallsAreKnown() {
        assertThat(HostFiles.ofThisSystem()).isInstanceOf(LinuxHostFiles.class);
        assertThat(LinuxHostFiles.isSupported("Linux", "aarch64")).isTrue();
        assertThat(LinuxHostFiles.isSupported("Linux", "riscv64")).isFalse();
        assertThat(LinuxHostFiles.isSupported("Mac OS X", "aarch64")).isFalse();
    }

    @Test
    void keepsAnOpenDirectoryWhereItsPathIsSwappedForALink() throws IOException {
        try (Directory directory = open()) {
            directory.makeDirectory(bytes("d"));
            directory.makeDirectory(bytes("trap"));
            try (Directory child = directory.openDirectory(bytes("d"))) {
                directory.rename(bytes("d"), directory, bytes("moved"));
                directory.makeSymlink(bytes("d"), bytes("trap"));
                child.createFile(bytes("f")).close();
            }
            assertThat(temporary.resolve("moved/f")).exists();
            assertThat(temporary.resolve("trap")).isEmptyDirectory();
        }
    }

    @Test
    void leavesTheAccessTimeAlone() throws IOException {
        Path path = Files.writeString(temporary.resolve("f"), "content");
        // Older than the last change, so that "relatime" would update it on the first read.
        Command.run("touch", "-a", "-d", "2001-01-01", path.toString());
        String before = Command.run("stat", "-c", "%X", path.toString());
        try (Directory directory = open();
                OpenFile file = directory.openFile(bytes("f"))) {
            assertThat(file.read(ByteBuffer.allocate(100), 0)).isEqualTo(7);
        }
        assertThat(Command.run("stat", "-c", "%X", path.toString())).isEqualTo(before);
    }

    @Test
    void usesTheSameBytesInManyThreads() throws Exception {
        try (Directory directory = open()) {
            int threads = 8;
            for (int i = 0; i < threads; i++) {
                Files.writeString(temporary.resolve("f" + i), "x".repeat(i + 1));
            }
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread[] running = new Thread[threads];
            for (int i = 0; i < threads; i++) {
                int own = i;
                Directory handle = directory.retain();
                running[i] = Thread.ofVirtual().start(() -> {
                    try (handle) {
                        for (int round = 0; round < 500; round++) {
                            assertThat(handle.stat(bytes("f" + own)).sizeBytes())
                                    .isEqualTo(own + 1);
                            assertThat(handle.entries()).hasSize(threads);
                        }
                    } catch (IOException | AssertionError e) {
                        failure.set(e);
                    }
                });
            }
            for (Thread thread : running) {
                thread.join();
            }
            assertThat(failure).hasNullValue();
        }
    }

    @Test
    void waitsForALeaseToBeGivenBack() throws Exception {
        Path path = Files.writeString(temporary.resolve("leased"), "content");
        Files.setAttribute(path, "unix:mode", 0644);
        // As Samba does: holds a lease until the kernel asks for it (F_SETLEASE 1024, F_WRLCK 1, F_UNLCK 2).
        String holder = """
                import fcntl, os, signal, sys, time
                fd = os.open(sys.argv[1], os.O_RDWR)
                def give_back(*_):
                    fcntl.fcntl(fd, 1024, 2)
                    os._exit(0)
                signal.signal(signal.SIGIO, give_back)
                fcntl.fcntl(fd, 1024, 1)
                print("leased", flush=True)
                while True:
                    time.sleep(1)
                """;
        Process process = new ProcessBuilder("python3", "-c", holder, path.toString()).start();
        try (BufferedReader output = process.inputReader();
                Directory directory = open()) {
            assertThat(output.readLine()).isEqualTo("leased");
            try (OpenFile file = directory.openFile(bytes("leased"))) {
                assertThat(file.statusAtOpen().sizeBytes()).isEqualTo(7);
            }
            assertThat(process.waitFor()).isZero();
        } finally {
            process.destroy();
        }
    }

    @Test
    @Tag("root")
    void saysWhatAnotherUserMayNotRead() throws Exception {
        Files.setAttribute(temporary, "unix:mode", 0755);
        Files.writeString(temporary.resolve("secret"), "x");
        Files.setAttribute(temporary.resolve("secret"), "unix:mode", 0600);
        Files.createDirectory(temporary.resolve("closed"));
        Files.setAttribute(temporary.resolve("closed"), "unix:mode", 0700);
        Files.writeString(temporary.resolve("readable"), "content");
        Files.setAttribute(temporary.resolve("readable"), "unix:mode", 0644);
        try (Directory directory = open()) {
            asNobody(() -> {
                assertDenied(() -> directory.openFile(bytes("secret")));
                assertDenied(() -> directory.openDirectory(bytes("closed")));
                assertDenied(() -> directory.createFile(bytes("new")));
                assertThat(directory.stat(bytes("secret")).sizeBytes()).isOne();
                // O_NOATIME is for owners only: it must not keep others from reading.
                try (OpenFile file = directory.openFile(bytes("readable"))) {
                    assertThat(file.read(ByteBuffer.allocate(100), 0)).isEqualTo(7);
                }
                return true;
            });
        }
    }

    @Test
    @Tag("root")
    void restoresAsAnotherUserWhatThatUserMay() throws Exception {
        Files.setAttribute(temporary, "unix:mode", 0777);
        ExtendedAttribute attribute = new ExtendedAttribute(bytes("user.a"), bytes("b"));
        Timestamp time = new Timestamp(-7, 999_999_999);
        FileMetadata ofRoot = new FileMetadata(
                FileType.REGULAR, 04555, 0, 0, time, List.of(attribute), FileFlags.IMMUTABLE, DeviceNumber.NONE, null);
        FileMetadata own = new FileMetadata(
                FileType.REGULAR, 0444, NOBODY, NOBODY, time, List.of(attribute), 0, DeviceNumber.NONE, null);
        try (Directory directory = open()) {
            asNobody(() -> {
                try (WritableFile file = directory.createFile(bytes("f"))) {
                    assertThat(file.applyMetadata(ofRoot))
                            .extracting(NotApplied::aspect)
                            .containsExactly(Aspect.OWNER, Aspect.MODE, Aspect.FLAGS);
                }
                try (WritableFile file = directory.createFile(bytes("own"))) {
                    assertThat(file.applyMetadata(own)).isEmpty();
                    assertThat(file.attributes()).containsExactly(attribute);
                }
                // Nobody may open it to write, but its owner may still set its metadata.
                assertThat(directory.applyMetadata(bytes("own"), own)).isEmpty();
                return true;
            });
            FileStatus status = directory.stat(bytes("f"));
            // Without the right owner a set-user-id program would run as the wrong one.
            assertThat(status.mode()).isEqualTo(0555);
            assertThat(status.uid()).isEqualTo(NOBODY);
            assertThat(status.modified()).isEqualTo(time);
            assertThat(directory.attributes(bytes("f"))).containsExactly(attribute);
            assertThat(directory.stat(bytes("own")).mode()).isEqualTo(0444);
        }
    }

    private static void asNobody(Callable<Boolean> body) throws Exception {
        assertThat(OtherUser.call(NOBODY, NOBODY, body)).isTrue();
    }

    private static void assertDenied(ThrowingCallable call) {
        assertThatExceptionOfType(HostFileException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.DENIED))
                .withMessageContaining("permission denied (EACCES)");
    }

    @Test
    void printsNamesThatAreNoText() {
        assertThat(PrintableName.of(Bytes.wrap(new byte[] {'a', (byte) 0xff, (byte) 0xc3, 'b', (byte) 0xc3})))
                .isEqualTo("a\\xff\\xc3b\\xc3");
        assertThat(PrintableName.of(bytes("ünï\n😀"))).isEqualTo("ünï\\x0a😀");
        assertThat(PrintableName.of(bytes(""))).isEmpty();
    }
}
