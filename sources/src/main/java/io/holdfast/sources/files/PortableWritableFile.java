package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;

/** A regular file by its channel and path, open for writing. */
final class PortableWritableFile extends PortableOpenFile implements WritableFile {
    /** Takes the channel over. */
    PortableWritableFile(FileChannel channel, FileStatus statusAtOpen, Path path, Bytes name) {
        super(channel, statusAtOpen, path, name);
    }

    @Override
    public void write(ByteBuffer source, long offsetBytes) throws HostFileException {
        requireOpen();
        try {
            long offset = offsetBytes;
            while (source.hasRemaining()) {
                offset += channel.write(source, offset);
            }
        } catch (IOException e) {
            throw PortableFailure.of(e, "write", name);
        }
    }

    @Override
    public void truncate(long sizeBytes) throws HostFileException {
        if (sizeBytes > size()) {
            write(ByteBuffer.allocate(1), sizeBytes - 1);
            return;
        }
        try {
            channel.truncate(sizeBytes);
        } catch (IOException e) {
            throw PortableFailure.of(e, "truncate", name);
        }
    }

    @Override
    public boolean punchHole(long offsetBytes, long lengthBytes) {
        requireOpen();
        return false;
    }

    @Override
    public boolean applyFlagsBeforeContent(int flags) {
        requireOpen();
        return (flags & FileFlags.BEFORE_CONTENT) == 0;
    }

    @Override
    public List<NotApplied> applyMetadata(FileMetadata metadata) throws HostFileException {
        requireOpen();
        return PortableMetadata.apply(path, name, metadata);
    }

    @Override
    public void sync() throws HostFileException {
        requireOpen();
        try {
            channel.force(true);
        } catch (IOException e) {
            throw PortableFailure.of(e, "sync", name);
        }
    }
}
