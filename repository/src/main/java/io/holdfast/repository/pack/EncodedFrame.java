package io.holdfast.repository.pack;

import io.holdfast.repository.ChunkId;
import java.util.List;

/**
 * The plaintext of a frame with what its pack's table of contents says of it. The arrays are longer than what is in them.
 *
 * @param bases of a delta, the chunks it is built on; else empty
 */
record EncodedFrame(
        byte[] bytes, int length, ChunkId[] ids, ChunkKind[] kinds, int[] lengths, int count, List<ChunkId> bases) {}
