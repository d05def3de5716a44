package io.holdfast.search;

import io.holdfast.core.Bytes;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Source;
import io.holdfast.repository.tree.EntryType;

/**
 * A path that fits a question.
 *
 * @param path absolute
 * @param type of what it was in the newest live snapshot that has it; so are size and time
 * @param modifiedSeconds since 1970
 * @param newest the newest live snapshot that has it
 * @param versions how many states it had in live snapshots, at least 1; one that was gone in between counts twice
 * @param isGone whether the newest live snapshot of the source lacks it
 */
public record Found(
        Source source,
        Bytes path,
        EntryType type,
        long sizeBytes,
        long modifiedSeconds,
        SnapshotId newest,
        int versions,
        boolean isGone) {}
