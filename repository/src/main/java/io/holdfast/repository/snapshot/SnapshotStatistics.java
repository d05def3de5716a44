package io.holdfast.repository.snapshot;

/**
 * What a backup did.
 *
 * @param files regular files in the snapshot
 * @param directories directories in it
 * @param others links, FIFOs and device nodes in it
 * @param bytes size of all files, hard links counted once
 * @param addedBytes of new chunks, before compression
 * @param storedBytes by which the repository grew: packs with all that is in them
 * @param unreadable files or directories that could not be read
 */
public record SnapshotStatistics(
        long files,
        long directories,
        long others,
        long bytes,
        long addedBytes,
        long storedBytes,
        long newFiles,
        long changedFiles,
        long unchangedFiles,
        long unreadable) {}
