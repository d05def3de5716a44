package io.holdfast.cli;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSegment;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * Counts what snapshots reach, each chunk once, from metadata alone. Memory is two bits for each entry of the index; pages that
 * were seen are not read again, so a snapshot that shares nearly all with the ones before costs nearly nothing. One thread.
 */
final class ReachedBytes {
    private final List<IndexSegment> segments;
    private final BitSet[] seenChunks;
    private final BitSet[] seenFrames;
    private final DirectoryReader directories;
    private final ContentReader contents;

    private long dataBytes;
    private long metadataBytes;
    private long chunks;
    private long storedBytes;
    private long missingChunks;

    ReachedBytes(Index index, ChunkSource source) {
        this.segments = index.segments();
        this.seenChunks = new BitSet[segments.size()];
        this.seenFrames = new BitSet[segments.size()];
        for (int i = 0; i < seenChunks.length; i++) {
            seenChunks[i] = new BitSet(segments.get(i).entryCount());
            seenFrames[i] = new BitSet();
        }
        this.directories = new DirectoryReader(source);
        this.contents = new ContentReader(source);
    }

    /** Content of files that all snapshots so far reach. */
    long dataBytes() {
        return dataBytes;
    }

    /** Tree pages and chunk lists. */
    long metadataBytes() {
        return metadataBytes;
    }

    long chunks() {
        return chunks;
    }

    /** Frames in which any of the chunks lie, as they are stored. */
    long storedBytes() {
        return storedBytes;
    }

    /** Chunks that the index does not know. */
    long missingChunks() {
        return missingChunks;
    }

    /** Adds what a snapshot reaches. */
    void add(Snapshot snapshot) {
        snapshot.manifest()
                .root()
                .filter(this::isNewPage)
                .ifPresent(page -> directory(directories.root(page).directory()));
    }

    private void directory(Optional<PageRef> root) {
        root.filter(this::isNewPage).ifPresent(page -> {
            List<TreeEntry> entries = new ArrayList<>();
            List<PageRef> children = new ArrayList<>();
            directories.page(page, entries::add, children::add);
            for (PageRef child : children) {
                directory(Optional.of(child));
            }
            for (TreeEntry entry : entries) {
                contents.walk(entry.content(), this::isNewPage, this::data);
                directory(entry.directory());
            }
        });
    }

    private boolean data(ChunkId id, int lengthBytes) {
        if (isNew(id)) {
            dataBytes += lengthBytes;
        }
        return true;
    }

    private boolean isNewPage(PageRef page) {
        boolean isNew = isNew(page.id());
        if (isNew) {
            metadataBytes += page.lengthBytes();
        }
        return isNew;
    }

    /** Of a chunk that a delta is built on: its frame is needed, whether a snapshot has the chunk or not. */
    private void addFrame(ChunkId base) {
        for (int i = 0; i < seenFrames.length; i++) {
            IndexSegment segment = segments.get(i);
            int entry = segment.find(base.a(), base.b());
            for (; entry >= 0 && segment.matches(entry, base.a(), base.b()); entry++) {
                int frame = segment.frameOf(entry);
                if (!segment.isDelta(entry)) {
                    if (!seenFrames[i].get(frame)) {
                        seenFrames[i].set(frame);
                        storedBytes += segment.place(entry).frame().storedBytes();
                    }
                    return;
                }
            }
        }
    }

    /** Marks the first entry of the chunk in the first segment that has one, which is the same for every look-up. */
    private boolean isNew(ChunkId id) {
        for (int i = 0; i < seenChunks.length; i++) {
            IndexSegment segment = segments.get(i);
            int entry = segment.find(id.a(), id.b());
            if (entry >= 0) {
                if (seenChunks[i].get(entry)) {
                    return false;
                }
                seenChunks[i].set(entry);
                chunks++;
                int frame = segment.frameOf(entry);
                if (!seenFrames[i].get(frame)) {
                    seenFrames[i].set(frame);
                    ChunkPlace place = segment.place(entry);
                    storedBytes += place.frame().storedBytes();
                    place.bases().forEach(this::addFrame);
                }
                return true;
            }
        }
        missingChunks++;
        return true;
    }
}
