package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.MediaServer;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.catalog.ServedRepositories.Held;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Json;
import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.SnapshotText;
import io.holdfast.protocol.api.SearchApi.NamePage;
import io.holdfast.protocol.api.SnapshotApi.Detail;
import io.holdfast.protocol.machine.Errand;
import io.holdfast.protocol.machine.Errand.Kind;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.snapshot.Snapshot;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Asks this process where it has a repository open, else a media server that has. Thread-safe. */
final class RoutedRepositories implements RepositoryDesk {
    /** Pages of trees that were read last, of all repositories elsewhere. */
    private static final long KEPT_BYTES = 24L << 20;
    /** Content is larger, and read once. */
    private static final int LARGEST_KEPT_BYTES = 256 << 10;

    private final RepositoryDesk here;
    private final Catalog catalog;
    private final Errands errands;
    private final InstantSource clock;
    private final Map<String, byte[]> kept = new LinkedHashMap<>(16, 0.75f, true);
    private long keptBytes;

    /** @param here this process */
    RoutedRepositories(RepositoryDesk here, Catalog catalog, Errands errands, InstantSource clock) {
        this.here = here;
        this.catalog = catalog;
        this.errands = errands;
        this.clock = clock;
    }

    /** The media servers that have a repository open and were heard lately, those first that wait for errands; none where this process has it, or nobody. */
    private List<MediaServer> elsewhere(String repositoryId) {
        if (here.isOpen(repositoryId)) {
            return List.of();
        }
        Set<String> names = new TreeSet<>(names(repositoryId));
        List<Held> held = catalog.servedRepositories().held().stream()
                .filter(each -> each.isOpen() && names.contains(each.repository()))
                .toList();
        return catalog.mediaServers().all().stream()
                .filter(server -> !MediaChoice.isInControl(server) && MediaChoice.isThere(server, clock.instant()))
                .filter(server -> held.stream().anyMatch(each -> each.server().equals(server.id())))
                .sorted(Comparator.comparing((MediaServer server) -> !errands.isListening(server.id())))
                .toList();
    }

    private List<String> names(String repositoryId) {
        return catalog.repositories().all().stream()
                .filter(entry -> entry.repositoryId().equals(repositoryId))
                .map(RepositoryEntry::name)
                .toList();
    }

    /** What a media server has answered. */
    private record Answered(MediaServer server, byte[] body) {
        <T> T as(Class<T> type) {
            return Json.readAnswer(new ByteArrayInputStream(body), type);
        }
    }

    private Answered ask(MediaServer server, Kind kind, String repositoryId, Collection<String> words) {
        return new Answered(server, errands.ask(server.id(), server.name(), kind, repositoryId, List.copyOf(words)));
    }

    /** Asks one after the other, as long as one does not answer. */
    private Answered ask(List<MediaServer> servers, Kind kind, String repositoryId, Collection<String> words) {
        for (MediaServer server : servers.subList(0, servers.size() - 1)) {
            try {
                return ask(server, kind, repositoryId, words);
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.STORE_UNREACHABLE) {
                    throw e;
                }
            }
        }
        return ask(servers.getLast(), kind, repositoryId, words);
    }

    @Override
    public Map<String, Detail> details(String repositoryId, Collection<String> snapshots) {
        List<MediaServer> servers = elsewhere(repositoryId);
        if (servers.isEmpty() || snapshots.isEmpty()) {
            return here.details(repositoryId, snapshots);
        }
        try {
            return ask(servers, Kind.DETAILS, repositoryId, snapshots)
                    .as(Errand.Details.class)
                    .details();
        } catch (HoldfastException e) {
            if (e.code() == ErrorCode.STORE_UNREACHABLE) {
                // As where it is open nowhere.
                return new HashMap<>();
            }
            throw e;
        }
    }

    /** Names the media server in what is read, so that what follows goes there, too. */
    @Override
    public ReadAnswer begin(String owner, String repositoryId, String snapshot) {
        List<MediaServer> servers = elsewhere(repositoryId);
        if (servers.isEmpty()) {
            return here.begin(owner, repositoryId, snapshot);
        }
        Answered begun = ask(servers, Kind.BEGIN, repositoryId, List.of(owner, snapshot));
        ReadAnswer answer = begun.as(ReadAnswer.class);
        return new ReadAnswer(begun.server().id().text() + "-" + answer.read(), answer.naming(), answer.snapshot());
    }

    /** A read at a media server, as {@link #begin} names it. */
    private record ReadElsewhere(MediaServer server, String read) {}

    private Optional<ReadElsewhere> readElsewhere(String read) {
        int end = read.indexOf('-');
        return end < 0
                ? Optional.empty()
                : catalog.mediaServers().all().stream()
                        .filter(server -> server.id().text().equals(read.substring(0, end)))
                        .findFirst()
                        .map(server -> new ReadElsewhere(server, read.substring(end + 1)));
    }

    @Override
    public void serve(String owner, String read, byte[] chunkIds, boolean withContent, Supplier<OutputStream> target)
            throws IOException {
        Optional<ReadElsewhere> elsewhere = readElsewhere(read);
        if (elsewhere.isEmpty()) {
            here.serve(owner, read, chunkIds, withContent, target);
            return;
        }
        List<String> words = List.of(
                owner,
                elsewhere.get().read(),
                withContent ? "content" : "tree",
                Base64.getUrlEncoder().withoutPadding().encodeToString(chunkIds));
        byte[] frames = ask(elsewhere.get().server(), Kind.SERVE, "", words).body();
        try (OutputStream out = target.get()) {
            out.write(frames);
        }
    }

    @Override
    public void end(String owner, String read) {
        Optional<ReadElsewhere> elsewhere = readElsewhere(read);
        if (elsewhere.isEmpty()) {
            here.end(owner, read);
            return;
        }
        Answered ignored = ask(
                elsewhere.get().server(),
                Kind.END,
                "",
                List.of(owner, elsewhere.get().read()));
    }

    @Override
    public NamePage names(NameWish wish) {
        return here.names(wish);
    }

    @Override
    public Map<String, Boolean> complete(String repositoryId) {
        List<MediaServer> servers = elsewhere(repositoryId);
        return servers.isEmpty()
                ? here.complete(repositoryId)
                : ask(servers, Kind.COMPLETE, repositoryId, List.of())
                        .as(Errand.Complete.class)
                        .complete();
    }

    @Override
    public Forgotten forget(String repositoryId, Set<String> snapshots) {
        List<MediaServer> servers = elsewhere(repositoryId);
        if (servers.isEmpty()) {
            return here.forget(repositoryId, snapshots);
        }
        Errand.Forgotten done =
                ask(servers, Kind.FORGET, repositoryId, snapshots).as(Errand.Forgotten.class);
        return new Forgotten(new TreeSet<>(done.forgotten()), done.kept());
    }

    @Override
    public OpenSnapshot browse(String repositoryId, String snapshot) {
        List<MediaServer> servers = elsewhere(repositoryId);
        if (servers.isEmpty()) {
            return here.browse(repositoryId, snapshot);
        }
        Snapshot found = ask(servers, Kind.SNAPSHOT, repositoryId, List.of(snapshot))
                .as(SnapshotText.class)
                .snapshot();
        return new OpenSnapshot(found, id -> chunk(servers, repositoryId, id), () -> {});
    }

    private byte[] chunk(List<MediaServer> servers, String repositoryId, ChunkId id) {
        String name = repositoryId + id;
        synchronized (kept) {
            byte[] known = kept.get(name);
            if (known != null) {
                return known.clone();
            }
        }
        byte[] chunk =
                ask(servers, Kind.CHUNK, repositoryId, List.of(id.toString())).body();
        if (chunk.length <= LARGEST_KEPT_BYTES) {
            keep(name, chunk.clone());
        }
        return chunk;
    }

    private void keep(String name, byte[] chunk) {
        synchronized (kept) {
            if (kept.put(name, chunk) == null) {
                keptBytes += chunk.length;
            }
            var oldest = kept.values().iterator();
            while (keptBytes > KEPT_BYTES && oldest.hasNext()) {
                keptBytes -= oldest.next().length;
                oldest.remove();
            }
        }
    }

    @Override
    public OptionalLong storedBytes(String repositoryId) {
        OptionalLong own = here.storedBytes(repositoryId);
        if (own.isPresent()) {
            return own;
        }
        List<String> names = names(repositoryId);
        return catalog.servedRepositories().held().stream()
                .filter(held -> held.isOpen() && names.contains(held.repository()))
                .mapToLong(Held::storedBytes)
                .max();
    }

    @Override
    public Opening draw(String url) {
        return here.draw(url);
    }

    @Override
    public Opening look(String url, String key) {
        return here.look(url, key);
    }

    /** Of a path that only a media server has, its word counts: on this machine it would be another disk. */
    @Override
    public Optional<Room> room(String url) {
        Optional<RepositoryEntry> elsewhere = catalog.repositories().all().stream()
                .filter(entry -> entry.url().equals(url) && !here.isOpen(entry.repositoryId()))
                .findFirst();
        if (elsewhere.isEmpty()) {
            return here.room(url);
        }
        return catalog.servedRepositories().held().stream()
                .filter(held -> held.repository().equals(elsewhere.get().name()) && held.freeBytes() >= 0)
                .findFirst()
                .map(held -> new Room(held.freeBytes(), held.totalBytes()));
    }

    @Override
    public boolean isOpen(String repositoryId) {
        return here.isOpen(repositoryId) || !elsewhere(repositoryId).isEmpty();
    }

    @Override
    public void open(String url, Opening opening) {
        here.open(url, opening);
    }

    @Override
    public void close(String repositoryId) {
        here.close(repositoryId);
    }

    @Override
    public void requireStoring(String repositoryId, boolean locks, Optional<String> dataClass) {
        here.requireStoring(repositoryId, locks, dataClass);
    }
}
