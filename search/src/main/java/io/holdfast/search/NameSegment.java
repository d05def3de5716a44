package io.holdfast.search;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.cbor.CborReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A search segment that is read in place. Immutable, thread-safe. */
final class NameSegment {
    private static final int MAX_PATH_BYTES = 1 << 20;

    private final String name;
    private final SealedFile file;
    private final Coverage coverage;
    private final long filtersAt;
    private final int filterBytes;
    private final int directoryBytes;

    /**
     * What tells which blocks a question needs; to be kept by whoever asks often.
     *
     * @param blocks in order
     */
    record Outline(List<Block> blocks, int sizeBytes) {
        Outline {
            blocks = List.copyOf(blocks);
        }
    }

    /** Where a block lies, and what may be in it. */
    record Block(long offset, int storedBytes, int plainBytes, int entries, Bytes first, TrigramFilter filter) {}

    /** @throws HoldfastException {@code DAMAGED} where this is none */
    NameSegment(String name, SealedFile file) {
        this.name = name;
        this.file = file;
        long footerAt = file.length() - SegmentWriter.FOOTER_BYTES;
        ByteBuffer footer =
                ByteBuffer.wrap(file.read(footerAt, SegmentWriter.FOOTER_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        int magic = footer.getInt();
        int version = footer.getInt();
        this.filtersAt = footer.getLong();
        long filters = footer.getLong();
        this.directoryBytes = footer.getInt();
        int coverageBytes = footer.getInt();
        if (magic != SegmentWriter.MAGIC || version != SegmentWriter.VERSION) {
            throw HoldfastException.damaged(name + ": is no search segment of this version");
        }
        if (filtersAt < 0
                || filters < 0
                || filters > Integer.MAX_VALUE
                || directoryBytes < 0
                || coverageBytes < 0
                || filtersAt + filters + directoryBytes + coverageBytes != footerAt) {
            throw damaged();
        }
        this.filterBytes = (int) filters;
        this.coverage = Coverage.decode(file.read(footerAt - coverageBytes, coverageBytes), name);
    }

    String name() {
        return name;
    }

    Coverage coverage() {
        return coverage;
    }

    /** Reads filters and directory. */
    Outline outline() {
        byte[] filters = file.read(filtersAt, filterBytes);
        CborReader in = new CborReader(file.read(filtersAt + filterBytes, directoryBytes), name);
        List<Block> blocks = new ArrayList<>();
        long offset = 0;
        int filterAt = 0;
        int size = filterBytes;
        for (int left = in.array(); left > 0; left--) {
            in.array(5);
            int stored = in.unsigned(Integer.MAX_VALUE);
            int plain = in.unsigned(NameBlock.MAX_PLAIN_BYTES);
            int entries = in.unsigned(NameBlock.MAX_ENTRIES);
            int filter = in.unsigned(filterBytes - filterAt);
            byte[] first = in.bytes();
            if (filter == 0 || first.length > MAX_PATH_BYTES) {
                throw damaged();
            }
            blocks.add(new Block(
                    offset, stored, plain, entries, Bytes.wrap(first), new TrigramFilter(filters, filterAt, filter)));
            offset += stored;
            filterAt += filter;
            size += first.length + 100;
        }
        in.finish();
        if (offset != filtersAt || filterAt != filterBytes) {
            throw damaged();
        }
        return new Outline(blocks, size);
    }

    /** Begins to read a block. */
    NameBlock.Cursor open(Block block) {
        byte[] plain = NameBlock.decompress(file.read(block.offset(), block.storedBytes()), block.plainBytes(), name);
        return new NameBlock.Cursor(plain, coverage.snapshots().size(), name);
    }

    /** All entries in order, for a merge. */
    Entries entries() {
        return new Entries(outline().blocks());
    }

    /** Not thread-safe. */
    final class Entries {
        private final List<Block> blocks;
        private int next;
        private Optional<NameBlock.Cursor> open = Optional.empty();

        private Entries(List<Block> blocks) {
            this.blocks = blocks;
        }

        /** The next entry; empty at the end. */
        Optional<NameEntry> next() {
            while (open.isEmpty() || !open.get().next()) {
                if (next == blocks.size()) {
                    return Optional.empty();
                }
                open = Optional.of(NameSegment.this.open(blocks.get(next++)));
            }
            return Optional.of(open.get().entry());
        }
    }

    private HoldfastException damaged() {
        return HoldfastException.damaged(name + ": is not what was written");
    }
}
