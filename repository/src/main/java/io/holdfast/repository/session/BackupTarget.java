package io.holdfast.repository.session;

import io.holdfast.core.Bytes;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.chunk.Chunker;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.KeptTree;
import java.util.Optional;

/**
 * Where backups are made: a repository that is open here, or one behind a media server. Tells how chunks are cut and named there, and begins sessions.
 * Thread-safe.
 */
public interface BackupTarget {
    /** How this process works with it. */
    RepositorySettings settings();

    /** Cuts as the repository does. */
    Chunker chunker();

    /** Names new chunks as the repository does; for one thread. */
    ChunkHasher newHasher();

    /** Registers a writer. */
    BackupSession beginSession(String purpose);

    /** The same for content of which small parts are read: so much of it shares a frame. */
    BackupSession beginSession(String purpose, int frameBytes);

    /** Reads the metadata of earlier snapshots. */
    ChunkSource newChunkReader();

    /** Where this host keeps the trees of its own backups; empty where it reads them as well in the repository. */
    Optional<KeptTree.Home> ownTrees();

    /** Of the newest verdict that is known here. */
    Optional<Bytes> newestVerdictHash();

    /** Tidies up after a backup. */
    void tidyIndex();
}
