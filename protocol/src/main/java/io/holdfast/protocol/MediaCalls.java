package io.holdfast.protocol;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import java.io.InputStream;
import java.util.BitSet;
import java.util.List;

/**
 * What a host asks a media server for (docs/server.md, section "Data path"). Each may be asked again where its answer was lost. Safe for many threads.
 *
 * <p>Every call throws {@link HoldfastException}: {@code STORE_UNREACHABLE} where nobody answers, {@code FENCED} where the job is another's, {@code NOT_FOUND} where the session is over,
 * {@code REFUSED} or {@code DAMAGED} where what was sent is not taken, which also ends the session.
 */
public interface MediaCalls {
    SessionAnswer begin(SessionRequest request);

    /** Which of these may be referred to without being sent. */
    BitSet known(String session, List<ChunkName> chunks);

    /**
     * Sends frames.
     *
     * @param stream a {@link FrameStream}
     * @param length of what is in the array
     */
    void frames(String session, byte[] stream, int length);

    /** All that was sent is durable and indexed. */
    void flush(String session);

    CommitAnswer commit(String session, CommitRequest request);

    /** Ends a session without a snapshot. */
    void giveUp(String session);

    ReadAnswer beginRead(ReadRequest request);

    /** The chunks, in a {@link FrameStream}, in order, each as what the snapshot reaches it; the caller closes it. At most 32 MiB of them. */
    InputStream chunks(String read, List<ChunkId> chunks);

    void endRead(String read);
}
