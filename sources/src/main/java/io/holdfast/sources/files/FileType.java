package io.holdfast.sources.files;

/** What a name in a directory stands for. */
public enum FileType {
    REGULAR,
    DIRECTORY,
    SYMLINK,
    FIFO,
    /** A Unix domain socket. Meaningless without the process that listens: seen, never backed up. */
    SOCKET,
    CHARACTER_DEVICE,
    BLOCK_DEVICE,
    /** The file system did not say (listings of some file systems), or a kind this program does not know. */
    UNKNOWN
}
