package io.holdfast.sources.backup;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Who uses a block device or an image at the moment, as Linux says it in /proc and /sys. */
public final class VolumeUse {
    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
    private static final Path SWAPS = Path.of("/proc/swaps");
    private static final Path DEVICES = Path.of("/sys/dev/block");
    private static final Path BLOCK = Path.of("/sys/block");
    private static final int S_IFMT = 0170000;
    private static final int S_IFBLK = 0060000;

    private VolumeUse() {}

    public static boolean isBlockDevice(Path path) throws IOException {
        return ((int) Files.getAttribute(path, "unix:mode") & S_IFMT) == S_IFBLK;
    }

    /**
     * What writes to this block device, or to one that lies on it, a partition or a mapping: a mount point or swap space. On a file, these are the loop devices
     * that it was given to.
     *
     * @return empty where nothing does
     */
    public static Optional<String> writer(Path volume) {
        try {
            Set<String> numbers = new HashSet<>();
            if (isBlockDevice(volume)) {
                collect(numberOf(volume), numbers);
            }
            collectLoopDevices(volume, numbers);
            if (numbers.isEmpty()) {
                return Optional.empty();
            }
            for (String line : lines(MOUNTS)) {
                // 36 35 98:0 /root /mount/point options - type source superoptions (proc(5))
                String[] fields = line.split(" ");
                boolean isWritten = Set.of(fields[fields.length - 1].split(",")).contains("rw");
                if (isWritten && numbers.contains(fields[2])) {
                    return Optional.of("is mounted read-write at " + fields[4]);
                }
            }
            List<String> swaps = lines(SWAPS);
            for (String line : swaps.subList(Math.min(1, swaps.size()), swaps.size())) {
                Path swap = Path.of(line.split("\\s+")[0]);
                if (Files.exists(swap) && isBlockDevice(swap) && numbers.contains(numberOf(swap))) {
                    return Optional.of("is used as swap space");
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED, "who uses " + volume + " cannot be found out: " + e.getMessage(), null, e);
        }
    }

    /** Those to which this image or device was given, and so forth: a loop device may lie on another one. */
    private static void collectLoopDevices(Path volume, Set<String> numbers) throws IOException {
        if (!Files.isDirectory(BLOCK)) {
            return;
        }
        try (DirectoryStream<Path> loops = Files.newDirectoryStream(BLOCK, "loop*")) {
            for (Path loop : loops) {
                Path backing = loop.resolve("loop/backing_file");
                String number = Files.readString(loop.resolve("dev")).strip();
                if (!numbers.contains(number)
                        && Files.isReadable(backing)
                        && isAt(Files.readString(backing).strip(), volume)) {
                    collect(number, numbers);
                    collectLoopDevices(Path.of("/dev").resolve(loop.getFileName()), numbers);
                }
            }
        }
    }

    private static boolean isAt(String path, Path volume) throws IOException {
        return Files.exists(Path.of(path)) && Files.isSameFile(Path.of(path), volume);
    }

    /** The device, its partitions, and what is mapped onto them. */
    private static void collect(String number, Set<String> numbers) throws IOException {
        if (!numbers.add(number)) {
            return;
        }
        Path device = DEVICES.resolve(number).toRealPath();
        List<Path> above = new ArrayList<>();
        try (DirectoryStream<Path> children =
                Files.newDirectoryStream(device, child -> Files.exists(child.resolve("partition")))) {
            children.forEach(above::add);
        }
        Path holders = device.resolve("holders");
        if (Files.isDirectory(holders)) {
            try (DirectoryStream<Path> mapped = Files.newDirectoryStream(holders)) {
                mapped.forEach(above::add);
            }
        }
        for (Path each : above) {
            collect(Files.readString(each.toRealPath().resolve("dev")).strip(), numbers);
        }
    }

    private static String numberOf(Path device) throws IOException {
        long rdev = (long) Files.getAttribute(device, "unix:rdev");
        long major = ((rdev >>> 8) & 0xFFF) | ((rdev >>> 32) & ~0xFFFL);
        long minor = (rdev & 0xFF) | ((rdev >>> 12) & ~0xFFL & 0xFFFFFFFFL);
        return major + ":" + minor;
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.isReadable(file) ? Files.readAllLines(file, StandardCharsets.UTF_8) : List.of();
    }
}
