package io.holdfast.search;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.crypto.Envelope;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.crypto.SegmentCipher;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An encrypted segment, of which any part is read alone. Its memory may be a mapped file. Thread-safe. */
final class SealedFile {
    private static final int STORED = SegmentCipher.SEGMENT_BYTES + SegmentCipher.TAG_BYTES;

    private final MemorySegment stored;
    private final Sealer sealer;
    private final Envelope envelope;
    private final long plainBytes;
    private final String what;

    /** @throws HoldfastException {@code DAMAGED} where this is none */
    SealedFile(MemorySegment stored, Sealer sealer, String what) {
        this.stored = stored;
        this.sealer = sealer;
        this.what = what;
        byte[] header = new byte[(int) Math.min(stored.byteSize(), Envelope.BYTES)];
        MemorySegment.copy(stored, ValueLayout.JAVA_BYTE, 0, header, 0, header.length);
        this.envelope = Envelope.decode(header, header.length, ObjectKind.SEARCH_SEGMENT, what);
        this.plainBytes = SegmentCipher.plainLength(stored.byteSize() - Envelope.BYTES);
        if (plainBytes < 0) {
            throw damaged();
        }
    }

    /** Length of the plaintext. */
    long length() {
        return plainBytes;
    }

    /** @throws HoldfastException {@code DAMAGED} where it is not what was written, or ends before */
    byte[] read(long offset, int length) {
        if (offset < 0 || length < 0 || offset + length > plainBytes) {
            throw damaged();
        }
        byte[] target = new byte[length];
        SegmentCipher cipher = sealer.cipher(envelope);
        byte[] in = new byte[STORED];
        byte[] out = new byte[SegmentCipher.SEGMENT_BYTES];
        long runBytes = stored.byteSize() - Envelope.BYTES;
        for (int done = 0; done < length; ) {
            long at = offset + done;
            int number = (int) (at / SegmentCipher.SEGMENT_BYTES);
            long start = (long) number * STORED;
            int count = (int) Math.min(STORED, runBytes - start);
            MemorySegment.copy(stored, ValueLayout.JAVA_BYTE, Envelope.BYTES + start, in, 0, count);
            int decrypted = cipher.decryptSegment(0, number, start + count == runBytes, in, 0, count, out, 0);
            int from = (int) (at - (long) number * SegmentCipher.SEGMENT_BYTES);
            if (decrypted <= from) {
                throw damaged();
            }
            int taken = Math.min(decrypted - from, length - done);
            System.arraycopy(out, from, target, done, taken);
            done += taken;
        }
        return target;
    }

    private HoldfastException damaged() {
        return HoldfastException.damaged(what + ": is not what was written");
    }
}
