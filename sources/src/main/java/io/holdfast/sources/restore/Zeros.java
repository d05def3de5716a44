package io.holdfast.sources.restore;

import io.holdfast.repository.tree.TreeEntry.Hole;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.OpenFile;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** What holes read as. */
final class Zeros {
    private static final byte[] ZEROS = new byte[64 << 10];

    private Zeros() {}

    /** Whether all these holes of a file read as zeros; {@code buffer} is written to. */
    static boolean fill(OpenFile file, List<Hole> holes, byte[] buffer) throws HostFileException {
        for (Hole hole : holes) {
            long end = hole.offset() + hole.length();
            for (long at = file.nextData(hole.offset()); at >= 0 && at < end; ) {
                int count = (int) Math.min(buffer.length, end - at);
                int read = file.read(ByteBuffer.wrap(buffer, 0, count), at);
                if (read < count || firstOther(buffer, count) < count) {
                    return false;
                }
                at = file.nextData(at + count);
            }
        }
        return true;
    }

    /** Where the first byte other than zero is among the first {@code length}; {@code length} where there is none. */
    static int firstOther(byte[] bytes, int length) {
        for (int at = 0; at < length; at += ZEROS.length) {
            int count = Math.min(ZEROS.length, length - at);
            int other = Arrays.mismatch(bytes, at, at + count, ZEROS, 0, count);
            if (other >= 0) {
                return at + other;
            }
        }
        return length;
    }
}
