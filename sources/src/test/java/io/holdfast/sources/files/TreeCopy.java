package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Copies a tree as a backup reads and a restore writes it, the shortest way. */
final class TreeCopy implements AutoCloseable {
    private record FileId(long device, long inode) {}

    private record Place(Directory directory, Bytes name) {}

    private final Map<FileId, Place> firstNames = new HashMap<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
    private final List<NotApplied> notApplied = new ArrayList<>();

    /** Copies what is in {@code from}, and its own metadata. Returns what could not be set. */
    List<NotApplied> copy(Directory from, Directory to) throws IOException {
        FileStatus status = from.status();
        to.applyFlagsBeforeContent(from.flags());
        for (DirectoryEntry entry : from.entries()) {
            copyChild(from, to, entry.name());
        }
        notApplied.addAll(to.applyMetadata(FileMetadata.of(status, from.attributes(), from.flags(), null)));
        return notApplied;
    }

    private void copyChild(Directory from, Directory to, Bytes name) throws IOException {
        FileStatus status = from.stat(name);
        if (status.isDirectory()) {
            to.makeDirectory(name);
            try (Directory fromChild = from.openDirectory(name);
                    Directory toChild = to.openDirectory(name)) {
                copy(fromChild, toChild);
            }
            return;
        }
        if (status.linkCount() > 1) {
            FileId id = new FileId(status.device(), status.inode());
            Place first = firstNames.get(id);
            if (first != null) {
                to.makeHardLink(first.directory, first.name, name);
                return;
            }
            firstNames.put(id, new Place(to.retain(), name));
        }
        switch (status.type()) {
            case REGULAR -> copyFile(from, to, name);
            case SYMLINK -> {
                Bytes target = from.readLink(name);
                to.makeSymlink(name, target);
                apply(to, name, FileMetadata.of(status, from.attributes(name), 0, target));
            }
            case FIFO, SOCKET, CHARACTER_DEVICE, BLOCK_DEVICE -> {
                to.makeNode(name, status.type(), status.deviceNumber());
                apply(to, name, FileMetadata.of(status, from.attributes(name), 0, null));
            }
            case DIRECTORY, UNKNOWN -> throw new IOException("cannot copy " + status);
        }
    }

    private void apply(Directory to, Bytes name, FileMetadata metadata) throws IOException {
        notApplied.addAll(to.applyMetadata(name, metadata));
    }

    private void copyFile(Directory from, Directory to, Bytes name) throws IOException {
        try (OpenFile source = from.openFile(name);
                WritableFile target = to.createFile(name)) {
            FileStatus status = source.statusAtOpen();
            target.applyFlagsBeforeContent(source.flags());
            long at = status.mayHaveHoles() ? source.nextData(0) : 0;
            while (at >= 0 && at < status.sizeBytes()) {
                long end = status.mayHaveHoles() ? source.nextHole(at) : status.sizeBytes();
                while (at < end) {
                    buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
                    int length = source.read(buffer, at);
                    target.write(buffer.flip(), at);
                    at += length;
                }
                at = source.nextData(end);
            }
            target.truncate(status.sizeBytes());
            notApplied.addAll(target.applyMetadata(FileMetadata.of(status, source.attributes(), source.flags(), null)));
        }
    }

    @Override
    public void close() {
        firstNames.values().forEach(place -> place.directory.close());
    }
}
