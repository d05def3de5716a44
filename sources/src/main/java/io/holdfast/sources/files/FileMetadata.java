package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a file besides its name and content, and set again by a restore.
 *
 * @param mode 0 to 07777; meaningless for symbolic links
 * @param uid unsigned 32 bits; −1 leaves the owner alone
 * @param gid as {@code uid}
 * @param attributes sorted by name, each name once
 * @param flags of {@link FileFlags#KEPT}
 * @param deviceNumber of a device node, else {@link DeviceNumber#NONE}
 * @param linkTarget of a symbolic link, 1 to 4,095 bytes; else null
 */
public record FileMetadata(
        FileType type,
        int mode,
        long uid,
        long gid,
        Timestamp modified,
        List<ExtendedAttribute> attributes,
        int flags,
        DeviceNumber deviceNumber,
        @Nullable Bytes linkTarget) {
    /** As {@code uid} or {@code gid}: leave what is there. */
    public static final long KEEP_OWNER = -1;

    public FileMetadata {
        if ((mode & ~FileStatus.MODE_MASK) != 0) {
            throw new IllegalArgumentException("mode out of range: " + Integer.toOctalString(mode));
        }
        if ((type == FileType.SYMLINK) != (linkTarget != null)) {
            throw new IllegalArgumentException("symbolic links have a target, others have none: " + type);
        }
        attributes = List.copyOf(attributes);
        for (int i = 1; i < attributes.size(); i++) {
            if (attributes.get(i - 1).name().compareTo(attributes.get(i).name()) >= 0) {
                throw new IllegalArgumentException("attributes are not sorted by name, each name once");
            }
        }
        flags &= FileFlags.KEPT;
    }

    /**
     * What a backup keeps of a file.
     *
     * @param attributes sorted by name, as {@link OpenFile#attributes} and {@link Directory#attributes} return them
     * @param flags those of {@link OpenFile#flags} or {@link Directory#flags}; others than {@link FileFlags#KEPT} are dropped
     */
    public static FileMetadata of(
            FileStatus status, List<ExtendedAttribute> attributes, int flags, @Nullable Bytes linkTarget) {
        return new FileMetadata(
                status.type(),
                status.mode(),
                status.uid(),
                status.gid(),
                status.modified(),
                attributes,
                flags,
                status.deviceNumber(),
                linkTarget);
    }
}
