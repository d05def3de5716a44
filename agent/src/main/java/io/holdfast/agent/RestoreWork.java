package io.holdfast.agent;

import io.holdfast.agent.data.MediaJob;
import io.holdfast.agent.data.MediaSnapshot;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import io.holdfast.protocol.HttpMediaCalls;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.JobOrder.DatabaseTarget;
import io.holdfast.protocol.machine.JobOrder.MediaPlace;
import io.holdfast.protocol.machine.JobOrder.RestoreOrder;
import io.holdfast.protocol.machine.Report;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.sources.backup.ExcludeRules;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.restore.FileRestore;
import io.holdfast.sources.restore.RestoreListener;
import io.holdfast.sources.restore.RestoreRequest;
import io.holdfast.sources.restore.RestoreResult;
import io.holdfast.storage.Bandwidth;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** Brings files back to this machine, through a media server. */
public final class RestoreWork implements JobWork {
    private final MediaConnections media;
    private final RepositorySettings settings;

    public RestoreWork(MediaConnections media, RepositorySettings settings) {
        this.media = media;
        this.settings = settings;
    }

    @Override
    public Report.End run(JobOrder order, JobWatch watch) {
        RestoreOrder restore = order.restore().orElseThrow();
        Optional<RestoreRequest> request =
                restore.database().isPresent() ? Optional.empty() : Optional.of(request(restore));
        HoldfastException failure = new HoldfastException(
                ErrorCode.STORE_UNREACHABLE, "no media server is there", "Start one: holdfast server.");
        for (MediaPlace place : order.media()) {
            try (HttpMediaCalls calls = media.open(place, () -> Bandwidth.UNLIMITED)) {
                MediaJob job = new MediaJob(order.job(), order.fence(), List.of());
                boolean hasOthers = !place.equals(order.media().getLast());
                MediaSnapshot snapshot =
                        MediaSnapshot.open(calls, job, restore.snapshot(), settings, hasOthers);
                return request.isPresent()
                        ? run(snapshot, restore, request.get(), watch)
                        : run(snapshot, restore.database().orElseThrow(), watch);
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.STORE_UNREACHABLE) {
                    throw e;
                }
                watch.event("warning", "", "media server " + place.name() + ": " + e.getMessage());
                failure = e;
            }
        }
        throw failure;
    }

    private static RestoreRequest request(RestoreOrder restore) {
        RestoreRequest.Overwrite overwrite = switch (restore.overwrite()) {
            case "never" -> RestoreRequest.Overwrite.NEVER;
            case "if-changed" -> RestoreRequest.Overwrite.IF_CHANGED;
            case "always" -> RestoreRequest.Overwrite.ALWAYS;
            default ->
                throw new HoldfastException(
                        ErrorCode.FAILED,
                        "this agent does not know when to overwrite by '" + restore.overwrite() + "'",
                        "Install the agent of the server's version.");
        };
        return new RestoreRequest(
                restore.paths().stream().map(RawText::encode).toList(),
                ExcludeRules.of(List.of()),
                ExcludeRules.of(List.of()),
                target(restore.target()),
                overwrite,
                false);
    }

    /** Made where it is missing. */
    private static Bytes target(String text) {
        try {
            Path path = Path.of(text);
            if (!path.isAbsolute()) {
                throw HoldfastException.usage("'" + text + "' is no absolute path", "Name a directory of the host.");
            }
            return RawText.encode(Files.createDirectories(path).toRealPath().toString());
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    "the target " + text + " cannot be made or entered: " + e,
                    "Choose a directory that the agent may write to.",
                    e);
        }
    }

    private Report.End run(MediaSnapshot snapshot, DatabaseTarget target, JobWatch watch) {
        long total = snapshot.snapshot().manifest().statistics().bytes();
        AtomicLong bytes = new AtomicLong();
        try (snapshot) {
            DatabaseRestore.Restored restored = DatabaseRestore.run(
                    snapshot,
                    snapshot.snapshot(),
                    target,
                    more -> watch.progress(new Report.Progress(0, bytes.addAndGet(more), total, 0)));
            restored.notes().forEach(note -> watch.event("warning", restored.text(), note));
            return new Report.End("done", restored.text() + " is back, " + restored.bytes() + " bytes", List.of());
        }
    }

    private Report.End run(MediaSnapshot snapshot, RestoreOrder restore, RestoreRequest request, JobWatch watch) {
        long total = snapshot.snapshot().manifest().statistics().bytes();
        Watching listener =
                new Watching(watch, restore.paths().isEmpty() ? total : -1, new AtomicLong(), new AtomicLong());
        RestoreResult result =
                new FileRestore(snapshot, HostFiles.ofThisSystem(), snapshot.snapshot(), request, listener).run();
        String what = result.files() + " files, " + result.writtenBytes() + " bytes written to " + restore.target();
        return result.failed() + result.damaged() > 0
                ? new Report.End(
                        "partial",
                        (result.failed() + result.damaged()) + " entries could not be restored; " + what,
                        List.of())
                : new Report.End("done", what, List.of());
    }

    private record Watching(JobWatch watch, long total, AtomicLong files, AtomicLong bytes) implements RestoreListener {
        private void tell() {
            watch.progress(new Report.Progress(files.get(), bytes.get(), total, 0));
        }

        @Override
        public void advanced(long more) {
            bytes.addAndGet(more);
            tell();
        }

        @Override
        public void restored(Bytes path, long sizeBytes, boolean unchanged) {
            files.incrementAndGet();
            tell();
        }

        @Override
        public void failed(Bytes path, String reason) {
            watch.event("warning", RawText.decode(path.unsafeArray()), reason);
        }

        @Override
        public void note(Bytes path, String text) {
            watch.event("info", RawText.decode(path.unsafeArray()), text);
        }
    }
}
