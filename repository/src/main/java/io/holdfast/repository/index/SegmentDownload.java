package io.holdfast.repository.index;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.crypto.Envelope;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.crypto.SegmentCipher;
import io.holdfast.repository.crypto.Sha256;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Optional;

/**
 * Reads an index segment from the store in pieces, checks it and decrypts it: segments grow larger than the memory. Memory: one piece of 1
 * MiB, twice.
 */
final class SegmentDownload {
    private static final int STORED_SEGMENT = SegmentCipher.SEGMENT_BYTES + SegmentCipher.TAG_BYTES;
    private static final int PIECE_BYTES = 16 * STORED_SEGMENT;

    private final ObjectStore store;
    private final Sealer sealer;
    private final ObjectName name;

    SegmentDownload(ObjectStore store, Sealer sealer, String leaf) {
        this.store = store;
        this.sealer = sealer;
        this.name = ObjectName.of(IndexStore.PREFIX + leaf);
    }

    /** Takes the plaintext, piece by piece. */
    @FunctionalInterface
    interface Sink {
        void write(byte[] plain, int length) throws IOException;
    }

    /**
     * @return false where there is no such object
     * @throws HoldfastException {@code DAMAGED} where it is not what was written; what the sink got is void then
     * @throws IOException from the sink
     */
    boolean run(Sink sink) throws IOException {
        Optional<ObjectStat> stat = store.stat(name);
        if (stat.isEmpty()) {
            return false;
        }
        long size = stat.get().sizeBytes();
        try {
            return size >= Envelope.BYTES ? decrypt(size, sink) : throwDamaged(": only " + size + " bytes long");
        } catch (HoldfastException e) {
            // Whatever it looks like, such as the work of a newer program: bytes that are not those of the name are
            // damage.
            if (e.code() != ErrorCode.STORE_UNREACHABLE && !hashFits(size)) {
                throwDamaged(": its bytes do not hash to its name");
            }
            throw e;
        }
    }

    private boolean decrypt(long size, Sink sink) throws IOException {
        byte[] header = new byte[Envelope.BYTES];
        if (!store.getRange(name, 0, ByteBuffer.wrap(header))) {
            return false;
        }
        MessageDigest digest = Sha256.digest();
        digest.update(header);
        SegmentCipher cipher =
                sealer.cipher(Envelope.decode(header, header.length, ObjectKind.INDEX_SEGMENT, name.value()));
        byte[] stored = new byte[pieceBytes(size)];
        byte[] plain = new byte[stored.length];
        int segment = 0;
        for (long at = Envelope.BYTES; at < size; ) {
            int count = (int) Math.min(stored.length, size - at);
            if (!store.getRange(name, at, ByteBuffer.wrap(stored, 0, count))) {
                return false;
            }
            digest.update(stored, 0, count);
            int written = 0;
            for (int done = 0; done < count; done += STORED_SEGMENT) {
                int length = Math.min(STORED_SEGMENT, count - done);
                boolean last = at + done + length == size;
                int decrypted = cipher.decryptSegment(0, segment++, last, stored, done, length, plain, written);
                if (decrypted < 0) {
                    throwDamaged(": does not decrypt");
                }
                written += decrypted;
            }
            sink.write(plain, written);
            at += count;
        }
        return fits(digest) || throwDamaged(": its bytes do not hash to its name");
    }

    private boolean hashFits(long size) {
        MessageDigest digest = Sha256.digest();
        byte[] piece = new byte[pieceBytes(size)];
        for (long at = 0; at < size; at += piece.length) {
            int count = (int) Math.min(piece.length, size - at);
            if (!store.getRange(name, at, ByteBuffer.wrap(piece, 0, count))) {
                return false;
            }
            digest.update(piece, 0, count);
        }
        return fits(digest);
    }

    private static int pieceBytes(long size) {
        return (int) Math.min(PIECE_BYTES, size);
    }

    private boolean fits(MessageDigest digest) {
        return Bytes.wrap(digest.digest()).toHex().equals(name.leaf());
    }

    private boolean throwDamaged(String what) {
        throw HoldfastException.damaged(name + what);
    }
}
