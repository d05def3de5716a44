package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.HostFileException.Reason;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Native memory of one thread for the arguments of system calls, so that no call allocates. About 10 KiB, and 64 KiB more
 * once a thread lists a directory, reads attributes or moves heap buffers; freed some time after the thread has ended.
 *
 * <p>A call may overwrite what the previous one left here: results are copied out before the next call.
 */
final class Scratch {
    /** PATH_MAX of linux/limits.h, the terminating zero byte included. */
    static final int PATH_MAX = 4096;
    /** Room for a listing of attribute names or one value: XATTR_LIST_MAX and XATTR_SIZE_MAX of linux/limits.h. */
    static final int BULK_BYTES = 65_536;

    private static final ThreadLocal<Scratch> CURRENT = ThreadLocal.withInitial(Scratch::new);
    private static final int STRUCT_BYTES = 512;
    /** {@code /proc/self/fd/N/} goes before a name. */
    private static final int PREFIX_BYTES = 32;

    /** The call state segment of {@code captureCallState("errno")}. */
    final MemorySegment errno;
    /** For struct statx, timespec, statfs and an int for ioctl. */
    final MemorySegment struct;
    /** The first string argument, zero-terminated. */
    final MemorySegment name;
    /** The second one. */
    final MemorySegment otherName;

    private final Arena arena = Arena.ofAuto();
    private @Nullable MemorySegment bulk;

    private Scratch() {
        MemorySegment all = arena.allocate(16 + STRUCT_BYTES + 2 * (PATH_MAX + PREFIX_BYTES), 16);
        errno = all.asSlice(0, 16);
        struct = all.asSlice(16, STRUCT_BYTES);
        name = all.asSlice(16 + STRUCT_BYTES, PATH_MAX + PREFIX_BYTES);
        otherName = all.asSlice(16 + STRUCT_BYTES + PATH_MAX + PREFIX_BYTES, PATH_MAX + PREFIX_BYTES);
    }

    static Scratch current() {
        return CURRENT.get();
    }

    /** {@link #BULK_BYTES} bytes. */
    MemorySegment bulk() {
        MemorySegment b = bulk;
        if (b == null) {
            b = arena.allocate(BULK_BYTES, 16);
            bulk = b;
        }
        return b;
    }

    /** Puts the name of a directory's child, checked, into {@link #name}. */
    MemorySegment child(Bytes child, String operation) throws HostFileException {
        return putChild(name, 0, child, operation);
    }

    /** Puts the name of a directory's child, checked, into {@link #otherName}. */
    MemorySegment otherChild(Bytes child, String operation) throws HostFileException {
        return putChild(otherName, 0, child, operation);
    }

    /** Puts a path that reaches a child of an open directory through {@code /proc} into {@link #name}. */
    MemorySegment childThroughProc(int directory, Bytes child, String operation) throws HostFileException {
        byte[] prefix = ("/proc/self/fd/" + directory + "/").getBytes(StandardCharsets.US_ASCII);
        MemorySegment.copy(prefix, 0, name, ValueLayout.JAVA_BYTE, 0, prefix.length);
        return putChild(name, prefix.length, child, operation);
    }

    /** Puts a path that reaches an open file through {@code /proc} into {@link #name}. */
    MemorySegment descriptorThroughProc(int descriptor) {
        return put(name, ("/proc/self/fd/" + descriptor).getBytes(StandardCharsets.US_ASCII));
    }

    /** Puts bytes without a zero among them, at most {@link #PATH_MAX} − 1, and the terminating zero. */
    static MemorySegment put(MemorySegment segment, byte[] bytes) {
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        segment.set(ValueLayout.JAVA_BYTE, bytes.length, (byte) 0);
        return segment;
    }

    /** Whether the bytes can be handed to the system as a string: 1 to 4,095 bytes, none of them zero. */
    static boolean isString(byte[] bytes) {
        if (bytes.length == 0 || bytes.length >= PATH_MAX) {
            return false;
        }
        for (byte b : bytes) {
            if (b == 0) {
                return false;
            }
        }
        return true;
    }

    private static MemorySegment putChild(MemorySegment segment, int offset, Bytes child, String operation)
            throws HostFileException {
        byte[] bytes = ChildName.checked(child, operation);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, offset, bytes.length);
        segment.set(ValueLayout.JAVA_BYTE, (long) offset + bytes.length, (byte) 0);
        return segment;
    }

    /** Checks a target, path or attribute name and puts it into {@code segment}. */
    static MemorySegment putString(MemorySegment segment, Bytes string, String operation) throws HostFileException {
        byte[] bytes = string.unsafeArray();
        if (!isString(bytes)) {
            throw HostFileException.of(Reason.BAD_NAME, operation, string);
        }
        return put(segment, bytes);
    }
}
