package io.holdfast.mount;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkCache;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.SeekableContent;
import io.holdfast.repository.tree.SeekableContent.Located;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.repository.tree.TreeEntry.Hole;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;

/**
 * The bytes of an open file, at any place, by several threads at once. Who reads from start to end finds the next chunks decoded already: other threads do
 * that meanwhile.
 */
final class FileContent {
    private static final int AHEAD_BYTES = 8 << 20;
    private static final byte[] ZEROS = new byte[64 << 10];

    private final TreeEntry entry;
    private final SeekableContent content;
    private final ChunkCache chunks;
    private final ExecutorService ahead;
    private final Semaphore aheadPermits;
    /** Bytes of all holes up to and including the one of this number. */
    private final long[] holesUpTo;

    private long nextOffset;
    private long aheadTo;

    /** @param aheadPermits how many chunks may be read ahead at once */
    FileContent(
            TreeEntry entry, ContentReader reader, ChunkCache chunks, ExecutorService ahead, Semaphore aheadPermits) {
        this.entry = entry;
        this.content = new SeekableContent(reader, entry.content());
        this.chunks = chunks;
        this.ahead = ahead;
        this.aheadPermits = aheadPermits;
        this.holesUpTo = new long[entry.holes().size()];
        long sum = 0;
        for (int i = 0; i < holesUpTo.length; i++) {
            sum += entry.holes().get(i).length();
            holesUpTo[i] = sum;
        }
    }

    /**
     * Puts bytes from {@code offset} on into {@code target}, as many as there are and fit.
     *
     * @return how many
     * @throws HoldfastException {@code DAMAGED} where a chunk is lost
     */
    int read(ByteBuffer target, long offset) {
        int wanted = (int) Math.max(0, Math.min(target.remaining(), entry.sizeBytes() - offset));
        List<Hole> holes = entry.holes();
        long at = offset;
        long end = offset + wanted;
        while (at < end) {
            int before = holesStartingUpTo(at);
            Optional<Hole> last = before > 0 ? Optional.of(holes.get(before - 1)) : Optional.empty();
            if (last.isPresent() && at < last.get().offset() + last.get().length()) {
                int zeros = (int) Math.min(
                        ZEROS.length,
                        Math.min(end, last.get().offset() + last.get().length()) - at);
                target.put(ZEROS, 0, zeros);
                at += zeros;
                continue;
            }
            long dataEnd =
                    before < holes.size() ? Math.min(end, holes.get(before).offset()) : end;
            long stream = at - (before > 0 ? holesUpTo[before - 1] : 0);
            Located chunk = content.find(stream)
                    .orElseThrow(() -> HoldfastException.damaged("a file whose content ends before its size does"));
            ChunkCache.Part part = chunks.find(chunk.id())
                    .orElseThrow(() -> HoldfastException.damaged("chunk " + chunk.id()
                            + " is in no pack, damaged in all, or built on a chunk that is lost"));
            if (part.length() != chunk.lengthBytes()) {
                throw HoldfastException.damaged("chunk " + chunk.id() + " has another length than the file says");
            }
            int inside = (int) (stream - chunk.start());
            int count = (int) Math.min(dataEnd - at, part.length() - inside);
            target.put(part.bytes(), part.start() + inside, count);
            at += count;
            if (at == end) {
                readAhead(offset, end, chunk.end());
            }
        }
        return wanted;
    }

    /** How many holes start at {@code at} or before. */
    private int holesStartingUpTo(long at) {
        List<Hole> holes = entry.holes();
        int low = 0;
        int high = holes.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (holes.get(middle).offset() <= at) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** @param streamEnd where the chunk ends that was read last */
    private synchronized void readAhead(long offset, long end, long streamEnd) {
        // The kernel asks for several pieces at once, which come in any order.
        boolean goesOn = Math.abs(offset - nextOffset) <= AHEAD_BYTES / 4 && offset > 0;
        nextOffset = end;
        if (!goesOn) {
            aheadTo = 0;
            return;
        }
        aheadTo = Math.max(aheadTo, streamEnd);
        while (aheadTo < streamEnd + AHEAD_BYTES && aheadPermits.tryAcquire()) {
            Optional<Located> next = content.find(aheadTo);
            if (next.isEmpty()) {
                aheadPermits.release();
                return;
            }
            aheadTo = next.get().end();
            ahead.execute(() -> {
                try {
                    chunks.find(next.get().id());
                } catch (HoldfastException e) {
                    // Whoever comes to read it will be told.
                } finally {
                    aheadPermits.release();
                }
            });
        }
    }
}
