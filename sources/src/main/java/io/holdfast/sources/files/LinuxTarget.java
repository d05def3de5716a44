package io.holdfast.sources.files;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.holdfast.core.Bytes;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A file whose metadata is read or set, by an open descriptor or by its name in an open directory. Setters return 0 or a
 * negated {@link Errno}.
 */
sealed interface LinuxTarget {
    /** linux/fs.h; the argument is an int, in spite of what the number says (ioctl_iflags(2)). */
    long FS_IOC_GETFLAGS = 0x8008_6601L;

    long FS_IOC_SETFLAGS = 0x4008_6602L;
    /** utimensat(2): leave this time alone. */
    long UTIME_OMIT = (1L << 30) - 2;

    Bytes name();

    FileStatus status() throws HostFileException;

    List<ExtendedAttribute> attributes() throws HostFileException;

    /** Inode flags or a negated error number. */
    int flags();

    int setOwner(long uid, long gid);

    int setMode(int mode);

    int setAttribute(ExtendedAttribute attribute);

    int removeAttribute(Bytes attribute);

    int setModified(Timestamp time);

    int setFlags(int flags);

    /** Puts the two times of utimensat(2): access time left alone, and {@code modified}. */
    private static MemorySegment times(Scratch s, Timestamp modified) {
        s.struct.set(JAVA_LONG, 0, 0);
        s.struct.set(JAVA_LONG, 8, UTIME_OMIT);
        s.struct.set(JAVA_LONG, 16, modified.seconds());
        s.struct.set(JAVA_LONG, 24, modified.nanos());
        return s.struct;
    }

    private static MemorySegment value(Scratch s, Bytes value) {
        byte[] bytes = value.unsafeArray();
        int length = Math.min(bytes.length, Scratch.BULK_BYTES);
        MemorySegment.copy(bytes, 0, s.bulk(), JAVA_BYTE, 0, length);
        return s.bulk().asSlice(0, length);
    }

    private static boolean isBad(ExtendedAttribute attribute) {
        return !Scratch.isString(attribute.name().unsafeArray())
                || attribute.value().length() > Scratch.BULK_BYTES;
    }

    /** An open regular file or directory. */
    record Descriptor(int fd, Bytes name) implements LinuxTarget {
        @Override
        public FileStatus status() throws HostFileException {
            return LinuxStatus.ofDescriptor(Scratch.current(), fd, name);
        }

        @Override
        public List<ExtendedAttribute> attributes() throws HostFileException {
            return AttributeReader.ofDescriptor(Scratch.current(), fd, name);
        }

        @Override
        public int flags() {
            Scratch s = Scratch.current();
            int result = LinuxCalls.ioctl(s, fd, FS_IOC_GETFLAGS, s.struct);
            return result < 0 ? result : s.struct.get(JAVA_INT, 0);
        }

        @Override
        public int setFlags(int flags) {
            Scratch s = Scratch.current();
            s.struct.set(JAVA_INT, 0, flags);
            return LinuxCalls.ioctl(s, fd, FS_IOC_SETFLAGS, s.struct);
        }

        @Override
        public int setOwner(long uid, long gid) {
            Scratch s = Scratch.current();
            s.name.set(JAVA_BYTE, 0, (byte) 0);
            return LinuxCalls.fchownat(s, fd, s.name, (int) uid, (int) gid, LinuxCalls.AT_EMPTY_PATH);
        }

        @Override
        public int setMode(int mode) {
            return LinuxCalls.fchmod(Scratch.current(), fd, mode);
        }

        @Override
        public int setAttribute(ExtendedAttribute attribute) {
            if (isBad(attribute)) {
                return -Errno.E2BIG;
            }
            Scratch s = Scratch.current();
            MemorySegment name = Scratch.put(s.otherName, attribute.name().unsafeArray());
            return LinuxCalls.fsetxattr(s, fd, name, value(s, attribute.value()));
        }

        @Override
        public int removeAttribute(Bytes attribute) {
            Scratch s = Scratch.current();
            return LinuxCalls.fremovexattr(s, fd, Scratch.put(s.otherName, attribute.unsafeArray()));
        }

        @Override
        public int setModified(Timestamp time) {
            Scratch s = Scratch.current();
            return LinuxCalls.futimens(s, fd, times(s, time));
        }
    }

    /**
     * A child of any type, itself where it is a symbolic link. For what has no call that takes a directory, the way leads
     * through {@code /proc/self/fd}, so {@code /proc} must be mounted.
     *
     * @param child checked by the caller
     */
    record Child(int directory, Bytes child) implements LinuxTarget {
        private static final int O_PATH = 0_10_000_000;
        private static final int O_CLOEXEC = 0_2_000_000;

        @Override
        public Bytes name() {
            return child;
        }

        @Override
        public FileStatus status() throws HostFileException {
            Scratch s = Scratch.current();
            s.child(child, "look at");
            int result = LinuxStatus.ofChild(s, directory);
            if (result < 0) {
                throw HostFileException.ofErrno(-result, "look at", child);
            }
            return LinuxStatus.decode(s);
        }

        @Override
        public List<ExtendedAttribute> attributes() throws HostFileException {
            Scratch s = Scratch.current();
            s.childThroughProc(directory, child, "read attributes of");
            return AttributeReader.ofPath(s, name());
        }

        /** Only what can be opened has flags. */
        @Override
        public int flags() {
            return -Errno.ENOTTY;
        }

        @Override
        public int setFlags(int flags) {
            return -Errno.ENOTTY;
        }

        @Override
        public int setOwner(long uid, long gid) {
            Scratch s = Scratch.current();
            Scratch.put(s.name, child.unsafeArray());
            return LinuxCalls.fchownat(s, directory, s.name, (int) uid, (int) gid, LinuxCalls.AT_SYMLINK_NOFOLLOW);
        }

        /**
         * fchmodat(2) has no flag against following a link before Linux 6.6, so the child is pinned without opening it first.
         */
        @Override
        public int setMode(int mode) {
            Scratch s = Scratch.current();
            Scratch.put(s.name, child.unsafeArray());
            int flags = O_PATH | O_CLOEXEC | LinuxCalls.ARCHITECTURE.oNoFollow();
            int pinned = LinuxCalls.openat(s, directory, s.name, flags, 0);
            if (pinned < 0) {
                return pinned;
            }
            try {
                return LinuxCalls.chmod(s, s.descriptorThroughProc(pinned), mode);
            } finally {
                LinuxCalls.close(s, pinned);
            }
        }

        @Override
        public int setAttribute(ExtendedAttribute attribute) {
            if (isBad(attribute)) {
                return -Errno.E2BIG;
            }
            Scratch s = Scratch.current();
            MemorySegment name = Scratch.put(s.otherName, attribute.name().unsafeArray());
            return LinuxCalls.lsetxattr(s, pathThroughProc(s), name, value(s, attribute.value()));
        }

        @Override
        public int removeAttribute(Bytes attribute) {
            Scratch s = Scratch.current();
            MemorySegment name = Scratch.put(s.otherName, attribute.unsafeArray());
            return LinuxCalls.lremovexattr(s, pathThroughProc(s), name);
        }

        @Override
        public int setModified(Timestamp time) {
            Scratch s = Scratch.current();
            Scratch.put(s.name, child.unsafeArray());
            return LinuxCalls.utimensat(s, directory, s.name, times(s, time), LinuxCalls.AT_SYMLINK_NOFOLLOW);
        }

        private MemorySegment pathThroughProc(Scratch s) {
            try {
                return s.childThroughProc(directory, child, "set attributes of");
            } catch (HostFileException e) {
                throw new IllegalStateException("the name was checked before", e);
            }
        }
    }
}
