package io.holdfast.cli;

import io.holdfast.control.ManifestFacts;
import io.holdfast.control.RepositoryDesk;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.media.HostReads;
import io.holdfast.media.NameIndexes;
import io.holdfast.media.OpenRepositories;
import io.holdfast.media.StoreRoom;
import io.holdfast.protocol.ChunkIds;
import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.SnapshotText;
import io.holdfast.protocol.api.SearchApi.NamePage;
import io.holdfast.protocol.api.SearchApi.NameView;
import io.holdfast.protocol.api.SnapshotApi.Detail;
import io.holdfast.repository.ChunkCache;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.LastGood;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.snapshot.Removals;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotListing;
import io.holdfast.repository.snapshot.Snapshots;
import io.holdfast.search.Found;
import io.holdfast.search.NameQuery;
import io.holdfast.search.SearchIndex;
import io.holdfast.search.SearchPage;
import io.holdfast.search.SearchPosition;
import java.io.IOException;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The repositories that are open in the control server's own process. */
final class LocalRepositories implements RepositoryDesk, AutoCloseable {
    /** Pages of trees lie together: few frames serve who looks about. */
    private static final long BROWSED_BYTES = 24L << 20;

    private final OpenRepositories repositories;
    private final HostReads reads;
    private final NameIndexes names;
    private final Map<Repository, ChunkCache> browsed = new ConcurrentHashMap<>();

    LocalRepositories(OpenRepositories repositories, HostReads reads, NameIndexes names) {
        this.repositories = repositories;
        this.reads = reads;
        this.names = names;
    }

    @Override
    public Map<String, Detail> details(String repositoryId, Collection<String> snapshots) {
        Map<String, Detail> details = new HashMap<>();
        repositories.of(Bytes.ofHex(repositoryId)).ifPresent(repository -> {
            Set<SnapshotId> held = repository.holds().held();
            for (String id : snapshots) {
                live(repository, id)
                        .ifPresent(snapshot ->
                                details.put(id, new Detail(SnapshotText.of(snapshot), held.contains(snapshot.id()))));
            }
        });
        return details;
    }

    private static Optional<Snapshot> live(Repository repository, String text) {
        return SnapshotId.find(text)
                .filter(repository.snapshots()::isLive)
                .flatMap(id -> repository.snapshots().occupant(id) instanceof Snapshots.Occupant.Present present
                        ? Optional.of(present.snapshot())
                        : Optional.empty());
    }

    @Override
    public ReadAnswer begin(String owner, String repositoryId, String snapshot) {
        Repository repository = open(repositoryId);
        return reads.begin(owner, repository, known(repository, snapshot));
    }

    @Override
    public Map<String, Boolean> complete(String repositoryId) {
        Map<String, Boolean> complete = new HashMap<>();
        open(repositoryId)
                .snapshots()
                .live()
                .forEach(snapshot -> complete.put(snapshot.id().leaf(), snapshot.isComplete()));
        return complete;
    }

    /** @param removed what goes */
    private record Choice(Set<SnapshotId> removed, Map<String, String> kept) implements Removals.Decision {}

    @Override
    public Forgotten forget(String repositoryId, Set<String> snapshots) {
        Repository repository = open(repositoryId);
        PruneCommand.requireNoRollback(repository, "removed");
        Choice choice = ForgetCommand.remove(repository, listing -> choose(repository, listing, snapshots));
        return new Forgotten(
                choice.removed().stream().map(SnapshotId::leaf).collect(Collectors.toSet()), choice.kept());
    }

    private static Choice choose(Repository repository, SnapshotListing listing, Set<String> wanted) {
        Protection protection = Protection.of(repository);
        Set<Snapshot> going = new LinkedHashSet<>();
        Map<String, String> kept = new HashMap<>();
        for (Snapshot snapshot : listing.live()) {
            if (wanted.contains(snapshot.id().leaf())) {
                List<String> reasons = protection.reasonsAgainstRemoving(snapshot);
                if (reasons.isEmpty()) {
                    going.add(snapshot);
                } else {
                    kept.put(snapshot.id().leaf(), String.join(", ", reasons));
                }
            }
        }
        for (Snapshot snapshot : LastGood.irreplaceable(listing.live(), going)) {
            going.remove(snapshot);
            kept.put(snapshot.id().leaf(), LastGood.REASON);
        }
        return new Choice(going.stream().map(Snapshot::id).collect(Collectors.toSet()), kept);
    }

    @Override
    public void serve(String owner, String read, byte[] chunkIds, boolean withContent, Supplier<OutputStream> target)
            throws IOException {
        reads.serve(owner, read, ChunkIds.decode(chunkIds), withContent, target);
    }

    @Override
    public void end(String owner, String read) {
        reads.end(owner, read);
    }

    @Override
    public NamePage names(NameWish wish) {
        NameQuery query = NameQuery.of(wish.question());
        Optional<SearchPosition> from = wish.from().map(SearchPosition::parse);
        Optional<SearchIndex> index = names.of(Bytes.ofHex(wish.repositoryId()));
        if (index.isEmpty()) {
            return new NamePage(List.of(), Optional.empty(), false);
        }
        SearchPage page =
                index.get().search(query, source -> wish.hosts().test(source.host()), from, wish.limit(), wish.time());
        return new NamePage(
                page.found().stream()
                        .map(found -> view(wish.repository(), found))
                        .toList(),
                page.next().map(SearchPosition::text),
                page.isTimeUp());
    }

    private static NameView view(String repository, Found found) {
        return new NameView(
                found.source().host(),
                ManifestFacts.source(found.source().paths()),
                Names.text(found.path()),
                found.type().name().toLowerCase(Locale.ROOT),
                found.sizeBytes(),
                Instant.ofEpochSecond(found.modifiedSeconds()),
                repository,
                found.newest().text(),
                found.versions(),
                found.isGone());
    }

    @Override
    public OpenSnapshot browse(String repositoryId, String snapshot) {
        Repository repository = open(repositoryId);
        Snapshot found = known(repository, snapshot);
        ChunkCache cache = cache(repository);
        return new OpenSnapshot(found, id -> read(cache, id), () -> {});
    }

    /** A chunk of a repository, for whoever has found out who may have it. */
    byte[] chunk(String repositoryId, ChunkId id) {
        return read(cache(open(repositoryId)), id);
    }

    private ChunkCache cache(Repository repository) {
        return browsed.computeIfAbsent(repository, each -> each.newChunkCache(BROWSED_BYTES));
    }

    private static byte[] read(ChunkCache cache, ChunkId id) {
        ChunkCache.Part part = cache.find(id)
                .orElseThrow(
                        () -> HoldfastException.damaged("chunk " + id + " is in no pack, or damaged in all of them"));
        return Arrays.copyOfRange(part.bytes(), part.start(), part.start() + part.length());
    }

    private Repository open(String repositoryId) {
        return repositories
                .of(Bytes.ofHex(repositoryId))
                .orElseThrow(() -> new HoldfastException(
                        ErrorCode.STORE_UNREACHABLE, "the repository is not open", "The server's log says why."));
    }

    private static Snapshot known(Repository repository, String snapshot) {
        return live(repository, snapshot)
                .orElseThrow(() -> HoldfastException.notFound("the snapshot is not in its repository any more"));
    }

    @Override
    public OptionalLong storedBytes(String repositoryId) {
        return repositories
                .of(Bytes.ofHex(repositoryId))
                .map(repository -> OptionalLong.of(OpenRepositories.storedBytes(repository)))
                .orElse(OptionalLong.empty());
    }

    /** To be called when nobody looks any more. */
    @Override
    public void close() {
        browsed.values().forEach(ChunkCache::close);
        browsed.clear();
    }

    @Override
    public Opening draw(String url) {
        if (OpenRepositories.exists(url)) {
            throw new HoldfastException(
                    ErrorCode.REFUSED, "there is a repository at " + url + " already", "Add it with its --key-file.");
        }
        SecureRandom random = new SecureRandom();
        byte[] id = new byte[16];
        random.nextBytes(id);
        return new Opening(Bytes.wrap(id).toHex(), KeyFile.generate(random).toText(), true);
    }

    @Override
    public Opening look(String url, String key) {
        Bytes id = repositories.look(url, new Credential.Key(KeyFile.parse(key, "the key")));
        return new Opening(id.toHex(), key, false);
    }

    @Override
    public Optional<Room> room(String url) {
        return StoreRoom.of(url).map(room -> new Room(room.freeBytes(), room.totalBytes()));
    }

    @Override
    public void close(String repositoryId) {
        repositories.of(Bytes.ofHex(repositoryId)).map(browsed::remove).ifPresent(ChunkCache::close);
        repositories.close(Bytes.ofHex(repositoryId));
    }

    @Override
    public void requireStoring(String repositoryId, boolean locks, Optional<String> dataClass) {
        repositories.of(Bytes.ofHex(repositoryId)).ifPresent(repository -> {
            if (locks && !repository.store().capabilities().locks()) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        repository.store().describe() + " cannot lock snapshots",
                        "Use a repository in a bucket that was made with Object Lock, or leave lock-for out.");
            }
            dataClass.ifPresent(name -> {
                var ignored = repository.store().withDataClass(name);
            });
        });
    }

    @Override
    public boolean isOpen(String repositoryId) {
        return repositories.of(Bytes.ofHex(repositoryId)).isPresent();
    }

    @Override
    public void open(String url, Opening opening) {
        Credential credential = new Credential.Key(KeyFile.parse(opening.key(), "the key"));
        var ignored = opening.isNew()
                ? repositories.create(url, Bytes.ofHex(opening.repositoryId()), credential, "server")
                : repositories.open(url, credential);
        names.look();
    }
}
