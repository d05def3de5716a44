package io.holdfast.sources.backup;

import java.util.List;

/** Where a {@link LargeFileReader} sends what it reads. Used by one thread. */
interface LargeFileOutput {
    /** An array for more than the largest chunk. */
    byte[] leaseLarge() throws InterruptedException;

    /** Takes chunks without ids that lie in {@code buffer}, which goes with them. */
    void part(byte[] buffer, List<HashedChunk> chunks) throws InterruptedException;

    void event(WalkEvent event) throws InterruptedException;
}
