package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;

/** A regular file by its channel and path. */
class PortableOpenFile implements OpenFile {
    final FileChannel channel;
    final Path path;
    final Bytes name;
    private final FileStatus statusAtOpen;

    /** Takes the channel over. */
    PortableOpenFile(FileChannel channel, FileStatus statusAtOpen, Path path, Bytes name) {
        this.channel = channel;
        this.statusAtOpen = statusAtOpen;
        this.path = path;
        this.name = name;
    }

    @Override
    public final FileStatus statusAtOpen() {
        return statusAtOpen;
    }

    @Override
    public final FileStatus status() throws HostFileException {
        requireOpen();
        try {
            return PortableStatus.of(path);
        } catch (IOException e) {
            throw PortableFailure.of(e, "look at", name);
        }
    }

    @Override
    public final int read(ByteBuffer target, long offsetBytes) throws HostFileException {
        requireOpen();
        int total = 0;
        try {
            while (target.hasRemaining()) {
                int length = channel.read(target, offsetBytes + total);
                if (length < 0) {
                    break;
                }
                total += length;
            }
            return total;
        } catch (IOException e) {
            throw PortableFailure.of(e, "read", name);
        }
    }

    @Override
    public final long nextData(long offsetBytes) throws HostFileException {
        return offsetBytes < size() ? offsetBytes : -1;
    }

    @Override
    public final long nextHole(long offsetBytes) throws HostFileException {
        long size = size();
        return offsetBytes < size ? size : -1;
    }

    final long size() throws HostFileException {
        requireOpen();
        try {
            return channel.size();
        } catch (IOException e) {
            throw PortableFailure.of(e, "look at", name);
        }
    }

    @Override
    public final List<ExtendedAttribute> attributes() throws HostFileException {
        requireOpen();
        return PortableMetadata.attributes(path, name);
    }

    @Override
    public final int flags() {
        requireOpen();
        return 0;
    }

    @Override
    public final void adviseSequential() {
        requireOpen();
    }

    @Override
    public final void dropCache(long offsetBytes, long lengthBytes) {
        requireOpen();
    }

    @Override
    public final void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // The contract of close has no error: what was written is certain only after sync, which reports it.
        }
    }

    final void requireOpen() {
        if (!channel.isOpen()) {
            throw new IllegalStateException("file '" + PrintableName.of(name) + "' is closed");
        }
    }
}
