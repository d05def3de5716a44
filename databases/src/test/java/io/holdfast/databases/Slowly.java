package io.holdfast.databases;

import io.holdfast.core.MonotonicClock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;

/** Reads so slowly that whoever writes has to wait. */
final class Slowly {
    private static final int PIECE_BYTES = 1 << 20;

    private Slowly() {}

    /** @param millis to wait after each mebibyte */
    static byte[] read(InputStream in, int millis) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try {
            byte[] piece = in.readNBytes(PIECE_BYTES);
            while (piece.length > 0) {
                all.writeBytes(piece);
                MonotonicClock.system().sleep(Duration.ofMillis(millis));
                piece = in.readNBytes(PIECE_BYTES);
            }
            return all.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
