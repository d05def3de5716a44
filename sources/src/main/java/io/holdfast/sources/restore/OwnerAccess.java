package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.HostFileException.Reason;

/**
 * Rights of one's own: whoever owns a file or directory may change its mode, even where that keeps him from opening it. Who is root needs
 * none of this.
 */
final class OwnerAccess {
    private static final int FILE = 0600;
    private static final int DIRECTORY = 0700;

    private OwnerAccess() {}

    /**
     * Gives the owner all rights where he lacks some; the mode is to be set again later.
     *
     * @param there of a regular file or directory, not of a symbolic link
     * @return whether the mode was changed; false also where it belongs to somebody else, so that opening it says what is wrong
     */
    static boolean give(Directory parent, Bytes name, FileStatus there) throws HostFileException {
        int wanted = there.mode() | (there.isDirectory() ? DIRECTORY : FILE);
        if (wanted == there.mode()) {
            return false;
        }
        try {
            parent.setMode(name, wanted);
            return true;
        } catch (HostFileException e) {
            if (e.reason() != Reason.DENIED) {
                throw e;
            }
            return false;
        }
    }
}
