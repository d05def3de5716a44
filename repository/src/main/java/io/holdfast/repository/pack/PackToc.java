package io.holdfast.repository.pack;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.LittleEndian;
import io.holdfast.repository.crypto.Envelope;
import java.util.ArrayList;
import java.util.List;

/**
 * What is in a pack and where.
 *
 * @param tocOffset where the last frame ends
 * @param tocStoredBytes length of the encrypted table
 * @param frameOffsets where each frame starts, ascending
 * @param chunks by frame and ordinal
 */
public record PackToc(int tocOffset, int tocStoredBytes, int[] frameOffsets, List<TocEntry> chunks) {
    static final int FRAME_ENTRY_BYTES = 8;
    static final int CHUNK_ENTRY_BYTES = 40;
    private static final int FULL = 0;
    private static final int DELTA = 1;

    public int frameCount() {
        return frameOffsets.length;
    }

    /** The stored length of a frame. */
    public int frameStoredBytes(int frame) {
        int end = frame + 1 < frameOffsets.length ? frameOffsets[frame + 1] : tocOffset;
        return end - frameOffsets[frame];
    }

    static int baseCount(List<TocEntry> chunks) {
        return chunks.stream().mapToInt(chunk -> chunk.bases().size()).sum();
    }

    static byte[] encode(int[] frameOffsets, int frameCount, List<TocEntry> chunks) {
        byte[] table = new byte
                [frameCount * FRAME_ENTRY_BYTES
                        + chunks.size() * CHUNK_ENTRY_BYTES
                        + baseCount(chunks) * ChunkId.BYTES];
        int at = 0;
        int next = 0;
        for (int frame = 0; frame < frameCount; frame++) {
            int countAt = at + 4;
            LittleEndian.putInt(table, at, frameOffsets[frame]);
            at += FRAME_ENTRY_BYTES;
            int first = next;
            for (; next < chunks.size() && chunks.get(next).frame() == frame; next++) {
                TocEntry chunk = chunks.get(next);
                chunk.id().write(table, at);
                LittleEndian.putInt(table, at + 32, chunk.lengthBytes());
                table[at + 36] = (byte) chunk.kind().code();
                table[at + 37] = (byte) (chunk.isDelta() ? DELTA : FULL);
                table[at + 38] = (byte) chunk.bases().size();
                at += CHUNK_ENTRY_BYTES;
                for (ChunkId base : chunk.bases()) {
                    base.write(table, at);
                    at += ChunkId.BYTES;
                }
            }
            LittleEndian.putInt(table, countAt, next - first);
        }
        return table;
    }

    /** Reads the decrypted table, and checks all that can be checked without the frames. */
    static PackToc decode(PackFooter footer, byte[] table, PackKind packKind, String what) {
        long expected = (long) footer.frameCount() * FRAME_ENTRY_BYTES
                + (long) footer.chunkCount() * CHUNK_ENTRY_BYTES
                + (long) footer.baseCount() * ChunkId.BYTES;
        if (table.length != expected) {
            throw HoldfastException.damaged(what + ": a table of contents of another length than its footer says");
        }
        int[] offsets = new int[footer.frameCount()];
        List<TocEntry> chunks = new ArrayList<>(footer.chunkCount());
        int at = 0;
        for (int frame = 0; frame < offsets.length; frame++) {
            offsets[frame] = LittleEndian.getInt(table, at);
            int least = frame == 0 ? Envelope.BYTES : offsets[frame - 1] + 1;
            if (frame == 0 ? offsets[0] != least : offsets[frame] < least || offsets[frame] >= footer.tocOffset()) {
                throw HoldfastException.damaged(what + ": frame " + frame + " starts where it cannot");
            }
            int count = LittleEndian.getInt(table, at + 4);
            at += FRAME_ENTRY_BYTES;
            if (count < 1
                    || count > FrameCodec.MAX_CHUNKS
                    || at + (long) count * CHUNK_ENTRY_BYTES + (long) (offsets.length - frame - 1) * FRAME_ENTRY_BYTES
                            > table.length) {
                throw HoldfastException.damaged(what + ": frame " + frame + " has " + count + " chunks");
            }
            for (int ordinal = 0; ordinal < count; ordinal++) {
                TocEntry chunk = chunk(table, at, frame, ordinal, packKind, what);
                if (chunk.isDelta() && count != 1) {
                    throw HoldfastException.damaged(what + ": frame " + frame + " has a delta among other chunks");
                }
                chunks.add(chunk);
                at += CHUNK_ENTRY_BYTES + chunk.bases().size() * ChunkId.BYTES;
            }
        }
        if (at != table.length || chunks.size() != footer.chunkCount()) {
            throw HoldfastException.damaged(what + ": bytes left over in the table of contents");
        }
        return new PackToc(footer.tocOffset(), footer.tocStoredBytes(), offsets, chunks);
    }

    private static TocEntry chunk(byte[] table, int at, int frame, int ordinal, PackKind packKind, String what) {
        int length = LittleEndian.getInt(table, at + 32);
        ChunkKind kind = ChunkKind.of(table[at + 36], what);
        int form = table[at + 37];
        int bases = table[at + 38];
        boolean formFits = form == FULL
                ? bases == 0
                : form == DELTA && packKind == PackKind.DATA && bases >= 1 && bases <= FrameCodec.MAX_BASES;
        if (length < 1
                || length > FrameCodec.MAX_PLAIN_BYTES
                || kind.packKind() != packKind
                || !formFits
                || at + CHUNK_ENTRY_BYTES + bases * ChunkId.BYTES > table.length
                || table[at + 39] != 0) {
            throw HoldfastException.damaged(what + ": an entry of the table of contents that cannot be");
        }
        List<ChunkId> ids = new ArrayList<>(bases);
        for (int i = 0; i < bases; i++) {
            ids.add(ChunkId.read(table, at + CHUNK_ENTRY_BYTES + i * ChunkId.BYTES));
        }
        return new TocEntry(ChunkId.read(table, at), kind, frame, ordinal, length, ids);
    }
}
