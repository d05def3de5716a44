package io.holdfast.sources.restore;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.ContentReader.Chunk;
import io.holdfast.repository.tree.TreeEntry;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/**
 * What is in one file of a snapshot, from beginning to end, read some megabytes ahead. It never ends early: where a chunk is lost, or the file has another length than
 * its entry says, reading fails with {@code DAMAGED}. For one thread; whoever opened the source closes it.
 */
public final class StreamContent extends InputStream {
    private static final int AHEAD_BYTES = 8 << 20;
    private static final int AHEAD_CHUNKS = 64;
    private static final int BYTE = 0xFF;

    private final RestoreSource source;
    private final long sizeBytes;
    private final Iterator<Chunk> chunks;
    private List<byte[]> ahead = List.of();
    private int next;
    private byte[] current = new byte[0];
    private int position;
    private long given;

    /** @throws HoldfastException {@code USAGE} for a file with holes, which no stream has */
    public StreamContent(RestoreSource source, TreeEntry entry) {
        if (!entry.holes().isEmpty()) {
            throw HoldfastException.usage("a file with holes is no stream", "Name a snapshot of a stream.");
        }
        this.source = source;
        this.sizeBytes = entry.sizeBytes();
        this.chunks = new ContentReader(source.chunks()).iterator(entry.content());
    }

    @Override
    public int read() {
        return isAtEnd() ? -1 : current[position++] & BYTE;
    }

    @Override
    public int read(byte[] into, int offset, int length) {
        if (length == 0) {
            return 0;
        }
        if (isAtEnd()) {
            return -1;
        }
        int count = Math.min(length, current.length - position);
        System.arraycopy(current, position, into, offset, count);
        position += count;
        return count;
    }

    private boolean isAtEnd() {
        while (position == current.length) {
            if (next == ahead.size()) {
                fetch();
            }
            if (next == ahead.size()) {
                requireSize(given == sizeBytes);
                return true;
            }
            current = ahead.get(next++);
            position = 0;
            given += current.length;
            requireSize(given <= sizeBytes);
        }
        return false;
    }

    private void requireSize(boolean holds) {
        if (!holds) {
            throw HoldfastException.damaged("a stream of " + sizeBytes + " bytes has another length in the repository");
        }
    }

    private void fetch() {
        List<Chunk> wanted = new ArrayList<>();
        long bytes = 0;
        ContentPlan<Integer> plan = source.newPlan();
        while (chunks.hasNext() && bytes < AHEAD_BYTES && wanted.size() < AHEAD_CHUNKS) {
            Chunk chunk = chunks.next();
            // One that is known to be lost is asked for by itself, below, and says why.
            boolean ignored = plan.add(chunk.id(), chunk.lengthBytes(), wanted.size());
            wanted.add(chunk);
            bytes += chunk.lengthBytes();
        }
        byte[][] read = new byte[wanted.size()][];
        plan.tasks((at, plain, start) -> {
                    if (start >= 0) {
                        read[at] = Arrays.copyOfRange(
                                plain, start, start + wanted.get(at).lengthBytes());
                    }
                })
                .forEach(Runnable::run);
        List<byte[]> all = new ArrayList<>(read.length);
        for (int i = 0; i < read.length; i++) {
            byte[] whole = read[i];
            all.add(whole == null ? source.chunks().read(wanted.get(i).id()) : whole);
        }
        ahead = all;
        next = 0;
    }
}
