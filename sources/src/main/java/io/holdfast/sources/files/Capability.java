package io.holdfast.sources.files;

/** What an implementation of {@link HostFiles} can see and set. What is missing is lost, silently but documented. */
public enum Capability {
    /** Mode, owner and group. */
    OWNERS_AND_MODES,
    /** Extended attributes of the name space {@code user.} on regular files and directories. */
    USER_ATTRIBUTES,
    /** Extended attributes of all name spaces, ACLs and capabilities with them, also those of links and special files. */
    ALL_ATTRIBUTES,
    /** {@link FileFlags}. */
    FLAGS,
    /** Finding holes when reading and making them when writing. */
    HOLES,
    /** Device nodes and FIFOs can be made. */
    SPECIAL_FILES,
    /** Modification times of symbolic links can be set. */
    LINK_TIMES,
    /** Names that are not text in the host's encoding. */
    BYTE_NAMES,
    /** Paths longer than the host's limit for one path. */
    LONG_PATHS,
    /** No component of a path can be swapped for a symbolic link between two calls. */
    RACE_FREE
}
