package io.holdfast.sources.files;

import java.nio.ByteBuffer;
import java.util.List;

/** A regular file open for reading and writing. For one thread at a time. */
public interface WritableFile extends OpenFile {

    /**
     * Writes all remaining bytes of {@code source}, moves its position. Writing past the end leaves a hole between. Straight
     * from direct buffers; heap buffers cost a copy.
     */
    void write(ByteBuffer source, long offsetBytes) throws HostFileException;

    /** Makes the file this long: what is past it is cut off, what is missing becomes a hole. */
    void truncate(long sizeBytes) throws HostFileException;

    /**
     * Makes the range a hole; the size stays.
     *
     * @return false where the file system cannot: write zeros instead
     */
    boolean punchHole(long offsetBytes, long lengthBytes) throws HostFileException;

    /**
     * Sets those of {@link FileFlags#BEFORE_CONTENT} that {@code flags} has, while the file is empty.
     *
     * @return false where the file system refuses
     */
    boolean applyFlagsBeforeContent(int flags) throws HostFileException;

    /**
     * Sets metadata as {@link Directory#applyMetadata(io.holdfast.core.Bytes, FileMetadata)} does; call it after the last write.
     */
    List<NotApplied> applyMetadata(FileMetadata metadata) throws HostFileException;

    /** Makes content and metadata survive a loss of power. */
    void sync() throws HostFileException;
}
