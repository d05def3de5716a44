package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import java.lang.foreign.MemorySegment;

/** The ways in which files are opened, open(2). Each returns a descriptor or a negated {@link Errno}. */
final class LinuxOpen {
    private static final int O_RDONLY = 0;
    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0_100;
    private static final int O_EXCL = 0_200;
    private static final int O_NONBLOCK = 0_4_000;
    private static final int O_NOATIME = 0_1_000_000;
    private static final int O_CLOEXEC = 0_2_000_000;
    private static final int O_PATH = 0_10_000_000;
    private static final int O_DIRECTORY = LinuxCalls.ARCHITECTURE.oDirectory();
    static final int O_NOFOLLOW = LinuxCalls.ARCHITECTURE.oNoFollow();

    private static final int NEW_FILE_MODE = 0600;

    private static final Bytes LEASED = Bytes.wrap(new byte[] {'*'});

    private LinuxOpen() {}

    /** @param extraFlags {@link #O_NOFOLLOW} or 0 */
    static int directory(Scratch s, int directory, MemorySegment path, int extraFlags) {
        return withoutAccessTime(s, directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | extraFlags);
    }

    /** Not blocking, so that a FIFO swapped in meanwhile does not hold us for ever. The caller checks the type. */
    static int toRead(Scratch s, int directory, MemorySegment name) {
        int descriptor = withoutAccessTime(s, directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        return descriptor == -Errno.EAGAIN ? leased(s, directory, name, O_RDONLY | O_CLOEXEC) : descriptor;
    }

    static int toUpdate(Scratch s, int directory, MemorySegment name) {
        int descriptor = LinuxCalls.openat(s, directory, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0);
        return descriptor == -Errno.EAGAIN ? leased(s, directory, name, O_RDWR | O_CLOEXEC) : descriptor;
    }

    static int toCreate(Scratch s, int directory, MemorySegment name) {
        return LinuxCalls.openat(s, directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, NEW_FILE_MODE);
    }

    /** Only the owner, or root, may ask for an unchanged access time. */
    private static int withoutAccessTime(Scratch s, int directory, MemorySegment path, int flags) {
        int descriptor = LinuxCalls.openat(s, directory, path, flags | O_NOATIME, 0);
        return descriptor == -Errno.EPERM ? LinuxCalls.openat(s, directory, path, flags, 0) : descriptor;
    }

    /**
     * Another process, a Samba server mostly, has a lease on the file (fcntl(2)): the open must wait until the lease is given
     * back. So that it waits for nothing else, the file is pinned and looked at before it is opened.
     */
    private static int leased(Scratch s, int directory, MemorySegment name, int flags) {
        int pinned = LinuxCalls.openat(s, directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
        if (pinned < 0) {
            return pinned;
        }
        try {
            if (!LinuxStatus.ofDescriptor(s, pinned, LEASED).isRegular()) {
                return -Errno.EAGAIN;
            }
            return LinuxCalls.openat(s, LinuxCalls.AT_FDCWD, s.descriptorThroughProc(pinned), flags, 0);
        } catch (HostFileException e) {
            return -e.errno();
        } finally {
            LinuxCalls.close(s, pinned);
        }
    }
}
