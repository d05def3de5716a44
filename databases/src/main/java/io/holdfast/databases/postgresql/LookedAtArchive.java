package io.holdfast.databases.postgresql;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;

/** An archive that is looked at while it passes. Not thread-safe; closing it closes the stream it reads. */
final class LookedAtArchive extends InputStream {
    private static final int PIECE_BYTES = 64 << 10;

    private final InputStream in;
    private final CustomArchive archive = new CustomArchive();

    LookedAtArchive(InputStream in) {
        this.in = in;
    }

    CustomArchive archive() {
        return archive;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int count = in.read(bytes, offset, length);
        if (count > 0) {
            archive.accept(bytes, offset, count);
        }
        return count;
    }

    /**
     * Reads up to the end of the table of contents.
     *
     * @return all of the stream, from its beginning
     */
    InputStream afterContents() throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        byte[] piece = new byte[PIECE_BYTES];
        int count = 0;
        while (count >= 0 && !archive.hasContents()) {
            count = read(piece, 0, piece.length);
            read.write(piece, 0, Math.max(0, count));
        }
        return new SequenceInputStream(new ByteArrayInputStream(read.toByteArray()), this);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
