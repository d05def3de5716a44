package io.holdfast.control;

import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.api.SearchApi.NamePage;
import io.holdfast.protocol.api.SnapshotApi.Detail;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ChunkSource;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Who has repositories open, as far as the control server asks for what is in them. It sees no content itself. Safe for many threads. */
public interface RepositoryDesk {
    /**
     * What the repository says of snapshots; those that it does not have, or where it is not open, are left out.
     *
     * @param snapshots their ids, generation and random part
     */
    Map<String, Detail> details(String repositoryId, Collection<String> snapshots);

    /**
     * Begins to read a snapshot.
     *
     * @param owner whose it is
     * @throws io.holdfast.core.HoldfastException {@code NO_REPOSITORY} or {@code NOT_FOUND}
     */
    ReadAnswer begin(String owner, String repositoryId, String snapshot);

    /**
     * Writes chunks that a read may have.
     *
     * @param chunkIds one after the other
     * @param withContent else only metadata may be asked for
     * @param target is asked for when it is known that they may be read; closed
     */
    void serve(String owner, String read, byte[] chunkIds, boolean withContent, Supplier<OutputStream> target)
            throws IOException;

    /** Ends it; nothing happens where it has ended. */
    void end(String owner, String read);

    /**
     * What is looked for in the names of a repository.
     *
     * @param repository its name
     * @param question a part of a name, or a pattern
     * @param hosts which ones, by their names, may be looked at
     * @param from what the page before gave as its next
     * @param limit names a page, at least 1
     * @param time after which the page ends with what it has
     */
    record NameWish(
            String repository,
            String repositoryId,
            String question,
            Predicate<String> hosts,
            Optional<String> from,
            int limit,
            Duration time) {}

    /**
     * Names over all snapshots; none where the repository is not open.
     *
     * @throws io.holdfast.core.HoldfastException {@code USAGE} where there is something wrong with the wish
     */
    NamePage names(NameWish wish);

    /**
     * The snapshots that a repository has, and whether nothing was left out of each.
     *
     * @return by their ids
     * @throws io.holdfast.core.HoldfastException {@code STORE_UNREACHABLE} where it is not open
     */
    Map<String, Boolean> complete(String repositoryId);

    /**
     * What became of snapshots that were to go.
     *
     * @param kept those that stay all the same, with why
     */
    record Forgotten(Set<String> forgotten, Map<String, String> kept) {}

    /**
     * Forgets snapshots. Those that are locked or held stay, and so does the last good one of each source, whoever made it.
     *
     * @throws io.holdfast.core.HoldfastException {@code STORE_UNREACHABLE} where it is not open; {@code DAMAGED} where the store shows an older state: then nothing goes
     */
    Forgotten forget(String repositoryId, Set<String> snapshots);

    /**
     * Looks into a snapshot, for whoever has found out who may.
     *
     * @throws io.holdfast.core.HoldfastException {@code STORE_UNREACHABLE} where the repository is not open, {@code NOT_FOUND} where it has no such snapshot
     */
    OpenSnapshot browse(String repositoryId, String snapshot);

    /**
     * A snapshot that is being looked into. Thread-safe; closed by who asked for it.
     *
     * @param chunks its pages and content, checked
     * @param end gives back what it holds
     */
    record OpenSnapshot(Snapshot snapshot, ChunkSource chunks, Runnable end) implements AutoCloseable {
        @Override
        public void close() {
            end.run();
        }
    }

    /** How many bytes a repository has in its store, as its index knows; empty where it is not open. */
    OptionalLong storedBytes(String repositoryId);

    /**
     * What opens a repository.
     *
     * @param repositoryId in hexadecimal digits
     * @param key text of a key file
     * @param isNew whether it is to be made
     */
    record Opening(String repositoryId, String key, boolean isNew) {
        /** Never the key. */
        @Override
        public String toString() {
            return "opening of " + repositoryId;
        }
    }

    /**
     * Draws id and key of a repository that is to be made.
     *
     * @throws io.holdfast.core.HoldfastException {@code REFUSED} where there is one
     */
    Opening draw(String url);

    /**
     * Looks at a repository that is there.
     *
     * @throws io.holdfast.core.HoldfastException {@code NO_REPOSITORY}, {@code WRONG_KEY} or {@code STORE_UNREACHABLE}
     */
    Opening look(String url, String key);

    /** Room on the disk of a store. */
    record Room(long freeBytes, long totalBytes) {}

    /** How much room is left where a repository lies; empty where nobody can tell, as with buckets. */
    Optional<Room> room(String url);

    /** Whether it can be used now. */
    boolean isOpen(String repositoryId);

    /** Opens it from now on, and makes it where it is new. */
    void open(String url, Opening opening);

    /** Has it open no more; nothing happens where it is not. */
    void close(String repositoryId);

    /**
     * Looks whether snapshots can be stored so; where the repository is not open, nobody knows.
     *
     * @throws io.holdfast.core.HoldfastException {@code REFUSED} where its store cannot lock, {@code USAGE} where it has no such storage class
     */
    void requireStoring(String repositoryId, boolean locks, Optional<String> dataClass);
}
