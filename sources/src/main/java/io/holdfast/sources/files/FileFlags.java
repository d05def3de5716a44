package io.holdfast.sources.files;

/**
 * The inode flags of {@code chattr(1)}: values and meaning as {@code FS_*_FL} in {@code linux/fs.h}, see {@code
 * ioctl_iflags(2)}. Only regular files and directories have them.
 */
public final class FileFlags {
    public static final int COMPRESSED = 0x4;
    public static final int SYNCHRONOUS = 0x8;
    public static final int IMMUTABLE = 0x10;
    public static final int APPEND_ONLY = 0x20;
    public static final int NO_DUMP = 0x40;
    public static final int NO_ACCESS_TIME = 0x80;
    public static final int NO_COMPRESSION = 0x400;
    public static final int JOURNAL_DATA = 0x4000;
    public static final int NO_TAIL_MERGING = 0x8000;
    public static final int DIRECTORY_SYNCHRONOUS = 0x1_0000;
    public static final int TOP_OF_HIERARCHY = 0x2_0000;
    public static final int NO_COPY_ON_WRITE = 0x80_0000;
    public static final int PROJECT_INHERITED = 0x2000_0000;
    public static final int CASE_FOLDED = 0x4000_0000;

    /**
     * What a backup keeps and a restore sets. The others describe how the file system stores the inode (extents, inline data,
     * index, verity, encryption, DAX) or do nothing; they cannot be set or must not be carried to another file system.
     */
    public static final int KEPT = COMPRESSED
            | SYNCHRONOUS
            | IMMUTABLE
            | APPEND_ONLY
            | NO_DUMP
            | NO_ACCESS_TIME
            | NO_COMPRESSION
            | JOURNAL_DATA
            | NO_TAIL_MERGING
            | DIRECTORY_SYNCHRONOUS
            | TOP_OF_HIERARCHY
            | NO_COPY_ON_WRITE
            | PROJECT_INHERITED
            | CASE_FOLDED;

    /** What forbids to change or remove a file, even for root: set last, cleared first. */
    public static final int PROTECTIVE = IMMUTABLE | APPEND_ONLY;

    /** What takes effect, or can be set at all, only while a file or directory is still empty. */
    public static final int BEFORE_CONTENT = COMPRESSED | NO_COMPRESSION | NO_COPY_ON_WRITE | CASE_FOLDED;

    private FileFlags() {}
}
