package io.holdfast.cli;

import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** An output that remembers the first failure: {@link java.io.PrintStream} swallows it. */
final class CheckedOutput extends OutputStream {
    private final OutputStream target;
    private volatile @Nullable IOException failure;

    CheckedOutput(OutputStream target) {
        this.target = target;
    }

    boolean hasFailed() {
        return failure != null;
    }

    /** Whether the reader has gone, as {@code head} does when it has seen enough. */
    boolean isClosedPipe() {
        return failure().contains("Broken pipe");
    }

    /** What the system said; empty where nothing failed. */
    String failure() {
        IOException known = failure;
        return known == null ? "" : String.valueOf(known.getMessage());
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            target.write(bytes, offset, length);
        } catch (IOException e) {
            remember(e);
            throw e;
        }
    }

    @Override
    public void flush() throws IOException {
        try {
            target.flush();
        } catch (IOException e) {
            remember(e);
            throw e;
        }
    }

    private void remember(IOException e) {
        if (failure == null) {
            failure = e;
        }
    }
}
