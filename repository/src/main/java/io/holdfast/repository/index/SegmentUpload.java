package io.holdfast.repository.index;

import io.holdfast.core.Bytes;
import io.holdfast.repository.crypto.Envelope;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.crypto.SegmentCipher;
import io.holdfast.repository.crypto.Sha256;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/** The way of an index segment into the store, in pieces: neither it nor its object is in memory as a whole. */
final class SegmentUpload {
    private static final int PUT_SLICE_BYTES = 1 << 20;

    private SegmentUpload() {}

    /** Encrypts into {@code out}; returns the hash of what was written, in hex. */
    static String seal(Sealer sealer, MemorySegment plain, WritableByteChannel out) throws IOException {
        Envelope envelope = sealer.newEnvelope(ObjectKind.INDEX_SEGMENT);
        SegmentCipher cipher = sealer.cipher(envelope);
        MessageDigest digest = Sha256.digest();
        byte[] header = envelope.encode();
        byte[] in = new byte[SegmentCipher.SEGMENT_BYTES];
        byte[] encrypted = new byte[SegmentCipher.SEGMENT_BYTES + SegmentCipher.TAG_BYTES];
        digest.update(header);
        writeAll(out, ByteBuffer.wrap(header));
        long size = plain.byteSize();
        int segment = 0;
        for (long done = 0; done < size; ) {
            int count = (int) Math.min(in.length, size - done);
            MemorySegment.copy(plain, ValueLayout.JAVA_BYTE, done, in, 0, count);
            done += count;
            int stored = cipher.encryptSegment(0, segment++, done == size, in, count, encrypted);
            digest.update(encrypted, 0, stored);
            writeAll(out, ByteBuffer.wrap(encrypted, 0, stored));
        }
        return Bytes.wrap(digest.digest()).toHex();
    }

    /** Puts what {@link #seal} wrote into a file. */
    static void put(ObjectStore store, ObjectName name, Path sealedFile) throws IOException {
        try (FileChannel channel = FileChannel.open(sealedFile, StandardOpenOption.READ)) {
            ByteBuffer all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            List<ByteBuffer> slices = new ArrayList<>();
            for (int at = 0; at < all.capacity(); at += PUT_SLICE_BYTES) {
                slices.add(all.slice(at, Math.min(PUT_SLICE_BYTES, all.capacity() - at)));
            }
            store.put(name, slices);
        }
    }

    private static void writeAll(WritableByteChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }
}
