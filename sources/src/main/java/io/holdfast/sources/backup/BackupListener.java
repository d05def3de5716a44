package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;

/** Told what a backup does, from several threads. */
public interface BackupListener {
    BackupListener SILENT = new BackupListener() {};

    /** How much there is to read, where that is known before. */
    default void total(long bytes) {}

    /** A file is done: read or unchanged. A further name of one that was told before has no bytes of its own. */
    default void file(Bytes path, long sizeBytes, FileOutcome outcome) {}

    /**
     * So much more of the content is done: read, or known without reading (holes, and what is unchanged). A large file is told piece by
     * piece; where it then cannot be saved, or has changed and is read again, what was told of it is taken back with a negative number.
     * At the end the sum is that of the sizes told by {@link #file}.
     */
    default void advanced(long bytes) {}

    /** A file or directory could not be read: the snapshot will be incomplete. */
    default void unreadable(Bytes path, String reason) {}

    /** Something worth knowing that makes the snapshot no less complete: a socket, a file that vanished or changed. */
    default void note(Bytes path, String text) {}

    /** The file changed each time it was read: what was saved may mix old and new. */
    default void torn(Bytes path) {}

    /** How a file compares with the parent snapshot. */
    enum FileOutcome {
        NEW,
        CHANGED,
        UNCHANGED
    }
}
