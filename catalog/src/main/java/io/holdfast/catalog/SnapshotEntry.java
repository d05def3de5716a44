package io.holdfast.catalog;

import java.time.Instant;

/**
 * A snapshot that is in a repository.
 *
 * @param repository its name
 * @param sequence its place in the catalog's own order of events, which no host's clock has a say in: retention counts by it. Unique over all repositories
 * @param noted when the catalog learned of it, by the server's clock
 */
public record SnapshotEntry(String repository, long sequence, Instant noted, SnapshotFacts facts) {}
