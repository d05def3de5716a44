package io.holdfast.control;

import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.api.SnapshotApi.Detail;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Collection;
import java.util.Map;

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
     */
    void serve(String owner, String read, byte[] chunkIds, boolean withContent, OutputStream target) throws IOException;

    /** Ends it; nothing happens where it has ended. */
    void end(String owner, String read);
}
