package io.holdfast.cli;

import io.holdfast.catalog.HostId;
import io.holdfast.catalog.JobId;
import io.holdfast.catalog.SnapshotFacts;
import io.holdfast.control.ManifestFacts;
import io.holdfast.control.MediaDesk;
import io.holdfast.media.JobDesk;
import io.holdfast.media.JobTerms;
import io.holdfast.repository.snapshot.Snapshot;
import java.util.TreeSet;

/** The desk of a media server that is in the control server's process: it looks into the catalog itself. */
final class CatalogDesk implements JobDesk {
    private final MediaDesk desk;
    private final Runnable onCommit;

    /** @param onCommit told of each new snapshot; returns at once */
    CatalogDesk(MediaDesk desk, Runnable onCommit) {
        this.onCommit = onCommit;
        this.desk = desk;
    }

    @Override
    public JobTerms confirm(String host, String job, long fence) {
        return JobTerms.of(host, desk.confirm(host, job, fence));
    }

    @Override
    public void committed(String host, String job, Snapshot snapshot, Taken taken) {
        desk.made(host, job, snapshot, taken.addedBytes(), taken.storedBytes());
        onCommit.run();
    }

    @Override
    public void sealed(String host, String job, SealedSnapshot snapshot) {
        MediaDesk.Place place = desk.placeOf(host, job);
        desk.made(
                place.repository(),
                new SnapshotFacts(
                        snapshot.id().leaf(),
                        place.hostName(),
                        new HostId(host),
                        ManifestFacts.source(snapshot.paths()),
                        place.plan(),
                        new JobId(job),
                        snapshot.begun(),
                        snapshot.committed(),
                        snapshot.files(),
                        snapshot.bytes(),
                        snapshot.addedBytes(),
                        snapshot.storedBytes(),
                        null,
                        new TreeSet<>(),
                        host));
    }
}
