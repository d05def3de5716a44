package io.holdfast.sources.restore;

import io.holdfast.repository.ChunkId;
import java.util.List;

/**
 * Chunks that are wanted in some places: collected, then read together, each once however often it is wanted. Filled by one thread, then worked off by many.
 *
 * @param <N> what a chunk is wanted for
 */
public interface ContentPlan<N> {
    /**
     * Wants a chunk.
     *
     * @return false where it is known to be lost
     */
    boolean add(ChunkId id, int lengthBytes, N need);

    /** What has to be done to read all of it, each for any thread. Nothing can be added any more. */
    List<Runnable> tasks(Taker<N> taker);

    /** Takes chunks; for many threads. */
    @FunctionalInterface
    interface Taker<N> {
        /**
         * @param bytes holds the chunk, and must not be changed; valid until this returns
         * @param start where it starts, or −1 where no whole copy was found yet
         */
        void take(N need, byte[] bytes, int start);
    }
}
