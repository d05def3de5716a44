package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;

/** A regular file by its descriptor, open for writing. */
final class LinuxWritableFile extends LinuxOpenFile implements WritableFile {
    /** fallocate(2). */
    private static final int FALLOC_FL_KEEP_SIZE = 1;

    private static final int FALLOC_FL_PUNCH_HOLE = 2;

    /** Takes the descriptor over. */
    LinuxWritableFile(int descriptor, FileStatus statusAtOpen, Bytes name) {
        super(descriptor, statusAtOpen, name);
    }

    @Override
    public void write(ByteBuffer source, long offsetBytes) throws HostFileException {
        Scratch s = Scratch.current();
        long offset = offsetBytes;
        while (source.hasRemaining()) {
            MemorySegment content;
            if (source.isDirect()) {
                content = MemorySegment.ofBuffer(source);
            } else {
                content = firstOf(s.bulk(), source.remaining());
                copy(source, content);
            }
            long length = checked(LinuxCalls.pwrite(s, descriptor(), content, offset), "write");
            source.position(source.position() + (int) length);
            offset += length;
        }
    }

    @Override
    public void truncate(long sizeBytes) throws HostFileException {
        checked(LinuxCalls.ftruncate(Scratch.current(), descriptor(), sizeBytes), "truncate");
    }

    @Override
    public boolean punchHole(long offsetBytes, long lengthBytes) throws HostFileException {
        int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
        int result = LinuxCalls.fallocate(Scratch.current(), descriptor(), mode, offsetBytes, lengthBytes);
        if (result == -Errno.EOPNOTSUPP || result == -Errno.ENOSYS) {
            return false;
        }
        checked(result, "punch a hole into");
        return true;
    }

    @Override
    public boolean applyFlagsBeforeContent(int flags) {
        return LinuxFlags.applyBeforeContent(target(), flags);
    }

    @Override
    public List<NotApplied> applyMetadata(FileMetadata metadata) throws HostFileException {
        return MetadataApplication.run(target(), metadata);
    }

    @Override
    public void sync() throws HostFileException {
        checked(LinuxCalls.fsync(Scratch.current(), descriptor()), "sync");
    }
}
