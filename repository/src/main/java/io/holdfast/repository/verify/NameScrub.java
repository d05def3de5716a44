package io.holdfast.repository.verify;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.crypto.Sha256;
import io.holdfast.repository.index.IndexStore;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * Checks packs and index segments against their names, which are hashes: whoever keeps the bytes can do that, without a key and without
 * learning what they mean. Configuration and key slots carry checksums and are checked, too. What is missing, or was exchanged
 * together with its name, only a key shows. For one use; works on all cores.
 */
public final class NameScrub {
    private static final int PIECE_BYTES = 4 << 20;
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

    private final ObjectStore store;
    private final int threads;
    private final VerificationListener listener;
    private final AtomicLong objects = new AtomicLong();
    private final AtomicLong packs = new AtomicLong();
    private final AtomicLong bytesRead = new AtomicLong();
    private final AtomicLong damages = new AtomicLong();
    private final AtomicLong archivedPacks = new AtomicLong();
    private final AtomicLong archivedBytes = new AtomicLong();

    public NameScrub(ObjectStore store, int threads, VerificationListener listener) {
        this.store = store;
        this.threads = threads;
        this.listener = listener;
    }

    /** Reads everything. */
    public VerificationResult run() {
        List<ObjectStat> named = new ArrayList<>();
        for (String prefix : List.of(PackKind.META.prefix(), PackKind.DATA.prefix(), IndexStore.PREFIX)) {
            store.list(prefix, named::add);
        }
        listener.total(named.stream().mapToLong(ObjectStat::sizeBytes).sum());
        Repository.checkWithoutKey(store, this::checked, this::damaged);
        Workers.deal(threads, named, Scrubber::new);
        return new VerificationResult(
                0,
                objects.get(),
                packs.get(),
                packs.get(),
                bytesRead.get(),
                archivedPacks.get(),
                archivedBytes.get(),
                damages.get(),
                0,
                0,
                0);
    }

    private void checked(ObjectName name) {
        objects.incrementAndGet();
    }

    private void damaged(String what) {
        damages.incrementAndGet();
        listener.damaged(what);
    }

    private void scrub(ObjectStat object, byte[] piece) {
        String leaf = object.name().leaf();
        if (!HASH.matcher(leaf).matches()) {
            damaged(object.name() + Verification.STRAY_HELP);
            return;
        }
        try {
            MessageDigest digest = Sha256.digest();
            for (long done = 0; done < object.sizeBytes(); ) {
                int count = (int) Math.min(piece.length, object.sizeBytes() - done);
                if (!store.getRange(object.name(), done, ByteBuffer.wrap(piece, 0, count))) {
                    return; // A collection deleted it.
                }
                digest.update(piece, 0, count);
                done += count;
                bytesRead.addAndGet(count);
                listener.read(count);
            }
            if (!Bytes.wrap(digest.digest()).toHex().equals(leaf)) {
                damaged(object.name() + ": its bytes do not hash to its name");
            }
        } catch (HoldfastException e) {
            if (e.code() == ErrorCode.REFUSED) {
                archivedPacks.incrementAndGet();
                archivedBytes.addAndGet(object.sizeBytes());
                listener.read(object.sizeBytes());
                return;
            }
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            damaged(String.valueOf(e.getMessage()));
        }
        objects.incrementAndGet();
        if (!object.name().value().startsWith(IndexStore.PREFIX)) {
            packs.incrementAndGet();
        }
    }

    /** One thread with its buffer. */
    private final class Scrubber implements Workers.Worker<ObjectStat> {
        private final byte[] piece = new byte[PIECE_BYTES];

        @Override
        public void work(ObjectStat object) {
            scrub(object, piece);
        }

        @Override
        public void close() {}
    }
}
