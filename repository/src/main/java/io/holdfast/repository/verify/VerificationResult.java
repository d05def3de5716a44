package io.holdfast.repository.verify;

/**
 * What a verification saw.
 *
 * @param objects objects read and checked
 * @param packsRead packs of which every byte was read
 * @param bytesRead of those packs
 * @param archivedPacks packs that were not looked into, because they are archived
 * @param archivedBytes of those packs
 * @param damages things that are not what was written
 * @param hitSnapshots live snapshots that cannot be restored whole, or not be read at all
 * @param hitFiles files and directories of them that are hit
 * @param unknownArchivedPacks where something is missing: archived packs, in which it may be, that no index segment knows
 */
public record VerificationResult(
        long snapshots,
        long objects,
        long packs,
        long packsRead,
        long bytesRead,
        long archivedPacks,
        long archivedBytes,
        long damages,
        long hitSnapshots,
        long hitFiles,
        long unknownArchivedPacks) {}
