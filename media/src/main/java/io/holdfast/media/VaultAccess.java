package io.holdfast.media;

import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.NotYet;
import io.holdfast.protocol.VaultCalls;
import io.holdfast.protocol.VaultObject;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** One host's access to the objects of one vault, for one job. Borrows the store. Thread-safe. */
final class VaultAccess {
    private static final int PIECE_BYTES = 4 << 20;
    private static final long PATIENCE_SECONDS = 20;

    private final ObjectStore store;
    private final VaultRules rules;
    private final Limits limits;
    private final AtomicLong storedBytes = new AtomicLong();

    /**
     * What a media server has for all of them.
     *
     * @param ofHost puts of one host at once
     * @param inMemory whole objects in memory at once
     * @param parts a directory for what is coming
     */
    record Limits(Semaphore ofHost, Semaphore inMemory, Path parts) {}

    VaultAccess(ObjectStore store, VaultRules rules, Limits limits) {
        this.store = store;
        this.rules = rules;
        this.limits = limits;
    }

    /** Of what was put through it. */
    long storedBytes() {
        return storedBytes.get();
    }

    Optional<ObjectStat> stat(ObjectName name) {
        return store.stat(name);
    }

    /**
     * Writes a part of an object.
     *
     * @param out not closed
     * @throws HoldfastException {@code DAMAGED} where the object ends before
     */
    void read(ObjectName name, long from, long length, OutputStream out) throws IOException {
        byte[] piece = new byte[(int) Math.min(length, PIECE_BYTES)];
        for (long done = 0; done < length; ) {
            int count = (int) Math.min(piece.length, length - done);
            if (!store.getRange(name, from + done, ByteBuffer.wrap(piece, 0, count))) {
                throw HoldfastException.notFound(name + " was deleted while it was read");
            }
            out.write(piece, 0, count);
            done += count;
        }
    }

    /** Writes the lines of a listing. */
    void list(String prefix, OutputStream out) throws IOException {
        try {
            store.list(prefix, object -> {
                try {
                    write(VaultObject.of(object).line(), out);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        write(VaultCalls.END, out);
    }

    private static void write(String line, OutputStream out) throws IOException {
        out.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    /** How many bytes may be put under this name. */
    long requirePut(ObjectName name) {
        return rules.requirePut(name);
    }

    /** @param body as long as may be, at most */
    PutOutcome put(ObjectName name, InputStream body) throws IOException {
        acquire(limits.ofHost());
        try (ReceivedObject received = ReceivedObject.read(body, limits.parts())) {
            acquire(limits.inMemory());
            try {
                rules.check(name, received);
                PutOutcome outcome = store.put(name, received.buffer());
                if (outcome == PutOutcome.STORED) {
                    storedBytes.addAndGet(received.sizeBytes());
                    rules.stored(name, received);
                }
                return outcome;
            } finally {
                limits.inMemory().release();
            }
        } finally {
            limits.ofHost().release();
        }
    }

    private static void acquire(Semaphore places) {
        try {
            if (!places.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new NotYet("too many objects are on their way");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(io.holdfast.core.ErrorCode.INTERRUPTED, "interrupted", null, e);
        }
    }

    boolean delete(ObjectName name) {
        rules.requireDelete(name);
        return store.delete(name);
    }
}
