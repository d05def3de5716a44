package io.holdfast.sources.files;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.holdfast.core.Bytes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;

/** A regular file by its descriptor. */
class LinuxOpenFile implements OpenFile {
    /** lseek(2), since Linux 3.1. */
    private static final int SEEK_DATA = 3;

    private static final int SEEK_HOLE = 4;
    /** posix_fadvise(2); these two have the same value on all processors but s390. */
    private static final int POSIX_FADV_SEQUENTIAL = 2;

    private static final int POSIX_FADV_DONTNEED = 4;
    private static final int CLOSED = -1;

    private final FileStatus statusAtOpen;
    private final Bytes name;
    private int descriptor;

    /** Takes the descriptor over. */
    LinuxOpenFile(int descriptor, FileStatus statusAtOpen, Bytes name) {
        this.descriptor = descriptor;
        this.statusAtOpen = statusAtOpen;
        this.name = name;
    }

    @Override
    public final FileStatus statusAtOpen() {
        return statusAtOpen;
    }

    @Override
    public final FileStatus status() throws HostFileException {
        return LinuxStatus.ofDescriptor(Scratch.current(), descriptor(), name);
    }

    @Override
    public final int read(ByteBuffer target, long offsetBytes) throws HostFileException {
        int total = 0;
        while (target.hasRemaining()) {
            int length = readOnce(target, offsetBytes + total);
            total += length;
            if (length == 0 || offsetBytes + total == statusAtOpen.sizeBytes()) {
                break;
            }
        }
        return total;
    }

    private int readOnce(ByteBuffer target, long offset) throws HostFileException {
        Scratch s = Scratch.current();
        MemorySegment room = target.isDirect() ? MemorySegment.ofBuffer(target) : firstOf(s.bulk(), target.remaining());
        long length = LinuxCalls.pread(s, descriptor(), room, offset);
        if (length < 0) {
            throw failed(length, "read");
        }
        if (target.isDirect()) {
            target.position(target.position() + (int) length);
        } else {
            target.put(room.asSlice(0, length).asByteBuffer());
        }
        return (int) length;
    }

    @Override
    public final long nextData(long offsetBytes) throws HostFileException {
        long result = LinuxCalls.lseek(Scratch.current(), descriptor(), offsetBytes, SEEK_DATA);
        if (result == -Errno.EINVAL || result == -Errno.EOPNOTSUPP) {
            return offsetBytes < status().sizeBytes() ? offsetBytes : -1;
        }
        return result == -Errno.ENXIO ? -1 : checked(result, "find data in");
    }

    @Override
    public final long nextHole(long offsetBytes) throws HostFileException {
        long result = LinuxCalls.lseek(Scratch.current(), descriptor(), offsetBytes, SEEK_HOLE);
        if (result == -Errno.EINVAL || result == -Errno.EOPNOTSUPP) {
            long size = status().sizeBytes();
            return offsetBytes < size ? size : -1;
        }
        return result == -Errno.ENXIO ? -1 : checked(result, "find a hole in");
    }

    @Override
    public final List<ExtendedAttribute> attributes() throws HostFileException {
        return target().attributes();
    }

    @Override
    public final int flags() throws HostFileException {
        return LinuxFlags.of(target());
    }

    @Override
    public final void adviseSequential() {
        LinuxCalls.fadvise(Scratch.current(), descriptor(), 0, 0, POSIX_FADV_SEQUENTIAL);
    }

    @Override
    public final void dropCache(long offsetBytes, long lengthBytes) {
        LinuxCalls.fadvise(Scratch.current(), descriptor(), offsetBytes, lengthBytes, POSIX_FADV_DONTNEED);
    }

    @Override
    public final void close() {
        if (descriptor != CLOSED) {
            LinuxCalls.close(Scratch.current(), descriptor);
            descriptor = CLOSED;
        }
    }

    final LinuxTarget target() {
        return new LinuxTarget.Descriptor(descriptor(), name);
    }

    final int descriptor() {
        if (descriptor == CLOSED) {
            throw new IllegalStateException("file '" + PrintableName.of(name) + "' is closed");
        }
        return descriptor;
    }

    final long checked(long result, String operation) throws HostFileException {
        if (result < 0) {
            throw failed(result, operation);
        }
        return result;
    }

    final HostFileException failed(long negatedErrno, String operation) {
        return HostFileException.ofErrno((int) -negatedErrno, operation, name);
    }

    static MemorySegment firstOf(MemorySegment segment, int lengthBytes) {
        return segment.asSlice(0, Math.min(segment.byteSize(), lengthBytes));
    }

    static void copy(ByteBuffer from, MemorySegment to) {
        MemorySegment.copy(MemorySegment.ofBuffer(from), JAVA_BYTE, 0, to, JAVA_BYTE, 0, to.byteSize());
    }
}
