package io.holdfast.sources.restore;

/**
 * How a restore ended.
 *
 * @param files regular files that are as in the snapshot now
 * @param unchangedFiles of those, the ones that were so before
 * @param bytes size of all files
 * @param writtenBytes content written
 * @param failed entries that could not be restored
 * @param damaged of those, the ones whose data is damaged in the repository
 */
public record RestoreResult(
        long files,
        long unchangedFiles,
        long directories,
        long others,
        long bytes,
        long writtenBytes,
        long failed,
        long damaged) {}
