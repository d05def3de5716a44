package io.holdfast.cli;

import io.holdfast.agent.data.MediaJob;
import io.holdfast.agent.data.MediaSnapshot;
import io.holdfast.core.Bytes;
import io.holdfast.core.RawText;
import io.holdfast.core.WallClock;
import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.SnapshotApi.SnapshotPage;
import io.holdfast.protocol.api.SnapshotApi.SnapshotView;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotListing;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.sources.restore.RestoreSource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The snapshots that a server knows, of all hosts that whoever is logged in may see. */
final class ServerSnapshots implements SnapshotAccess {
    /** Nobody's: who may read is decided by who is logged in. */
    private static final MediaJob NO_JOB = new MediaJob("", 0, List.of());

    /** A server keeps few for each. */
    private static final int OPEN_AT_ONCE = 4;

    private final RootCommand root;
    private final HttpCaller server;
    private final Map<SnapshotId, SnapshotView> views = new HashMap<>();
    private final Map<SnapshotId, RestoreSource> open = new LinkedHashMap<>();

    ServerSnapshots(RootCommand root) {
        this.root = root;
        this.server = ServerAccess.open(root);
    }

    @Override
    public SnapshotListing list() {
        List<Snapshot> all = new ArrayList<>();
        Optional<String> before = Optional.of("");
        while (before.isPresent()) {
            String from = before.get().isEmpty() ? "" : "&before=" + before.get();
            SnapshotPage page = server.get("/api/v1/snapshots?detail=1&limit=500" + from, SnapshotPage.class);
            for (SnapshotView view : page.items()) {
                view.detail().ifPresent(detail -> {
                    Snapshot snapshot = detail.snapshot().snapshot();
                    views.put(snapshot.id(), view);
                    all.add(snapshot);
                });
                if (view.encryptedBy().isPresent()) {
                    Snapshot known = known(view);
                    views.put(known.id(), view);
                    all.add(known);
                }
            }
            before = page.next();
        }
        Collections.reverse(all);
        return new SnapshotListing(all, List.of());
    }

    /** Of one that the server cannot read: what it knows all the same. There is no tree. */
    private static Snapshot known(SnapshotView view) {
        Manifest manifest = new Manifest(
                time(view.started()),
                time(view.ended()),
                view.host(),
                List.of(RawText.encode(view.source())),
                view.tags(),
                Optional.empty(),
                new SnapshotStatistics(
                        view.files(), 0, 0, view.bytes(), view.addedBytes(), view.storedBytes(), 0, 0, 0, 0),
                Optional.empty(),
                "",
                new TreeMap<>(),
                new TreeMap<>(),
                List.of(),
                Optional.empty(),
                "");
        return new Snapshot(new SnapshotId(0, Bytes.ofHex(view.id())), manifest, Bytes.wrap(new byte[0]));
    }

    private static Timestamp time(Instant instant) {
        return new Timestamp(instant.getEpochSecond(), instant.getNano());
    }

    @Override
    public Optional<String> encryptedBy(Snapshot snapshot) {
        return Optional.ofNullable(views.get(snapshot.id())).flatMap(SnapshotView::encryptedBy);
    }

    @Override
    public List<Snapshot> live() {
        return list().live();
    }

    @Override
    public ChunkSource chunks(Snapshot snapshot) {
        RestoreSource known = open.get(snapshot.id());
        if (known == null) {
            if (open.size() == OPEN_AT_ONCE) {
                SnapshotId oldest = open.keySet().iterator().next();
                closeQuietly(open.remove(oldest));
            }
            known = source(snapshot);
            open.put(snapshot.id(), known);
        }
        return known.chunks();
    }

    private static void closeQuietly(@Nullable RestoreSource source) {
        if (source != null) {
            source.close();
        }
    }

    @Override
    public void warnOfRollback(RootCommand ignored) {
        // The server keeps watch of its repositories itself.
    }

    @Override
    public Instant lockedUntil(Snapshot snapshot) {
        return Optional.ofNullable(views.get(snapshot.id()))
                .flatMap(SnapshotView::lockedUntil)
                .orElse(snapshot.manifest().lockedUntil());
    }

    @Override
    public boolean isHeld(Snapshot snapshot) {
        return Optional.ofNullable(views.get(snapshot.id()))
                .flatMap(SnapshotView::detail)
                .filter(detail -> detail.held())
                .isPresent();
    }

    @Override
    public List<String> reasons(Snapshot snapshot) {
        List<String> reasons = new ArrayList<>();
        Instant until = lockedUntil(snapshot);
        if (until.isAfter(WallClock.system().instant())) {
            reasons.add("locked until " + Formats.local(until));
        }
        if (isHeld(snapshot)) {
            reasons.add("held");
        }
        return reasons;
    }

    @Override
    public RestoreSource source(Snapshot snapshot) {
        RepositorySettings settings = RepositorySettings.of(
                root.cacheDirectory(),
                "holdfast " + VersionCommand.program(),
                (what, why) -> root.messages().warning(what, why));
        return MediaSnapshot.open(new ServerReads(server), NO_JOB, snapshot.id().text(), settings);
    }

    @Override
    public Optional<RepositoryAccess.Opened> repository() {
        return Optional.empty();
    }

    @Override
    public void close() {
        open.values().forEach(RestoreSource::close);
        open.clear();
        server.close();
    }
}
