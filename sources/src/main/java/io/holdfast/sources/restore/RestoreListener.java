package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;

/** Told what a restore does, from several threads. */
public interface RestoreListener {
    RestoreListener SILENT = new RestoreListener() {};

    /** An entry is as it was in the snapshot. */
    default void restored(Bytes path, long sizeBytes, boolean unchanged) {}

    /** Content was written. */
    default void bytesWritten(long bytes) {}

    /** An entry could not be restored, or is not what the snapshot has. */
    default void failed(Bytes path, String reason) {}

    /** Content is there, but some metadata could not be set. */
    default void note(Bytes path, String text) {}
}
