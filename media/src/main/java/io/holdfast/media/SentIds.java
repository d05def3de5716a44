package io.holdfast.media;

import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.ChunkName;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of content that a host has sent for a job, in a file beside the cache, so that a media server that died knows them again: what of them an index has need not be
 * sent twice. One name after the other, {@value ChunkName#BYTES} bytes each. Where the disk does not take it, the next attempt sends more. Thread-safe.
 */
final class SentIds implements AutoCloseable {
    /** Of 32 million chunks; what comes after is not remembered. */
    private static final long MOST_BYTES = 1L << 30;

    /** So much is not known any more where the media server dies. */
    private static final int BUFFER_BYTES = 8 << 10;

    private final Path path;
    private @Nullable OutputStream out;
    private long bytes;

    SentIds(Path path) {
        this.path = path;
    }

    /** Reads what an earlier session has left, and goes on after it. */
    synchronized void open(Consumer<ChunkName> known) {
        try {
            Files.createDirectories(path.toAbsolutePath().getParent());
            long whole = Files.exists(path) ? read(known) : 0;
            OutputStream file = Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            out = new BufferedOutputStream(file, BUFFER_BYTES);
            // A record that was cut is made whole with the zeros of no chunk.
            long cut = Files.size(path) - whole;
            if (cut > 0) {
                out.write(new byte[(int) (ChunkName.BYTES - cut)]);
            }
            bytes = Files.size(path);
        } catch (IOException e) {
            forget();
        }
    }

    /** @return length of the whole records */
    private long read(Consumer<ChunkName> known) throws IOException {
        long whole = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(path), 64 << 10)) {
            for (byte[] record = in.readNBytes(ChunkName.BYTES);
                    record.length == ChunkName.BYTES;
                    record = in.readNBytes(ChunkName.BYTES)) {
                whole += record.length;
                try {
                    ChunkName.decode(record).forEach(known);
                } catch (HoldfastException e) {
                    // Torn when the machine went down; it stands for nothing.
                }
            }
        }
        return whole;
    }

    synchronized void add(List<ChunkName> chunks) {
        OutputStream file = out;
        if (file == null || bytes > MOST_BYTES) {
            return;
        }
        try {
            byte[] names = ChunkName.encode(chunks);
            file.write(names);
            bytes += names.length;
        } catch (IOException e) {
            forget();
        }
    }

    /** What was added survives the end of this process. */
    synchronized void flush() {
        OutputStream file = out;
        try {
            if (file != null) {
                file.flush();
            }
        } catch (IOException e) {
            forget();
        }
    }

    /** The snapshot is made: nobody asks for it again. */
    synchronized void delete() {
        close();
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // It is cleared away when it is old.
        }
    }

    private void forget() {
        OutputStream file = out;
        out = null;
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            // It is given up.
        }
    }

    /** Keeps the file. */
    @Override
    public synchronized void close() {
        forget();
    }
}
