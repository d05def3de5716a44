package io.holdfast.sources.backup;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/**
 * A stretch of the tree: what was found in it, the small files to read, and the buffer they are read into. The unit in which work
 * passes from the walker to the readers and on to the assembler.
 */
final class ReadGroup {
    final List<WalkEvent> events = new ArrayList<>();
    final List<FileToRead> files = new ArrayList<>();
    /** Chunks of large files, read by the walker, to be hashed. */
    final List<HashedChunk> parts = new ArrayList<>();

    /** What the assembler gives back when it is done; empty arrays need not be. */
    byte[] buffer = NO_BUFFER;

    /** Bytes of {@link #buffer} promised to files. */
    int promisedBytes;

    Future<?> read = CompletableFuture.completedFuture(null);

    /** Closes the handles that were meant for the assembler. */
    void closeHandles() {
        for (WalkEvent event : events) {
            if (event instanceof WalkEvent.FurtherName name) {
                name.directory().close();
            } else if (event instanceof WalkEvent.Read read && read.file().late) {
                read.file().directory.close();
            }
        }
    }

    static final byte[] NO_BUFFER = new byte[0];
}
