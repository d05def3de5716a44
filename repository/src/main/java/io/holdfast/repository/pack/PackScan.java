package io.holdfast.repository.pack;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.crypto.Envelope;
import io.holdfast.repository.crypto.Sha256;
import io.holdfast.repository.pack.PackReader.FramePlace;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads every byte of a pack once, from start to end, in pieces: checks the name, each segment's tag, each frame and each chunk's
 * id. Memory: one frame and one piece. Not thread-safe.
 */
public final class PackScan implements AutoCloseable {
    private static final int PIECE_BYTES = 4 << 20;
    private static final int FIRST_BYTES = 64 << 10;

    private final ObjectStore store;
    private final PackReader reader;
    private final ChunkHasher hasher;
    private byte[] buffer = new byte[FIRST_BYTES];
    private byte[] plain = new byte[FIRST_BYTES];

    /** @param reader used up by this scan and closed with it */
    public PackScan(ObjectStore store, PackReader reader, ChunkHasher hasher) {
        this.store = store;
        this.reader = reader;
        this.hasher = hasher;
    }

    /** A pack's envelope and table of contents. */
    public record Outline(PackId id, Envelope envelope, PackToc toc, long sizeBytes) {
        public FramePlace place(int frame) {
            return new FramePlace(
                    id,
                    Bytes.copyOf(envelope.salt()),
                    envelope.epoch(),
                    toc.frameOffsets()[frame],
                    toc.frameStoredBytes(frame));
        }
    }

    /**
     * What a scan found.
     *
     * @param damages one line each; empty where the pack is intact
     * @param lost chunks that this pack no longer gives back
     * @param orphans deltas in it that are whole themselves, while a chunk they are built on is lost
     */
    public record Findings(long bytesRead, List<String> damages, List<ChunkId> lost, List<TocEntry> orphans) {}

    /**
     * Reads envelope and table of contents; empty where there is no such pack.
     *
     * @throws HoldfastException {@code DAMAGED} where they are not intact
     */
    public static Optional<Outline> outline(PackReader reader, ObjectStore store, PackId id) {
        Optional<ObjectStat> stat = store.stat(id.name());
        return stat.flatMap(s -> reader.readOutline(id, s.sizeBytes()));
    }

    /** The reader behind this scan. */
    public PackReader reader() {
        return reader;
    }

    /** Scans a pack that was listed with this size. */
    public Findings scan(PackId id, long sizeBytes) {
        List<String> damages = new ArrayList<>();
        List<ChunkId> lost = new ArrayList<>();
        List<TocEntry> orphans = new ArrayList<>();
        Optional<Outline> outline = Optional.empty();
        try {
            outline = reader.readOutline(id, sizeBytes);
        } catch (HoldfastException e) {
            rethrowUnlessDamage(e);
            damages.add(String.valueOf(e.getMessage()));
        }
        MessageDigest digest = Sha256.digest();
        try {
            if (outline.isPresent()) {
                scanFrames(outline.get(), digest, new Findings(0, damages, lost, orphans));
            } else {
                hash(id, 0, sizeBytes, digest);
            }
            if (!Bytes.wrap(digest.digest()).equals(id.hash())) {
                damages.add(id + ": its bytes do not hash to its name");
            }
        } catch (HoldfastException e) {
            rethrowUnlessDamage(e);
            damages.add(String.valueOf(e.getMessage()));
            outline.ifPresent(o -> o.toc().chunks().forEach(chunk -> lost.add(chunk.id())));
        }
        return new Findings(sizeBytes, damages, lost, orphans);
    }

    @Override
    public void close() {
        reader.close();
    }

    private void scanFrames(Outline outline, MessageDigest digest, Findings found) {
        PackToc toc = outline.toc();
        hash(outline.id(), 0, Envelope.BYTES, digest);
        int next = 0;
        for (int frame = 0; frame < toc.frameCount(); ) {
            // As many whole frames as fit into a piece, one at least.
            int from = frame;
            int bytes = toc.frameStoredBytes(frame++);
            while (frame < toc.frameCount() && bytes + toc.frameStoredBytes(frame) <= PIECE_BYTES) {
                bytes += toc.frameStoredBytes(frame++);
            }
            read(outline.id(), toc.frameOffsets()[from], bytes);
            digest.update(buffer, 0, bytes);
            int at = 0;
            for (int f = from; f < frame; f++) {
                next = checkFrame(outline, f, at, next, found);
                at += toc.frameStoredBytes(f);
            }
        }
        hash(outline.id(), toc.tocOffset(), outline.sizeBytes() - toc.tocOffset(), digest);
    }

    /** Checks one frame in the buffer; returns the position of the next frame's first chunk in the table of contents. */
    private int checkFrame(Outline outline, int frame, int at, int first, Findings found) {
        List<TocEntry> chunks = outline.toc().chunks();
        int end = first;
        while (end < chunks.size() && chunks.get(end).frame() == frame) {
            end++;
        }
        FrameCodec.Decoded decoded;
        try {
            decoded = reader.decode(outline.place(frame), buffer, at, plain);
            plain = decoded.plain();
        } catch (HoldfastException e) {
            if (e.code() == ErrorCode.REFUSED) {
                return end; // What it is built on is archived; its own bytes are checked by the name of the pack.
            }
            rethrowUnlessDamage(e);
            TocEntry only = chunks.get(first);
            if (only.isDelta() && !hasBases(only)) {
                found.orphans().add(only);
                return end;
            }
            found.damages().add(String.valueOf(e.getMessage()));
            chunks.subList(first, end).forEach(chunk -> found.lost().add(chunk.id()));
            return end;
        }
        boolean countFits = decoded.chunkCount() == end - first;
        if (!countFits) {
            found.damages()
                    .add(outline.id() + ": frame " + frame
                            + " holds another number of chunks than the table of contents says");
        }
        for (TocEntry chunk : chunks.subList(first, end)) {
            boolean intact = countFits
                    && decoded.length(chunk.ordinal()) == chunk.lengthBytes()
                    && hasher.names(
                            chunk.id(), decoded.plain(), decoded.starts()[chunk.ordinal()], chunk.lengthBytes());
            if (!intact) {
                found.damages().add(outline.id() + ": chunk " + chunk.id() + " is not what was written");
                found.lost().add(chunk.id());
            }
        }
        return end;
    }

    private boolean hasBases(TocEntry delta) {
        try {
            delta.bases().forEach(reader::requireBase);
            return true;
        } catch (HoldfastException e) {
            rethrowUnlessDamage(e);
            return false;
        }
    }

    private void hash(PackId id, long offset, long length, MessageDigest digest) {
        for (long done = 0; done < length; ) {
            int count = (int) Math.min(PIECE_BYTES, length - done);
            read(id, offset + done, count);
            digest.update(buffer, 0, count);
            done += count;
        }
    }

    private void read(PackId id, long offset, int count) {
        if (buffer.length < count) {
            buffer = new byte[Math.max(count, PIECE_BYTES)];
        }
        if (!store.getRange(id.name(), offset, ByteBuffer.wrap(buffer, 0, count))) {
            throw HoldfastException.damaged(id + ": vanished while it was read");
        }
    }

    private static void rethrowUnlessDamage(HoldfastException e) {
        if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.UNSUPPORTED_VERSION) {
            throw e;
        }
    }
}
