package io.holdfast.search;

import io.holdfast.core.Bytes;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The entries of one segment that a question fits, one after the other. Not thread-safe. */
final class SegmentMatches {
    private final NameSegment segment;
    private final List<NameSegment.Block> blocks;
    private final NameQuery query;
    private final byte[] from;
    private int block;
    private boolean isBehindStart;
    private Optional<NameBlock.Cursor> open = Optional.empty();
    private Optional<NameEntry> head = Optional.empty();

    /** @param from the first path that is asked for; empty for all */
    SegmentMatches(NameSegment segment, NameSegment.Outline outline, NameQuery query, Bytes from) {
        this.segment = segment;
        this.blocks = outline.blocks();
        this.query = query;
        this.from = from.unsafeArray();
        while (block + 1 < blocks.size()
                && PathOrder.compare(blocks.get(block + 1).first(), from) <= 0) {
            block++;
        }
    }

    /**
     * Looks for the next match.
     *
     * @param isTimeUp asked before each block that has to be read
     * @return false where time was up before that was known: {@link #position} tells how far it came
     */
    boolean advance(BooleanSupplier isTimeUp) {
        head = Optional.empty();
        while (true) {
            if (open.isPresent()) {
                NameBlock.Cursor cursor = open.get();
                while (cursor.next()) {
                    if (cursor.fits(query) && (isBehindStart || isBehindStart(cursor))) {
                        head = Optional.of(cursor.entry());
                        return true;
                    }
                }
                open = Optional.empty();
                block++;
            }
            while (block < blocks.size() && !blocks.get(block).filter().mayHaveAll(query.trigrams())) {
                block++;
            }
            if (block == blocks.size()) {
                return true;
            }
            if (isTimeUp.getAsBoolean()) {
                return false;
            }
            open = Optional.of(segment.open(blocks.get(block)));
        }
    }

    private boolean isBehindStart(NameBlock.Cursor cursor) {
        isBehindStart = PathOrder.compare(cursor.path(), from) >= 0;
        return isBehindStart;
    }

    /** The match where it is; empty where there are no more. */
    Optional<NameEntry> head() {
        return head;
    }

    /** All matches before this path were found; empty where there are no more. */
    Optional<Bytes> position() {
        if (head.isPresent()) {
            return head.map(NameEntry::path);
        }
        return block < blocks.size() ? Optional.of(blocks.get(block).first()) : Optional.empty();
    }
}
