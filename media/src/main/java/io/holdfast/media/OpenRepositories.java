package io.holdfast.media;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.index.IndexedPack;
import io.holdfast.storage.Bandwidth;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.stores.StorePlace;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The repositories that a media server has open. Thread-safe. */
public final class OpenRepositories implements AutoCloseable {
    private final RepositorySettings settings;
    private final Map<Bytes, Opened> byId = new ConcurrentHashMap<>();

    private record Opened(
            Repository repository, ObjectStore store, StorePlace place, Map<String, ObjectStore> vaults) {}

    /** Where the vault of a host lies, and its objects. Whoever asked borrows the store. */
    public record Vault(StorePlace place, ObjectStore store) {}

    /** @param settings of this process: caches, threads, clocks */
    public OpenRepositories(RepositorySettings settings) {
        this.settings = settings;
    }

    /**
     * Makes a repository, and keeps it open.
     *
     * @param url as {@code --repo} takes it
     * @param id drawn before, so that whoever keeps the key knows of what
     * @throws HoldfastException {@code REFUSED} where there is one already
     */
    public Repository create(String url, Bytes id, Credential credential, String label) {
        ObjectStore store = StorePlace.parse(url).create(Optional.empty(), Bandwidth.UNLIMITED);
        try {
            Repository made =
                    Repository.create(store, id, credential, label, settings).repository();
            return keep(made, store, StorePlace.parse(url));
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    /** Whether there is a repository. */
    public static boolean exists(String url) {
        try (ObjectStore store = StorePlace.parse(url).open(Bandwidth.UNLIMITED)) {
            return Repository.exists(store);
        } catch (HoldfastException e) {
            if (e.code() == ErrorCode.NO_REPOSITORY) {
                return false;
            }
            throw e;
        }
    }

    /** The id of a repository that this opens; nothing stays open. */
    public Bytes look(String url, Credential credential) {
        try (ObjectStore store = StorePlace.parse(url).open(Bandwidth.UNLIMITED);
                Repository repository = Repository.open(store, List.of(credential), settings)) {
            return repository.keyring().repositoryId();
        }
    }

    /**
     * Opens a repository, and keeps it open.
     *
     * @throws HoldfastException {@code REFUSED} where it is open already: others are at work with it
     */
    public Repository open(String url, Credential credential) {
        ObjectStore store = StorePlace.parse(url).open(Bandwidth.UNLIMITED);
        try {
            return keep(Repository.open(store, List.of(credential), settings), store, StorePlace.parse(url));
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private Repository keep(Repository repository, ObjectStore store, StorePlace place) {
        Opened opened = new Opened(repository, store, place, new ConcurrentHashMap<>());
        if (byId.putIfAbsent(repository.keyring().repositoryId(), opened) != null) {
            repository.close();
            throw new HoldfastException(
                    ErrorCode.REFUSED, "the repository at " + store.describe() + " is open already", "Use that one.");
        }
        return repository;
    }

    /** The one with this id, where it is open. */
    public Optional<Repository> of(Bytes id) {
        return Optional.ofNullable(byId.get(id)).map(Opened::repository);
    }

    /**
     * The vault of a host beside an open repository, open until that is closed.
     *
     * @param host its id
     * @param isNew whether it may be made (step V2 of docs/server.md)
     * @throws HoldfastException {@code NO_REPOSITORY} where the repository is away, or has no such vault
     */
    public Vault vault(Bytes id, String host, boolean isNew) {
        Opened opened = Optional.ofNullable(byId.get(id))
                .orElseThrow(() -> new HoldfastException(
                        ErrorCode.NO_REPOSITORY, "repository " + id + " is not open at this media server"));
        if (!Repository.exists(opened.store())) {
            // Its disk is away: nothing is made in its place.
            throw new HoldfastException(
                    ErrorCode.NO_REPOSITORY,
                    "there is no repository in " + opened.store().describe() + " any more");
        }
        StorePlace place = opened.place().below(VaultPlaces.VAULTS + host);
        ObjectName mark = ObjectName.of(VaultPlaces.MARKS + host);
        if (isNew) {
            var ignored = opened.store().put(mark, List.of());
        } else if (opened.store().stat(mark).isEmpty()) {
            throw new HoldfastException(ErrorCode.NO_REPOSITORY, "host " + host + " has no vault here");
        }
        ObjectStore store = opened.vaults()
                .computeIfAbsent(
                        host,
                        each -> isNew
                                ? place.create(Optional.empty(), Bandwidth.UNLIMITED)
                                : place.open(Bandwidth.UNLIMITED));
        return new Vault(place, store);
    }

    /** The hosts that have vaults beside an open repository. */
    public List<String> vaults(Bytes id) {
        Opened opened = byId.get(id);
        return opened == null
                ? List.of()
                : opened.store().names(VaultPlaces.MARKS).stream()
                        .map(ObjectName::leaf)
                        .toList();
    }

    /** How many bytes a repository has in its store, as its index knows. */
    public static long storedBytes(Repository repository) {
        return repository.index().packs().values().stream()
                .mapToLong(IndexedPack::sizeBytes)
                .sum();
    }

    /** Those that are open. */
    public List<Repository> all() {
        return byId.values().stream().map(Opened::repository).toList();
    }

    /** Closes the one with this id, where it is open; who is at work with it fails. */
    public void close(Bytes id) {
        Optional.ofNullable(byId.remove(id)).ifPresent(OpenRepositories::close);
    }

    @Override
    public void close() {
        byId.values().forEach(OpenRepositories::close);
        byId.clear();
    }

    private static void close(Opened opened) {
        opened.repository().close();
        opened.vaults().values().forEach(ObjectStore::close);
        opened.store().close();
    }
}
