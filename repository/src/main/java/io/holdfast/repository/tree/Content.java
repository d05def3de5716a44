package io.holdfast.repository.tree;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.LittleEndian;

/** What a file holds, without its holes. */
public sealed interface Content {
    /** Length of an id with its chunk's length, as stored. */
    int REF_BYTES = ChunkId.BYTES + 4;

    /** The most chunks that stand in the entry itself. */
    int MAX_INLINE = 64;

    Inline EMPTY = new Inline(new byte[0]);

    /**
     * Few chunks, in the entry.
     *
     * @param refs for each chunk its id and length, {@value #REF_BYTES} bytes; read only
     */
    record Inline(byte[] refs) implements Content {
        public int count() {
            return refs.length / REF_BYTES;
        }

        public ChunkId id(int chunk) {
            return ChunkId.read(refs, chunk * REF_BYTES);
        }

        public int lengthBytes(int chunk) {
            return LittleEndian.getInt(refs, chunk * REF_BYTES + ChunkId.BYTES);
        }
    }

    /**
     * Many chunks, in pages of their own.
     *
     * @param chunkCount number of chunks
     */
    record Paged(PageRef root, long chunkCount) implements Content {}
}
