package io.holdfast.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.core.ByteSize;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A small real file system in an image file, mounted through a loop device. Needs root. */
final class LoopMount implements AutoCloseable {
    private final Path image;
    private final Path mountPoint;
    private final String device;

    private LoopMount(Path image, Path mountPoint, String device) {
        this.image = image;
        this.mountPoint = mountPoint;
        this.device = device;
    }

    static LoopMount ext4(Path directory, ByteSize size) throws IOException {
        // No blocks kept for root, who runs this test; no lazy initialisation, which would write when it likes.
        return mount(
                directory,
                size,
                List.of("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0"),
                List.of("mount", "-t", "ext4"));
    }

    static LoopMount xfs(Path directory, ByteSize size) throws IOException {
        return mount(directory, size, List.of("mkfs.xfs", "-q", "-f"), List.of("mount", "-t", "xfs"));
    }

    static LoopMount btrfs(Path directory, ByteSize size) throws IOException {
        return mount(directory, size, List.of("mkfs.btrfs", "-q", "-f"), List.of("mount", "-t", "btrfs"));
    }

    static LoopMount exfat(Path directory, ByteSize size) throws IOException {
        return mount(directory, size, List.of("mkfs.exfat"), List.of("mount.exfat-fuse"));
    }

    private static LoopMount mount(Path directory, ByteSize size, List<String> mkfs, List<String> mount)
            throws IOException {
        Path image = directory.resolve("image");
        Path mountPoint = Files.createDirectories(directory.resolve("mnt"));
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(size.bytes());
        }
        run(with(mkfs, image.toString()));
        String device = run(List.of("losetup", "--find", "--show", image.toString()));
        try {
            run(with(mount, device, mountPoint.toString()));
        } catch (IOException e) {
            run(List.of("losetup", "--detach", device));
            throw e;
        }
        return new LoopMount(image, mountPoint, device);
    }

    Path path() {
        return mountPoint;
    }

    Path image() {
        return image;
    }

    /** Writes everything back, unmounts and mounts again, so that nothing is in the page cache. */
    void mountAgain(String... options) throws IOException {
        run(List.of("umount", mountPoint.toString()));
        run(with(
                List.of("mount"),
                with(Arrays.asList(options), device, mountPoint.toString()).toArray(String[]::new)));
    }

    /** Unmounts; the directory below it is empty. */
    void unmount() throws IOException {
        run(List.of("umount", mountPoint.toString()));
    }

    @Override
    public void close() throws IOException {
        // Lazily: a test that failed may have left files open; the loop device goes when the last user does.
        run(List.of("umount", "--lazy", "--quiet", mountPoint.toString()), 0, 1, 32);
        run(List.of("losetup", "--detach", device), 0, 1);
    }

    static String run(List<String> command, int... goodStatus) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        int status;
        try {
            status = process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(command.getFirst());
        }
        if (status != 0 && Arrays.stream(goodStatus).noneMatch(good -> good == status)) {
            throw new IOException(String.join(" ", command) + " ended with " + status + ": " + output);
        }
        return output;
    }

    private static List<String> with(List<String> command, String... more) {
        List<String> whole = new ArrayList<>(command);
        whole.addAll(Arrays.asList(more));
        return whole;
    }
}
