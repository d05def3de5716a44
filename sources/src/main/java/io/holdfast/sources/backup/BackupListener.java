package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;

/** Told what a backup does, from several threads. */
public interface BackupListener {
    BackupListener SILENT = new BackupListener() {};

    /** A file is done: read or unchanged. */
    default void file(Bytes path, long sizeBytes, FileOutcome outcome) {}

    /** Bytes of a large file were read. */
    default void bytesRead(long bytes) {}

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
