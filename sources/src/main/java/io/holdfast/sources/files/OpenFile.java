package io.holdfast.sources.files;

import java.nio.ByteBuffer;
import java.util.List;

/** A regular file open for reading. For one thread at a time, another one each time is fine. */
public interface OpenFile extends AutoCloseable {

    /** What the file was when it was opened; costs nothing. */
    FileStatus statusAtOpen();

    /** What it is now. */
    FileStatus status() throws HostFileException;

    /**
     * Reads into the remaining room of {@code target}, until that is full or the file ends; moves its position. Straight into
     * direct buffers; heap buffers cost a copy.
     *
     * @return bytes read, less than the room only where the file ends, or ended when it was opened: of a file that grew
     *     meanwhile the next call reads on; 0 at or past the end
     */
    int read(ByteBuffer target, long offsetBytes) throws HostFileException;

    /**
     * Where data begins, at or after {@code offsetBytes}; −1 where nothing but a hole follows, or the file ends. Where the file
     * system knows no holes: {@code offsetBytes}.
     */
    long nextData(long offsetBytes) throws HostFileException;

    /** Where a hole begins, at or after {@code offsetBytes}: at the latest the size of the file; −1 past the end. */
    long nextHole(long offsetBytes) throws HostFileException;

    /** Extended attributes, sorted by name; empty where the file system has none. */
    List<ExtendedAttribute> attributes() throws HostFileException;

    /** {@link FileFlags}, 0 where the file system has none. */
    int flags() throws HostFileException;

    /** Hints that the whole file will be read from front to back. For large files only: a small one is read in one call. */
    void adviseSequential();

    /** Hints that the cached pages of this range are not needed any more; a length of 0 means to the end. */
    void dropCache(long offsetBytes, long lengthBytes);

    /** Does nothing the second time. */
    @Override
    void close();
}
