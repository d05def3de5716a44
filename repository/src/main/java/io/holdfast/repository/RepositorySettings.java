package io.holdfast.repository;

import io.holdfast.core.MonotonicClock;
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
 * @param waits by which packs that the store did not take are tried again, and sessions publish what they have
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
        Warnings warnings,
        MonotonicClock waits) {
    /** On a disk a request costs little, and what is in flight is memory: half of what suits an object store. */
    public static final int DISK_DATA_PACK_BYTES = 32 << 20;

    public static final int META_PACK_BYTES = 16 << 20;

    /** With the clock of this machine. */
    public RepositorySettings(
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
        this(
                cacheRoot,
                threads,
                random,
                clock,
                program,
                chunker,
                dataPackBytes,
                metaPackBytes,
                lockFor,
                warnings,
                MonotonicClock.system());
    }

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
        return changed(wanted, dataPackBytes, lockFor);
    }

    /** The same with another size of data packs in new repositories. */
    public RepositorySettings withDataPacks(int bytes) {
        return changed(threads, bytes, lockFor);
    }

    /** The same with another time of lock. */
    public RepositorySettings withLockFor(Duration wanted) {
        return changed(threads, dataPackBytes, Optional.of(wanted));
    }

    private RepositorySettings changed(int otherThreads, int otherDataPacks, Optional<Duration> otherLock) {
        return new RepositorySettings(
                cacheRoot,
                otherThreads,
                random,
                clock,
                program,
                chunker,
                otherDataPacks,
                metaPackBytes,
                otherLock,
                warnings,
                waits);
    }
}
