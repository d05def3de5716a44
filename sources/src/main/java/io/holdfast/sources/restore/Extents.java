package io.holdfast.sources.restore;

import io.holdfast.repository.tree.TreeEntry.Hole;
import java.util.List;

/** Maps a file's content, which leaves out holes, to offsets in the file. Immutable. */
final class Extents {
    private final long[] streamStart;
    private final long[] fileStart;
    private final long[] length;

    Extents(long sizeBytes, List<Hole> holes) {
        int count = holes.size() + 1;
        streamStart = new long[count];
        fileStart = new long[count];
        length = new long[count];
        long at = 0;
        long stream = 0;
        for (int i = 0; i < count; i++) {
            long end = i < holes.size() ? holes.get(i).offset() : sizeBytes;
            streamStart[i] = stream;
            fileStart[i] = at;
            length[i] = Math.max(0, end - at);
            stream += length[i];
            at = i < holes.size() ? end + holes.get(i).length() : end;
        }
    }

    /** Receives a stretch that is in one piece in the file. */
    @FunctionalInterface
    interface Visitor<E extends Exception> {
        void visit(long fileOffset, int contentOffset, int count) throws E;
    }

    /** Splits {@code count} bytes of content that start at {@code stream} into stretches of the file. */
    <E extends Exception> void map(long stream, int count, Visitor<E> visitor) throws E {
        int i = extentAt(stream);
        int done = 0;
        while (done < count && i < length.length) {
            long inside = stream + done - streamStart[i];
            int step = (int) Math.min(count - done, length[i] - inside);
            if (step > 0) {
                visitor.visit(fileStart[i] + inside, done, step);
                done += step;
            }
            i++;
        }
    }

    private int extentAt(long stream) {
        int low = 0;
        int high = streamStart.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (streamStart[middle] <= stream) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        // Of empty extents that start at the same place, the last one found is right: the others hold nothing.
        return low;
    }
}
