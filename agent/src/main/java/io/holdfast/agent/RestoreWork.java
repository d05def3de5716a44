package io.holdfast.agent;

import io.holdfast.agent.data.MediaJob;
import io.holdfast.agent.data.MediaSnapshot;
import io.holdfast.agent.data.VaultLink;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import io.holdfast.protocol.HttpMediaCalls;
import io.holdfast.protocol.VaultCalls;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.JobOrder.DatabaseTarget;
import io.holdfast.protocol.machine.JobOrder.MediaPlace;
import io.holdfast.protocol.machine.JobOrder.RestoreOrder;
import io.holdfast.protocol.machine.Report;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Snapshots;
import io.holdfast.sources.backup.ExcludeRules;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.restore.FileRestore;
import io.holdfast.sources.restore.RepositorySource;
import io.holdfast.sources.restore.RestoreListener;
import io.holdfast.sources.restore.RestoreRequest;
import io.holdfast.sources.restore.RestoreResult;
import io.holdfast.sources.restore.RestoreSource;
import io.holdfast.storage.Bandwidth;
import io.holdfast.storage.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** Brings files back to this machine, through a media server. */
public final class RestoreWork implements JobWork {
    private final MediaConnections media;
    private final RepositorySettings settings;
    private final VaultKeys keys;
    private final List<Path> furtherKeys;

    /**
     * @param keys of this machine's vaults
     * @param furtherKeys files with keys of vaults of other machines
     */
    public RestoreWork(MediaConnections media, RepositorySettings settings, VaultKeys keys, List<Path> furtherKeys) {
        this.media = media;
        this.settings = settings;
        this.keys = keys;
        this.furtherKeys = List.copyOf(furtherKeys);
    }

    @Override
    public Report.End run(JobOrder order, JobWatch watch) {
        RestoreOrder restore = order.restore().orElseThrow();
        Optional<RestoreRequest> request =
                restore.database().isPresent() ? Optional.empty() : Optional.of(request(restore));
        HoldfastException failure = new HoldfastException(
                ErrorCode.STORE_UNREACHABLE, "no media server is there", "Start one: holdfast server.");
        for (MediaPlace place : order.media()) {
            try {
                return restore.vault().isPresent()
                        ? runFromVault(place, order, restore, request, watch)
                        : run(place, order, restore, request, watch);
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

    private Report.End run(
            MediaPlace place, JobOrder order, RestoreOrder restore, Optional<RestoreRequest> request, JobWatch watch) {
        try (HttpMediaCalls calls = media.open(place, () -> Bandwidth.UNLIMITED)) {
            MediaJob job = new MediaJob(order.job(), order.fence(), List.of());
            boolean hasOthers = !place.equals(order.media().getLast());
            MediaSnapshot source = MediaSnapshot.open(calls, job, restore.snapshot(), settings, hasOthers);
            return bringBack(source, source.snapshot(), restore, request, watch);
        }
    }

    /** Decrypted here, with a key that the server does not have. */
    private Report.End runFromVault(
            MediaPlace place, JobOrder order, RestoreOrder restore, Optional<RestoreRequest> request, JobWatch watch) {
        try (VaultCalls calls = media.openVaults(place, () -> Bandwidth.UNLIMITED)) {
            return new VaultLink(calls, settings).with(order.job(), order.fence(), List.of(), (access, store) -> {
                try (Repository vault = openVault(store)) {
                    Snapshot snapshot = SnapshotId.find(restore.snapshot())
                            .filter(vault.snapshots()::isLive)
                            .flatMap(id -> vault.snapshots().occupant(id) instanceof Snapshots.Occupant.Present there
                                    ? Optional.of(there.snapshot())
                                    : Optional.empty())
                            .orElseThrow(() -> HoldfastException.notFound(
                                    "snapshot " + restore.snapshot() + " is not in " + store.describe()));
                    return bringBack(new RepositorySource(vault), snapshot, restore, request, watch);
                }
            });
        }
    }

    /** Closes the source. */
    private static Report.End bringBack(
            RestoreSource source,
            Snapshot snapshot,
            RestoreOrder restore,
            Optional<RestoreRequest> request,
            JobWatch watch) {
        return request.isPresent()
                ? files(source, snapshot, restore, request.get(), watch)
                : database(source, snapshot, restore.database().orElseThrow(), watch);
    }

    private static Report.End database(RestoreSource source, Snapshot snapshot, DatabaseTarget target, JobWatch watch) {
        long total = snapshot.manifest().statistics().bytes();
        AtomicLong bytes = new AtomicLong();
        try (source) {
            DatabaseRestore.Restored restored = DatabaseRestore.run(
                    source,
                    snapshot,
                    target,
                    more -> watch.progress(new Report.Progress(0, bytes.addAndGet(more), total, 0)));
            restored.notes().forEach(note -> watch.event("warning", restored.text(), note));
            return new Report.End("done", restored.text() + " is back, " + restored.bytes() + " bytes", List.of());
        }
    }

    private Repository openVault(ObjectStore store) {
        List<Credential> all = new ArrayList<>(keys.credentials());
        furtherKeys.stream().map(VaultKeys::keyIn).forEach(all::add);
        try {
            if (!all.isEmpty()) {
                return Repository.open(store, all, settings);
            }
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.WRONG_KEY) {
                throw e;
            }
        }
        throw new HoldfastException(
                ErrorCode.WRONG_KEY,
                "no key on this host opens " + store.describe(),
                "Restore on the host that saved it, or write its key into a file and name that in agent.yaml: vault-keys.");
    }

    private static Report.End files(
            RestoreSource source, Snapshot snapshot, RestoreOrder restore, RestoreRequest request, JobWatch watch) {
        long total = snapshot.manifest().statistics().bytes();
        Watching listener =
                new Watching(watch, restore.paths().isEmpty() ? total : -1, new AtomicLong(), new AtomicLong());
        RestoreResult result = new FileRestore(source, HostFiles.ofThisSystem(), snapshot, request, listener).run();
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
