package io.holdfast.control;

import io.holdfast.catalog.HostId;
import io.holdfast.catalog.JobId;
import io.holdfast.catalog.SnapshotFacts;
import io.holdfast.core.Bytes;
import io.holdfast.core.RawText;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import java.time.Instant;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the catalog keeps of a snapshot, from its manifest. */
public final class ManifestFacts {
    private ManifestFacts() {}

    /** What a snapshot says of itself, without the job that made it. */
    public static SnapshotFacts of(Snapshot snapshot, @Nullable HostId host) {
        return of(snapshot, host, "", null);
    }

    /** The same of one that a job of a plan made. */
    public static SnapshotFacts of(Snapshot snapshot, @Nullable HostId host, String plan, @Nullable JobId job) {
        var statistics = snapshot.manifest().statistics();
        return of(snapshot, host, plan, job, statistics.addedBytes(), statistics.storedBytes());
    }

    /** With what it brought as a media server has counted it, who knows what others had sent. */
    static SnapshotFacts of(
            Snapshot snapshot,
            @Nullable HostId host,
            String plan,
            @Nullable JobId job,
            long addedBytes,
            long storedBytes) {
        Manifest manifest = snapshot.manifest();
        return new SnapshotFacts(
                snapshot.id().leaf(),
                manifest.host(),
                host,
                source(manifest.paths()),
                plan,
                job,
                manifest.started().toInstant(),
                manifest.ended().toInstant(),
                manifest.statistics().files(),
                manifest.statistics().bytes(),
                addedBytes,
                storedBytes,
                manifest.lockedUntil().equals(Instant.EPOCH) ? null : manifest.lockedUntil(),
                new TreeSet<>(manifest.tags()));
    }

    /** What was saved, as the server says it. */
    public static String source(List<Bytes> paths) {
        return paths.stream().map(path -> RawText.decode(path.unsafeArray())).collect(Collectors.joining(" "));
    }
}
