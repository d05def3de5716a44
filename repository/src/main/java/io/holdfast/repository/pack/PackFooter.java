package io.holdfast.repository.pack;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.LittleEndian;
import io.holdfast.repository.crypto.Envelope;
import io.holdfast.repository.crypto.SegmentCipher;

/**
 * The last 32 bytes of a pack: where its table of contents is.
 *
 * @param baseCount ids of base chunks in the table of contents
 */
record PackFooter(int tocOffset, int tocStoredBytes, int frameCount, int chunkCount, int baseCount) {
    static final int BYTES = 32;
    private static final int MAGIC = 0x4B504648; // "HFPK" read little-endian

    byte[] encode() {
        byte[] footer = new byte[BYTES];
        LittleEndian.putInt(footer, 0, MAGIC);
        LittleEndian.putInt(footer, 4, tocOffset);
        LittleEndian.putInt(footer, 8, tocStoredBytes);
        LittleEndian.putInt(footer, 12, frameCount);
        LittleEndian.putInt(footer, 16, chunkCount);
        LittleEndian.putInt(footer, 20, baseCount);
        return footer;
    }

    static PackFooter decode(byte[] bytes, int offset, long packBytes, String what) {
        PackFooter footer = new PackFooter(
                LittleEndian.getInt(bytes, offset + 4),
                LittleEndian.getInt(bytes, offset + 8),
                LittleEndian.getInt(bytes, offset + 12),
                LittleEndian.getInt(bytes, offset + 16),
                LittleEndian.getInt(bytes, offset + 20));
        boolean zero = LittleEndian.getLong(bytes, offset + 24) == 0;
        long table = (long) footer.frameCount * PackToc.FRAME_ENTRY_BYTES
                + (long) footer.chunkCount * PackToc.CHUNK_ENTRY_BYTES
                + (long) footer.baseCount * ChunkId.BYTES;
        if (LittleEndian.getInt(bytes, offset) != MAGIC
                || !zero
                || footer.frameCount < 1
                || footer.chunkCount < footer.frameCount
                || footer.baseCount < 0
                || footer.baseCount > (long) footer.frameCount * FrameCodec.MAX_BASES
                || footer.tocOffset <= Envelope.BYTES
                || (long) footer.tocOffset + footer.tocStoredBytes + BYTES != packBytes
                || SegmentCipher.storedLength(table) != footer.tocStoredBytes) {
            throw HoldfastException.damaged(what + ": its last bytes are not the footer of a pack");
        }
        return footer;
    }
}
