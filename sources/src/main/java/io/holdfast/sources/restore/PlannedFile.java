package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.Directory;
import java.util.concurrent.atomic.AtomicInteger;

/** A file whose content is being restored. Shared by the workers that write its chunks. */
final class PlannedFile {
    final Bytes path;
    final TreeEntry entry;
    final Directory directory;
    final Extents extents;
    /** The whole content is one chunk and the file is not there yet: made and finished in one go. */
    final boolean inOneGo;
    /** The file was there before: what it held is kept where a chunk cannot be had. */
    final boolean update;

    final AtomicInteger chunksLeft = new AtomicInteger();
    volatile boolean failed;
    /** How much of it the listener has heard of. */
    private long told;

    /** @param directory a handle of its own, closed when the window is done */
    PlannedFile(Bytes path, TreeEntry entry, Directory directory, boolean inOneGo, boolean update) {
        this.path = path;
        this.entry = entry;
        this.directory = directory;
        this.inOneGo = inOneGo;
        this.update = update;
        this.extents = new Extents(entry.sizeBytes(), entry.holes());
    }

    /**
     * So much more of it is there.
     *
     * @return what to tell of that; nothing where it has failed already
     */
    synchronized long advance(long bytes) {
        if (failed) {
            return 0;
        }
        told += bytes;
        return bytes;
    }

    /** What is left to tell when all of it is there. */
    synchronized long rest() {
        return advance(entry.sizeBytes() - told);
    }

    /** What to take back of what was told. */
    synchronized long takeBack() {
        long back = told;
        told = 0;
        return back;
    }

    /** Several of its chunks may be lost, and several workers find out: true for the first of them. */
    synchronized boolean fail() {
        boolean first = !failed;
        failed = true;
        return first;
    }
}
