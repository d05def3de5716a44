package io.holdfast.databases.tool;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * A stream some lines of which come out changed or not at all. Lines that begin like none of these pass by without being looked at, whatever their length. Not
 * thread-safe; closing it closes the stream it reads.
 */
public final class EditedLines extends InputStream {
    private static final int BUFFER_BYTES = 64 << 10;
    private static final int MOST_LINE_BYTES = 8 << 10;

    private final InputStream in;
    private final Edit edit;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int at;
    private int end;
    /** What goes out before more of the buffer does. */
    private byte[] pending;

    private int pendingAt;
    private boolean atLineStart = true;

    /** Which lines are changed, and how. */
    public interface Edit {
        /** Whether a line that begins with this byte may be one. */
        boolean concerns(byte first);

        /**
         * What becomes of a line of at most 8 KiB; longer ones stay.
         *
         * @param line without its end
         * @return the same to leave it, empty to leave it out
         */
        Optional<Text> edited(Text line);
    }

    /** @param first goes out before the stream does */
    public EditedLines(InputStream in, byte[] first, Edit edit) {
        this.in = in;
        this.edit = edit;
        this.pending = first.clone();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (pendingAt == pending.length) {
            if (at == end && !fill()) {
                return -1;
            }
            if (!atLineStart || !edit.concerns(buffer[at])) {
                return pass(bytes, offset, length);
            }
            takeLine();
        }
        int count = Math.min(length, pending.length - pendingAt);
        System.arraycopy(pending, pendingAt, bytes, offset, count);
        pendingAt += count;
        return count;
    }

    private boolean fill() throws IOException {
        at = 0;
        end = Math.max(0, in.read(buffer, 0, buffer.length));
        return end > 0;
    }

    /** As much as can go out unseen: up to a line that has to be looked at. */
    private int pass(byte[] bytes, int offset, int length) {
        int most = Math.min(end, at + length);
        int to = at;
        do {
            atLineStart = buffer[to] == '\n';
            to++;
        } while (to < most && !(atLineStart && edit.concerns(buffer[to])));
        int count = to - at;
        System.arraycopy(buffer, at, bytes, offset, count);
        at = to;
        return count;
    }

    private void takeLine() throws IOException {
        byte[] line = new byte[256];
        int length = 0;
        boolean ended = false;
        while (!ended && length < MOST_LINE_BYTES && (at < end || fill())) {
            if (length == line.length) {
                line = Arrays.copyOf(line, 2 * length);
            }
            line[length] = buffer[at];
            ended = line[length] == '\n';
            length++;
            at++;
        }
        atLineStart = ended;
        pendingAt = 0;
        pending = Arrays.copyOf(line, length);
        if (ended) {
            Text whole = Text.of(line, length - 1);
            Optional<Text> edited = edit.edited(whole);
            if (edited.isEmpty()) {
                pending = new byte[0];
            } else if (!edited.get().equals(whole)) {
                pending = edited.get().line();
            }
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /**
     * Text of a line with each of its bytes as one letter, so that it comes out as it came in, whatever its encoding.
     *
     * @param letters U+0000 to U+00FF
     */
    public record Text(String letters) {
        private static Text of(byte[] bytes, int length) {
            return new Text(new String(bytes, 0, length, StandardCharsets.ISO_8859_1));
        }

        /** What is UTF-8 in such a stream. */
        public static String lettersOf(String text) {
            return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        }

        private byte[] line() {
            return (letters + "\n").getBytes(StandardCharsets.ISO_8859_1);
        }
    }
}
