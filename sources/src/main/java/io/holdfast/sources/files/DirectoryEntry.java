package io.holdfast.sources.files;

import io.holdfast.core.Bytes;

/**
 * One name of a listing.
 *
 * @param type a hint, {@link FileType#UNKNOWN} where the file system does not tell; {@link Directory#stat} knows
 */
public record DirectoryEntry(Bytes name, FileType type) implements Comparable<DirectoryEntry> {
    /** By name, as unsigned bytes. */
    @Override
    public int compareTo(DirectoryEntry other) {
        return name.compareTo(other.name);
    }
}
