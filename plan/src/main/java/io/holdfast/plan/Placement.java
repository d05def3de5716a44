package io.holdfast.plan;

import io.holdfast.repository.collect.RetentionPolicy;
import io.holdfast.repository.collect.RetentionSpan;
import java.util.List;
import java.util.Optional;

/**
 * Where snapshots are kept, and how.
 *
 * @param repository by name; absent for the server's default
 * @param copies further repositories that they are copied to
 * @param lock how long each snapshot is locked from its commit on; absent for no lock
 * @param dataClass the storage class of their data; absent for what the repository remembers
 * @param encryption who encrypts
 */
public record Placement(
        Optional<String> repository,
        List<Copy> copies,
        Optional<RetentionSpan> lock,
        Optional<String> dataClass,
        Encryption encryption) {
    /** What a plan has that says nothing of it. */
    public static final Placement DEFAULT =
            new Placement(Optional.empty(), List.of(), Optional.empty(), Optional.empty(), Encryption.SERVER);

    public Placement {
        copies = List.copyOf(copies);
    }

    /**
     * A copy in another repository, at another site or in a cloud.
     *
     * @param to its name
     * @param retention which snapshots stay there; absent for the plan's own rules
     * @param lock how long each is locked there; absent for no lock
     */
    public record Copy(String to, Optional<RetentionPolicy> retention, Optional<RetentionSpan> lock) {}

    /** Who encrypts. */
    public enum Encryption {
        /** The media server, with the repository's key: it deduplicates over all hosts. */
        SERVER,
        /** The host, with keys of its own, of which it can add snapshots and read none; the server stores what it cannot read. */
        HOST
    }
}
