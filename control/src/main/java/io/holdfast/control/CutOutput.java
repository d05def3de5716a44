package io.holdfast.control;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Output that ends in order only when it is whole: writers that add an end to what they wrote when they are closed would make half an archive look like one. For one thread.
 */
final class CutOutput extends FilterOutputStream {
    private boolean isWhole;
    private boolean isCut;

    CutOutput(OutputStream inner) {
        super(inner);
    }

    /** Nothing more goes out, and the end never does. */
    void cut() {
        isCut = true;
    }

    /** All that is to come was written, but what closing adds. */
    void whole() {
        isWhole = true;
    }

    @Override
    public void write(int b) throws IOException {
        if (!isCut) {
            out.write(b);
        }
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (!isCut) {
            out.write(bytes, offset, length);
        }
    }

    @Override
    public void flush() throws IOException {
        if (!isCut) {
            out.flush();
        }
    }

    @Override
    public void close() throws IOException {
        if (isWhole && !isCut) {
            out.close();
        }
    }
}
