package io.holdfast.media;

import io.holdfast.repository.snapshot.Snapshot;

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

    /**
     * How much a backup brought.
     *
     * @param sentBytes chunks that the host sent, before compression
     * @param addedBytes those of them that nobody had sent before
     * @param storedBytes by which the repository grew
     */
    record Taken(long sentBytes, long addedBytes, long storedBytes) {}
}
