package io.holdfast.sources.files;

import org.jspecify.annotations.Nullable;

/**
 * What {@code statx(2)} tells of a file, a symbolic link itself, a directory or a special file.
 *
 * @param mode the lower twelve bits: permissions, setuid, setgid, sticky
 * @param uid unsigned 32 bits on Linux; 0 where the host has no such thing
 * @param gid as {@code uid}
 * @param sizeBytes of a symbolic link: the length of its target; of a directory: meaningless
 * @param allocatedBytes what the file occupies on its medium; less than {@code sizeBytes} where the file has holes or is
 *     compressed; −1 where the host does not say
 * @param modified when the content changed
 * @param changed when content or metadata changed (ctime), nobody can set it; {@code modified} where the host keeps none
 * @param born when the inode was made, null where the file system does not keep it; cannot be set, for the record only
 * @param device identifies the file system; opaque, equal within one boot only
 * @param inode identifies the file within {@code device}
 * @param linkCount names of this file; 1 where the host does not say
 * @param deviceNumber of a device node, else {@link DeviceNumber#NONE}
 * @param mountId tells apart several mounts of one file system; 0 where the host does not say (Linux before 5.8)
 * @param mountRoot whether this is the root of a mount; false where the host does not say
 * @param flags the part of {@link FileFlags} that comes for free with {@code statx}: immutable, append, nodump, compressed;
 *     {@link OpenFile#flags} and {@link Directory#flags} tell all of them
 */
public record FileStatus(
        FileType type,
        int mode,
        long uid,
        long gid,
        long sizeBytes,
        long allocatedBytes,
        Timestamp modified,
        Timestamp changed,
        @Nullable Timestamp born,
        long device,
        long inode,
        long linkCount,
        DeviceNumber deviceNumber,
        long mountId,
        boolean mountRoot,
        int flags) {
    /** The bits of {@code mode}. */
    public static final int MODE_MASK = 0_7777;

    public boolean isRegular() {
        return type == FileType.REGULAR;
    }

    public boolean isDirectory() {
        return type == FileType.DIRECTORY;
    }

    /** Whether looking for holes is worth a call: the file occupies less than its size. */
    public boolean mayHaveHoles() {
        return allocatedBytes >= 0 && allocatedBytes < sizeBytes;
    }

    /** Whether both name one and the same inode, at two times. */
    public boolean isSameFileAs(FileStatus other) {
        return device == other.device && inode == other.inode && type == other.type;
    }

    /**
     * Whether the content was certainly left alone between the two looks: same inode, size, mtime and ctime. A change in the
     * same tick of the file system's clock as {@code other} goes unseen: the caller applies its racy-timestamp rule.
     */
    public boolean isUnchangedSince(FileStatus other) {
        return isSameFileAs(other)
                && sizeBytes == other.sizeBytes
                && modified.equals(other.modified)
                && changed.equals(other.changed);
    }
}
