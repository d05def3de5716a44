package io.holdfast.repository;

import io.holdfast.core.MonotonicClock;
import io.holdfast.core.Warnings;
import io.holdfast.repository.chunk.ChunkerParameters;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;

/**
 * How this process works with repositories.
 *
 * @param cacheRoot directory for caches; each repository takes a subdirectory with its id
 * @param threads for compression and hashing
 * @param program name and version, written into what is made
 * @param chunker sizes for new repositories
 * @param dataPackBytes for new repositories
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
                warnings,
                MonotonicClock.system());
    }

    public static RepositorySettings of(Path cacheRoot, String program, Warnings warnings) {
        return new RepositorySettings(
                cacheRoot,
                Math.max(1, Runtime.getRuntime().availableProcessors()),
                new SecureRandom(),
                InstantSource.system(),
                program,
                ChunkerParameters.DEFAULT,
                DISK_DATA_PACK_BYTES,
                META_PACK_BYTES,
                warnings.once());
    }

    /** The same with another number of threads. */
    public RepositorySettings withThreads(int wanted) {
        return new RepositorySettings(
                cacheRoot, wanted, random, clock, program, chunker, dataPackBytes, metaPackBytes, warnings, waits);
    }

    /** The same with another size of data packs in new repositories. */
    public RepositorySettings withDataPacks(int bytes) {
        return new RepositorySettings(
                cacheRoot, threads, random, clock, program, chunker, bytes, metaPackBytes, warnings, waits);
    }
}
