package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;

/** Told what a restore does, from several threads. */
public interface RestoreListener {
    RestoreListener SILENT = new RestoreListener() {};

    /** An entry is as it was in the snapshot. */
    default void restored(Bytes path, long sizeBytes, boolean unchanged) {}

    /**
     * So much more of the content is done: written, or there already (unchanged parts of files, and holes). Where a file then cannot be
     * restored, what was told of it is taken back with a negative number. At the end the sum is that of the sizes told by
     * {@link #restored}.
     */
    default void advanced(long bytes) {}

    /** An entry could not be restored, or is not what the snapshot has. */
    default void failed(Bytes path, String reason) {}

    /** Content is there, but some metadata could not be set. */
    default void note(Bytes path, String text) {}
}
