package io.holdfast.protocol;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.ChunkKind;
import java.util.List;

/**
 * A frame on its way between host and media server.
 *
 * @param chunks all that is in it, in order
 * @param older of a single chunk of content, chunks that it is likely to be like; else empty
 * @param encoded as repository-format.md, section 8, has it; empty where the one chunk of this record is lost
 */
public record FrameRecord(List<Chunk> chunks, List<ChunkId> older, byte[] encoded) {
    /** @param lengthBytes before compression, 1 to 4 MiB; 0 of a chunk that is lost */
    public record Chunk(ChunkKind kind, ChunkId id, int lengthBytes) {
        public ChunkName name() {
            return new ChunkName(kind, id);
        }
    }

    public FrameRecord {
        chunks = List.copyOf(chunks);
        older = List.copyOf(older);
    }

    /** The answer where no whole copy of a chunk is found. */
    public static FrameRecord lost(ChunkName name) {
        return new FrameRecord(List.of(new Chunk(name.kind(), name.id(), 0)), List.of(), new byte[0]);
    }

    public boolean isLost() {
        return encoded.length == 0;
    }
}
