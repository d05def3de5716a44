package io.holdfast.media;

import io.holdfast.core.Bytes;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import java.time.Instant;
import java.util.List;

/** The control server, as far as a media server asks it about jobs. Safe for many threads. */
public interface JobDesk {
    /**
     * Renews the lease of a job and says what it is about (rules J3 and J4). Of a host that was removed no job counts.
     *
     * @param host the id in its certificate
     * @throws io.holdfast.core.HoldfastException {@code FENCED} where the job is not this host's with this fence; {@code STORE_UNREACHABLE} where the control
     *     server does not answer
     */
    JobTerms confirm(String host, String job, long fence);

    /** A snapshot was made for a job: the catalog may know at once. What is lost on the way is found by looking into the repository. */
    void committed(String host, String job, Snapshot snapshot, Taken taken);

    /** A snapshot was made in the vault of this host, or more is known of one that was. */
    void sealed(String host, String job, SealedSnapshot snapshot);

    /**
     * What is known of a snapshot that only its host can read.
     *
     * @param paths what was saved: absolute paths, or the name of a stream
     * @param begun when the host asked for the vault, by the media server's clock
     * @param files as the host says, as are the next two; 0 before it has
     * @param bytes of all files
     * @param addedBytes of new chunks, before compression
     * @param storedBytes that were put for it
     */
    record SealedSnapshot(
            SnapshotId id,
            List<Bytes> paths,
            Instant begun,
            Instant committed,
            long files,
            long bytes,
            long addedBytes,
            long storedBytes) {
        public SealedSnapshot {
            paths = List.copyOf(paths);
        }
    }

    /**
     * How much a backup brought.
     *
     * @param sentBytes chunks that the host sent, before compression
     * @param addedBytes those of them that nobody had sent before
     * @param storedBytes by which the repository grew
     */
    record Taken(long sentBytes, long addedBytes, long storedBytes) {}
}
