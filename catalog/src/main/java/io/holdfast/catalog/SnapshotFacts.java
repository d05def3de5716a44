package io.holdfast.catalog;

import java.time.Instant;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a snapshot. What its manifest says was said by its host, times too: none of it decides what is kept.
 *
 * @param id as the repository names it
 * @param hostName as the manifest has it
 * @param host absent where no host of the catalog made it
 * @param source what was saved, in words that stay the same for each run
 * @param plan empty where it is of no plan
 * @param job absent where it is not known
 * @param files how many
 * @param bytes size of all files
 * @param addedBytes of new chunks, before compression
 * @param storedBytes by which the repository grew
 * @param lockedUntil nobody can delete it earlier; absent where it is not locked
 * @param vault the id of the host in whose vault it lies, that it alone can read; empty where it lies in the repository itself
 */
public record SnapshotFacts(
        String id,
        String hostName,
        @Nullable HostId host,
        String source,
        String plan,
        @Nullable JobId job,
        Instant started,
        Instant ended,
        long files,
        long bytes,
        long addedBytes,
        long storedBytes,
        @Nullable Instant lockedUntil,
        SortedSet<String> tags,
        String vault) {
    private static final int MAX_TEXT = 4_000;
    private static final Pattern ID = Pattern.compile("[0-9a-f-]{1,64}");

    /** Of a snapshot in the repository itself. */
    public SnapshotFacts(
            String id,
            String hostName,
            @Nullable HostId host,
            String source,
            String plan,
            @Nullable JobId job,
            Instant started,
            Instant ended,
            long files,
            long bytes,
            long addedBytes,
            long storedBytes,
            @Nullable Instant lockedUntil,
            SortedSet<String> tags) {
        this(
                id,
                hostName,
                host,
                source,
                plan,
                job,
                started,
                ended,
                files,
                bytes,
                addedBytes,
                storedBytes,
                lockedUntil,
                tags,
                "");
    }

    public SnapshotFacts {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException("no snapshot id: " + id);
        }
        if (!vault.isEmpty()) {
            vault = new HostId(vault).text();
        }
        // A manifest may say anything; one that cannot be noted would keep all others of its repository from being
        // noted.
        hostName = Texts.storable(hostName, MAX_TEXT);
        source = Texts.storable(source, MAX_TEXT);
        started = Micros.exact(started);
        ended = Micros.exact(ended);
        lockedUntil = Micros.exactOrNull(lockedUntil);
        tags = tags.stream().map(tag -> Texts.storable(tag, MAX_TEXT)).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Whether the server can read it: what its host encrypted with a key of its own it cannot. */
    public boolean isReadable() {
        return vault.isEmpty();
    }
}
