package io.holdfast.sources.files;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much this process gives way to others that want the processors, and with the usual schedulers the disks. */
public final class ProcessPriority {
    /** What setpriority(2) knows as the least. */
    public static final int MAX_NICE = 19;

    private static final Path THREADS = Path.of("/proc/self/task");

    private ProcessPriority() {}

    /**
     * Lowers the priority of all threads that there are; those to come inherit it. On Linux, a nice value belongs to a thread
     * (setpriority(2), C library/kernel differences), and the kernel takes the priority of its reads and writes from it (ioprio_set(2)).
     *
     * @param nice 0 to {@value #MAX_NICE}; lower than now is refused by the kernel unless the user may
     * @throws HoldfastException {@code FAILED} where the system has no such thing or refuses it
     */
    public static void lower(int nice) {
        if (!Files.isDirectory(THREADS)) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    "priorities cannot be set on this system",
                    "Leave out --nice, and start it with a lower priority.");
        }
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
            for (Path thread : threads) {
                int error = -LinuxCalls.setPriority(
                        Scratch.current(), Integer.parseInt(thread.getFileName().toString()), nice);
                // One that has ended since needs no priority.
                if (error > 0 && error != Errno.ESRCH) {
                    throw new HoldfastException(
                            ErrorCode.FAILED,
                            "the priority cannot be set to " + nice + ": "
                                    + (error == Errno.EACCES || error == Errno.EPERM
                                            ? "it is lower than that already"
                                            : "error " + error));
                }
            }
        } catch (IOException e) {
            throw new HoldfastException(ErrorCode.FAILED, "the priority cannot be set: " + e.getMessage(), null, e);
        }
    }
}
