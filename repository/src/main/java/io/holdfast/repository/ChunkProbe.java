package io.holdfast.repository;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.pack.PackReader.FramePlace;
import java.util.Optional;

/**
 * Reads chunks only to see whether they are whole in the places where an index says they are. Keeps the frame read last, as neighbours are
 * mostly asked for one after the other. Not thread-safe.
 */
public final class ChunkProbe implements AutoCloseable {
    private static final byte[] NOTHING = new byte[0];

    private final PackReader reader;
    private final ChunkHasher hasher;
    private Optional<FramePlace> place = Optional.empty();
    private Optional<FrameCodec.Decoded> frame = Optional.empty();

    /** @param reader used up by this probe and closed with it */
    public ChunkProbe(PackReader reader, ChunkHasher hasher) {
        this.reader = reader;
        this.hasher = hasher;
    }

    /**
     * Whether a chunk with this half id is there; false also where the pack is gone.
     *
     * @param a the first eight bytes of the id, big-endian
     * @throws HoldfastException {@code REFUSED} where it cannot be known, because it is archived
     */
    public boolean isIntact(ChunkPlace copy, long a, long b) {
        Optional<FrameCodec.Decoded> read = read(copy.frame());
        if (read.isEmpty() || copy.ordinal() >= read.get().chunkCount()) {
            return false;
        }
        FrameCodec.Decoded decoded = read.get();
        int start = decoded.starts()[copy.ordinal()];
        return hasher.named(a, b, decoded.plain(), start, decoded.length(copy.ordinal()))
                .isPresent();
    }

    @Override
    public void close() {
        reader.close();
    }

    /** Empty where it is damaged, or gone. */
    private Optional<FrameCodec.Decoded> read(FramePlace wanted) {
        if (place.isEmpty() || !place.get().equals(wanted)) {
            place = Optional.empty();
            try {
                frame = reader.readFrame(wanted, NOTHING);
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.DAMAGED) {
                    throw e;
                }
                frame = Optional.empty();
            }
            place = Optional.of(wanted);
        }
        return frame;
    }
}
