package io.holdfast.media;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.index.IndexedPack;
import io.holdfast.storage.Bandwidth;
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

    private record Opened(Repository repository, ObjectStore store) {}

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
            return keep(made, store);
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
            return keep(Repository.open(store, List.of(credential), settings), store);
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private Repository keep(Repository repository, ObjectStore store) {
        Opened opened = new Opened(repository, store);
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
        opened.store().close();
    }
}
