package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.ExtendedAttribute;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.HostFileException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An open directory, and what was seen of it and in it.
 *
 * @param directory closed by whoever takes the listing
 * @param entries what is not excluded, in ascending order of names; empty where {@code failure} says why, and in a cache
 */
record Listing(
        Directory directory,
        FileStatus status,
        List<ExtendedAttribute> attributes,
        int flags,
        List<Child> entries,
        @Nullable HostFileException failure)
        implements AutoCloseable {

    /**
     * An entry of the directory. At most one of {@code status} and {@code failure} is there; neither where nobody has looked yet.
     *
     * @param path the whole one
     */
    record Child(
            Bytes name,
            Bytes path,
            @Nullable FileStatus status,
            @Nullable HostFileException failure) {

        /** What it is, looking now where nobody has. */
        FileStatus look(Directory directory) throws HostFileException {
            if (failure != null) {
                throw failure;
            }
            return status != null ? status : directory.stat(name);
        }

        boolean isKnownDirectoryOn(long device) {
            return status != null && status.isDirectory() && status.device() == device;
        }
    }

    @Override
    public void close() {
        directory.close();
    }
}
