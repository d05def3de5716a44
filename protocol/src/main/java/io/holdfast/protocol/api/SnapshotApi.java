package io.holdfast.protocol.api;

import io.holdfast.protocol.SnapshotText;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Snapshots. */
public final class SnapshotApi {
    private SnapshotApi() {}

    /**
     * @param id 32 hexadecimal digits
     * @param source what was saved: paths, or the name of a stream
     * @param noted when the server learned of it, by its own clock
     * @param addedBytes that nobody had saved before
     * @param detail where it was asked for and the repository is open
     */
    public record SnapshotView(
            String id,
            String repository,
            String host,
            String source,
            Optional<String> plan,
            Optional<String> job,
            Instant started,
            Instant ended,
            Instant noted,
            long files,
            long bytes,
            long addedBytes,
            long storedBytes,
            Optional<Instant> lockedUntil,
            List<String> tags,
            Optional<Detail> detail) {}

    /**
     * What the repository says.
     *
     * @param snapshot whole
     * @param held whether somebody holds it
     */
    public record Detail(SnapshotText snapshot, boolean held) {}

    /** @param next the value of {@code before} for the next page; absent at the end */
    public record SnapshotPage(List<SnapshotView> items, Optional<String> next) {}

    /**
     * What is to be brought back to a host.
     *
     * @param host any that the server knows
     * @param paths in the snapshot, absolute; none for all
     * @param target directory on the host; {@code /} for where it all came from
     * @param overwrite {@code never}, {@code if-changed} or {@code always}; {@code if-changed} where absent
     */
    public record RestoreWish(String host, List<String> paths, String target, Optional<String> overwrite) {}

    /**
     * Where a dump is to be brought back into a running database server.
     *
     * @param host any that the server knows, from where the database server is reached
     * @param name of the database; absent for its own
     * @param replace a database of that name, which is lost then; {@code false} where absent
     * @param connection file of the host that says how the database server is reached; absent for that of the plan
     * @param runAs the user of the host who runs the server's programs; absent for that of the plan
     */
    public record DatabaseWish(
            String host,
            Optional<String> name,
            Optional<Boolean> replace,
            Optional<String> connection,
            Optional<String> runAs) {}

    /** @param job that does it */
    public record Restoring(String job) {}

    /** @param snapshot its id, 32 hexadecimal digits */
    public record ReadWish(String snapshot) {}
}
