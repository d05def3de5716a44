package io.holdfast.repository;

import io.holdfast.core.WallClock;
import io.holdfast.core.Warnings;
import io.holdfast.repository.chunk.ChunkerParameters;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/**
 * How this process works with repositories.
 *
 * @param cacheRoot directory for caches; each repository takes a subdirectory with its id
 * @param threads for compression and hashing
 * @param program name and version, written into what is made
 * @param chunker sizes for new repositories
 * @param dataPackBytes for new repositories
 * @param lockFor how long snapshots are locked; empty for what the repository is set to. Of a new repository, what it is set to
 * @param warnings is told of damage that the work went past
 */
public record RepositorySettings(
        Path cacheRoot,
        int threads,
        SecureRandom random,
        InstantSource clock,
        String program,
        ChunkerParameters chunker,
        int dataPackBytes,
        int metaPackBytes,
        Optional<Duration> lockFor,
        Warnings warnings) {
    /** On a disk a request costs little, and what is in flight is memory: half of what suits an object store. */
    public static final int DISK_DATA_PACK_BYTES = 32 << 20;

    public static final int META_PACK_BYTES = 16 << 20;

    public static RepositorySettings of(Path cacheRoot, String program, Warnings warnings) {
        return new RepositorySettings(
                cacheRoot,
                Math.max(1, Runtime.getRuntime().availableProcessors()),
                new SecureRandom(),
                WallClock.system(),
                program,
                ChunkerParameters.DEFAULT,
                DISK_DATA_PACK_BYTES,
                META_PACK_BYTES,
                Optional.empty(),
                warnings.once());
    }

    /** The same with another number of threads. */
    public RepositorySettings withThreads(int wanted) {
        return new RepositorySettings(
                cacheRoot, wanted, random, clock, program, chunker, dataPackBytes, metaPackBytes, lockFor, warnings);
    }

    /** The same with another size of data packs in new repositories. */
    public RepositorySettings withDataPacks(int bytes) {
        return new RepositorySettings(
                cacheRoot, threads, random, clock, program, chunker, bytes, metaPackBytes, lockFor, warnings);
    }

    /** The same with another time of lock. */
    public RepositorySettings withLockFor(Duration wanted) {
        return new RepositorySettings(
                cacheRoot,
                threads,
                random,
                clock,
                program,
                chunker,
                dataPackBytes,
                metaPackBytes,
                Optional.of(wanted),
                warnings);
    }
}
