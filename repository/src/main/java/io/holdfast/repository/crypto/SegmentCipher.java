package io.holdfast.repository.crypto;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts and decrypts runs of segments under the key of one object (docs/repository-format.md, section 4). The segment size
 * serves ranged reads and a cold JVM alike: until the compiler has seen enough of it, AES-GCM in calls above 64 KiB is slow.
 * Not thread-safe; make one per thread.
 */
public final class SegmentCipher {
    public static final int SEGMENT_BYTES = 64 * 1024;
    public static final int TAG_BYTES = 16;
    private static final int TAG_BITS = 8 * TAG_BYTES;
    private static final byte[] NO_DATA = new byte[0];

    private final SecretKeySpec key;
    private final byte[] associatedData;
    private final Cipher cipher;

    public SegmentCipher(byte[] key) {
        this(key, NO_DATA);
    }

    SegmentCipher(byte[] key, byte[] associatedData) {
        this.key = new SecretKeySpec(key, "AES");
        this.associatedData = associatedData;
        try {
            this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java lacks AES-GCM", e);
        }
    }

    /** The stored length of a run with {@code plainBytes} bytes in it; 0 bytes take one segment. */
    public static long storedLength(long plainBytes) {
        long segments = Math.max(1, (plainBytes + SEGMENT_BYTES - 1) / SEGMENT_BYTES);
        return plainBytes + segments * TAG_BYTES;
    }

    /** The plaintext length of a run of {@code storedBytes}, or −1 where no run has that length. */
    public static long plainLength(long storedBytes) {
        int whole = SEGMENT_BYTES + TAG_BYTES;
        long segments = Math.max(1, (storedBytes + whole - 1) / whole);
        long plain = storedBytes - segments * TAG_BYTES;
        return plain >= 0 && storedLength(plain) == storedBytes ? plain : -1;
    }

    /** Encrypts {@code [offset, offset + length)} of {@code plain} into {@code target}; returns the stored length. */
    public int encrypt(int runOffset, byte[] plain, int offset, int length, byte[] target, int targetOffset) {
        int done = 0;
        int written = 0;
        int segment = 0;
        try {
            do {
                int count = Math.min(SEGMENT_BYTES, length - done);
                boolean last = done + count == length;
                init(Cipher.ENCRYPT_MODE, runOffset, segment++, last);
                written += cipher.doFinal(plain, offset + done, count, target, targetOffset + written);
                done += count;
            } while (done < length);
            return written;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("encryption failed", e);
        }
    }

    /** Encrypts one segment of a run, for runs that do not fit into an array. All but the last must be full. */
    public int encryptSegment(int runOffset, int segment, boolean last, byte[] plain, int length, byte[] target) {
        if (!last && length != SEGMENT_BYTES) {
            throw new IllegalArgumentException("a segment of " + length + " bytes that is not the last");
        }
        try {
            init(Cipher.ENCRYPT_MODE, runOffset, segment, last);
            return cipher.doFinal(plain, 0, length, target, 0);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("encryption failed", e);
        }
    }

    /**
     * Decrypts a whole run into {@code target}.
     *
     * @return the plaintext length, or −1 where a tag does not fit: the data is not what was written
     */
    public int decrypt(int runOffset, byte[] stored, int offset, int length, byte[] target, int targetOffset) {
        if (plainLength(length) < 0) {
            return -1;
        }
        int done = 0;
        int written = 0;
        int segment = 0;
        try {
            do {
                int count = Math.min(SEGMENT_BYTES + TAG_BYTES, length - done);
                boolean last = done + count == length;
                init(Cipher.DECRYPT_MODE, runOffset, segment++, last);
                written += cipher.doFinal(stored, offset + done, count, target, targetOffset + written);
                done += count;
            } while (done < length);
            return written;
        } catch (AEADBadTagException e) {
            return -1;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("decryption failed", e);
        }
    }

    /**
     * Decrypts one segment of a run, for runs that do not fit into an array.
     *
     * @param length with the tag
     * @return the plaintext length, or −1 where it is not what was written
     */
    public int decryptSegment(
            int runOffset,
            int segment,
            boolean last,
            byte[] stored,
            int offset,
            int length,
            byte[] target,
            int targetOffset) {
        if (length < TAG_BYTES) {
            return -1;
        }
        try {
            init(Cipher.DECRYPT_MODE, runOffset, segment, last);
            return cipher.doFinal(stored, offset, length, target, targetOffset);
        } catch (AEADBadTagException e) {
            return -1;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("decryption failed", e);
        }
    }

    private void init(int mode, int runOffset, int segment, boolean last) throws GeneralSecurityException {
        byte[] nonce = new byte[12];
        ByteBuffer.wrap(nonce)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(runOffset)
                .putInt(segment)
                .put(11, (byte) (last ? 1 : 0));
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        if (associatedData.length > 0) {
            cipher.updateAAD(associatedData);
        }
    }
}
