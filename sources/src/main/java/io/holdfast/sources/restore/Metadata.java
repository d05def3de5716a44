package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.DeviceNumber;
import io.holdfast.sources.files.ExtendedAttribute;
import io.holdfast.sources.files.FileMetadata;
import io.holdfast.sources.files.FileType;
import io.holdfast.sources.files.NotApplied;
import io.holdfast.sources.files.Timestamp;
import java.util.List;

/** From what a tree keeps of a file to what the host sets. */
final class Metadata {
    private Metadata() {}

    static FileMetadata of(TreeEntry entry) {
        return new FileMetadata(
                type(entry.type()),
                entry.mode(),
                Integer.toUnsignedLong(entry.uid()),
                Integer.toUnsignedLong(entry.gid()),
                new Timestamp(entry.modified().seconds(), entry.modified().nanos()),
                attributes(entry),
                (int) entry.inodeFlags(),
                device(entry),
                entry.type() == EntryType.SYMLINK ? entry.linkTarget() : null);
    }

    static DeviceNumber device(TreeEntry entry) {
        return new DeviceNumber(entry.major(), entry.minor());
    }

    static FileType type(EntryType type) {
        return switch (type) {
            case FILE -> FileType.REGULAR;
            case DIRECTORY -> FileType.DIRECTORY;
            case SYMLINK -> FileType.SYMLINK;
            case FIFO -> FileType.FIFO;
            case CHARACTER_DEVICE -> FileType.CHARACTER_DEVICE;
            case BLOCK_DEVICE -> FileType.BLOCK_DEVICE;
        };
    }

    static void report(Bytes path, List<NotApplied> notApplied, RestoreListener listener) {
        for (NotApplied what : notApplied) {
            listener.note(path, what.toString());
        }
    }

    private static List<ExtendedAttribute> attributes(TreeEntry entry) {
        return entry.xattrs().isEmpty()
                ? List.of()
                : entry.xattrs().stream()
                        .map(x -> new ExtendedAttribute(x.name(), x.value()))
                        .sorted()
                        .toList();
    }
}
