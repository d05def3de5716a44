package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.ExtendedAttribute;
import io.holdfast.sources.files.FileFlags;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.HostFileException;
import java.util.List;
import java.util.Optional;

/** From what the host says of a file to what a tree keeps of it. */
final class Entries {
    /** Of docs/repository-format.md, section 14: an entry must fit into a page. */
    private static final int MAX_ATTRIBUTE_BYTES = 1 << 20;

    private Entries() {}

    static Optional<EntryType> type(FileStatus status) {
        return switch (status.type()) {
            case REGULAR -> Optional.of(EntryType.FILE);
            case DIRECTORY -> Optional.of(EntryType.DIRECTORY);
            case SYMLINK -> Optional.of(EntryType.SYMLINK);
            case FIFO -> Optional.of(EntryType.FIFO);
            case CHARACTER_DEVICE -> Optional.of(EntryType.CHARACTER_DEVICE);
            case BLOCK_DEVICE -> Optional.of(EntryType.BLOCK_DEVICE);
            case SOCKET, UNKNOWN -> Optional.empty();
        };
    }

    static TreeEntry.Builder of(
            Bytes name, EntryType type, FileStatus status, List<ExtendedAttribute> attributes, int flags)
            throws HostFileException {
        long attributeBytes = 0;
        for (ExtendedAttribute attribute : attributes) {
            attributeBytes += attribute.name().length() + attribute.value().length();
        }
        if (attributeBytes > MAX_ATTRIBUTE_BYTES) {
            throw HostFileException.of(
                    HostFileException.Reason.UNSUPPORTED,
                    "keep " + attributeBytes + " bytes of extended attributes, more than " + MAX_ATTRIBUTE_BYTES
                            + ", of",
                    name);
        }
        TreeEntry.Builder entry = TreeEntry.builder(name, type)
                .mode(status.mode())
                .owner((int) status.uid(), (int) status.gid())
                .modified(timestamp(status.modified()))
                .changed(timestamp(status.changed()))
                .inode(status.device(), status.inode(), type == EntryType.DIRECTORY ? 1 : (int) status.linkCount())
                .deviceNumber(
                        status.deviceNumber().major(), status.deviceNumber().minor())
                .inodeFlags(flags & FileFlags.KEPT);
        if (status.born() != null) {
            entry.born(timestamp(status.born()));
        }
        if (!attributes.isEmpty()) {
            entry.xattrs(attributes.stream()
                    .map(a -> new TreeEntry.Xattr(a.name(), a.value()))
                    .toList());
        }
        return entry;
    }

    static Timestamp timestamp(io.holdfast.sources.files.Timestamp time) {
        return new Timestamp(time.seconds(), time.nanos());
    }
}
