package io.holdfast.agent.data;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.media.AllowedSources;
import io.holdfast.media.JobDesk;
import io.holdfast.media.JobTerms;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A control server's word on jobs, kept in memory. */
final class Desk implements JobDesk {
    private final Bytes repositoryId;
    private final Map<String, Job> jobs = new ConcurrentHashMap<>();
    private final Map<SnapshotId, Taken> committed = new ConcurrentHashMap<>();

    private record Job(String host, long fence, JobTerms terms) {}

    Desk(Bytes repositoryId) {
        this.repositoryId = repositoryId;
    }

    /** Gives a job to a host, or gives it out anew with a higher fence. */
    void give(String job, String host, String hostName, long fence, List<Bytes> source, SnapshotId... restores) {
        jobs.put(
                job,
                new Job(
                        host,
                        fence,
                        new JobTerms(repositoryId, hostName, AllowedSources.of(source), Set.of(restores))));
    }

    Taken taken(SnapshotId id) {
        return Optional.ofNullable(committed.get(id)).orElseThrow();
    }

    @Override
    public JobTerms confirm(String host, String job, long fence) {
        Job known = jobs.get(job);
        if (known == null || !known.host().equals(host) || known.fence() != fence) {
            throw new HoldfastException(ErrorCode.FENCED, "job " + job + " is another's");
        }
        return known.terms();
    }

    @Override
    public void committed(String host, String job, Snapshot snapshot, Taken taken) {
        committed.put(snapshot.id(), taken);
    }

    @Override
    public void sealed(String host, String job, SealedSnapshot snapshot) {
        throw new IllegalStateException("no job here is about a vault");
    }
}
