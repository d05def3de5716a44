package io.holdfast.search;

import io.holdfast.core.Bytes;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.crypto.Envelope;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.crypto.SegmentCipher;
import io.holdfast.repository.crypto.Sha256;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Source;
import io.holdfast.repository.tree.PageRef;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Writes a segment, encrypted, entry by entry in their order. In memory are one block and all filters. Not thread-safe, for one use. */
final class SegmentWriter {
    static final int FOOTER_BYTES = 32;
    static final int MAGIC = 0x4E534648; // "HFSN" read little-endian
    static final int VERSION = 1;

    private final WritableByteChannel out;
    private final SegmentCipher cipher;
    private final MessageDigest digest = Sha256.digest();
    private final byte[] plain = new byte[SegmentCipher.SEGMENT_BYTES];
    private final byte[] encrypted = new byte[SegmentCipher.SEGMENT_BYTES + SegmentCipher.TAG_BYTES];
    private int filled;
    private int segment;

    private final List<NameEntry> pending = new ArrayList<>();
    private final TrigramFilter.Builder trigrams = new TrigramFilter.Builder();
    private final ByteArrayOutputStream filters = new ByteArrayOutputStream();
    private final CborWriter directory = new CborWriter();
    private int blocks;
    private long blockBytes;
    private long entries;

    SegmentWriter(Sealer sealer, WritableByteChannel out) throws IOException {
        this.out = out;
        Envelope envelope = sealer.newEnvelope(ObjectKind.SEARCH_SEGMENT);
        this.cipher = sealer.cipher(envelope);
        write(envelope.encode());
    }

    void add(NameEntry entry) throws IOException {
        pending.add(entry);
        trigrams.add(FoldedName.of(entry.path().unsafeArray()));
        if (pending.size() == NameBlock.MAX_ENTRIES) {
            endBlock();
        }
    }

    long entries() {
        return entries + pending.size();
    }

    private void endBlock() throws IOException {
        byte[] block = NameBlock.encode(pending);
        byte[] stored = NameBlock.compress(block);
        byte[] filter = trigrams.build();
        append(stored);
        filters.writeBytes(filter);
        directory
                .array(5)
                .unsigned(stored.length)
                .unsigned(block.length)
                .unsigned(pending.size())
                .unsigned(filter.length)
                .bytes(pending.getFirst().path().unsafeArray());
        blocks++;
        blockBytes += stored.length;
        entries += pending.size();
        pending.clear();
    }

    /**
     * Ends it; returns the hash of what was written, in hex: its name.
     *
     * @param lastRoot the tree of the last snapshot
     */
    String finish(Source source, Optional<SnapshotId> base, List<SnapshotId> snapshots, Optional<PageRef> lastRoot)
            throws IOException {
        if (!pending.isEmpty()) {
            endBlock();
        }
        append(filters.toByteArray());
        CborWriter all = new CborWriter();
        all.array(blocks).encoded(directory.unsafeArray(), 0, directory.length());
        append(all.toByteArray());
        byte[] coverage = new Coverage(source, base, snapshots, entries, lastRoot).encode();
        append(coverage);
        append(ByteBuffer.allocate(FOOTER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(MAGIC)
                .putInt(VERSION)
                .putLong(blockBytes)
                .putLong(filters.size())
                .putInt(all.length())
                .putInt(coverage.length)
                .array());
        endSegment(true);
        return Bytes.wrap(digest.digest()).toHex();
    }

    private void append(byte[] bytes) throws IOException {
        for (int done = 0; done < bytes.length; ) {
            if (filled == plain.length) {
                endSegment(false);
            }
            int count = Math.min(plain.length - filled, bytes.length - done);
            System.arraycopy(bytes, done, plain, filled, count);
            filled += count;
            done += count;
        }
    }

    private void endSegment(boolean isLast) throws IOException {
        int stored = cipher.encryptSegment(0, segment++, isLast, plain, filled, encrypted);
        filled = 0;
        write(encrypted, stored);
    }

    private void write(byte[] bytes) throws IOException {
        write(bytes, bytes.length);
    }

    private void write(byte[] bytes, int length) throws IOException {
        digest.update(bytes, 0, length);
        ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
        while (buffer.hasRemaining()) {
            out.write(buffer);
        }
    }
}
