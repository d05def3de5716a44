package io.holdfast.repository.pack;

import io.holdfast.core.Bytes;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.crypto.Envelope;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.SegmentCipher;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Builds one pack in memory: encrypts frames one after the other, checks that each decrypts to itself, and closes with table of
 * contents and footer. Used by one thread.
 */
final class PackBuilder {
    private final PackKind kind;
    private final Envelope envelope;
    private final SegmentCipher cipher;
    private final Pieces pieces;
    private final List<TocEntry> chunks = new ArrayList<>();
    private int[] frameOffsets = new int[64];
    private int frameCount;
    private final Scratch scratch;
    private long plainBytes;

    /** Room to encrypt and decrypt in, for all packs that one thread builds. */
    static final class Scratch {
        private byte[] encrypted = new byte[FrameCodec.GROUP_BYTES];
        private byte[] decrypted = new byte[FrameCodec.GROUP_BYTES];

        private void ensure(int plainLength, int storedLength) {
            if (encrypted.length < storedLength) {
                encrypted = new byte[storedLength];
            }
            if (decrypted.length < plainLength) {
                decrypted = new byte[plainLength];
            }
        }
    }

    PackBuilder(PackKind kind, Envelope envelope, Keyring keyring, DirectPool pool, Scratch scratch) {
        this.scratch = scratch;
        this.kind = kind;
        this.envelope = envelope;
        this.cipher = new SegmentCipher(keyring.encryptionKey(envelope, kind.prefix()));
        this.pieces = new Pieces(pool);
        byte[] header = envelope.encode();
        pieces.append(header, 0, header.length);
    }

    int sizeBytes() {
        return pieces.length();
    }

    int chunkCount() {
        return chunks.size();
    }

    boolean isEmpty() {
        return frameCount == 0;
    }

    /** Appends an encoded frame. */
    void append(EncodedFrame frame) {
        int offset = pieces.length();
        if (frameCount == frameOffsets.length) {
            frameOffsets = Arrays.copyOf(frameOffsets, 2 * frameCount);
        }
        for (int i = 0; i < frame.count(); i++) {
            chunks.add(
                    new TocEntry(frame.ids()[i], frame.kinds()[i], frameCount, i, frame.lengths()[i], frame.bases()));
            plainBytes += frame.lengths()[i];
        }
        frameOffsets[frameCount++] = offset;
        appendRun(frame.bytes(), frame.length());
    }

    /**
     * Appends all frames of a pack that was built before, for a pack of the same content under another key. Its memory is given back as it goes on, so that many that
     * are built anew at once take hardly more than before; afterwards it can only be released.
     */
    void takeFramesOf(BuiltPack pack, Keyring keyring) {
        SegmentCipher old = new SegmentCipher(keyring.encryptionKey(pack.envelope(), kind.prefix()));
        PackToc toc = pack.toc();
        int chunk = 0;
        for (int frame = 0; frame < toc.frameCount(); frame++) {
            byte[] stored = pack.bytes(toc.frameOffsets()[frame], toc.frameStoredBytes(frame));
            pack.releaseUpTo(toc.frameOffsets()[frame] + stored.length);
            byte[] plain = new byte[(int) SegmentCipher.plainLength(stored.length)];
            int length = old.decrypt(toc.frameOffsets()[frame], stored, 0, stored.length, plain, 0);
            if (length != plain.length) {
                throw new IllegalStateException(
                        "a pack in memory does not decrypt any more: this machine computes wrongly");
            }
            int first = chunk;
            while (chunk < toc.chunks().size() && toc.chunks().get(chunk).frame() == frame) {
                chunk++;
            }
            List<TocEntry> own = toc.chunks().subList(first, chunk);
            append(new EncodedFrame(
                    plain,
                    length,
                    own.stream().map(TocEntry::id).toArray(ChunkId[]::new),
                    own.stream().map(TocEntry::kind).toArray(ChunkKind[]::new),
                    own.stream().mapToInt(TocEntry::lengthBytes).toArray(),
                    own.size(),
                    own.getFirst().bases()));
        }
    }

    /** Closes the pack. The builder is used up; {@link BuiltPack#release} gives its memory back. */
    BuiltPack finish() {
        int tocOffset = pieces.length();
        byte[] table = PackToc.encode(frameOffsets, frameCount, chunks);
        appendRun(table, table.length);
        PackFooter footer = new PackFooter(
                tocOffset, pieces.length() - tocOffset, frameCount, chunks.size(), PackToc.baseCount(chunks));
        byte[] footerBytes = footer.encode();
        pieces.append(footerBytes, 0, footerBytes.length);
        List<ByteBuffer> content = pieces.buffers();
        PackId id = new PackId(kind, Bytes.wrap(pieces.hash()));
        PackToc toc = PackToc.decode(
                PackFooter.decode(footerBytes, 0, pieces.length(), id.toString()), table, kind, id.toString());
        return new BuiltPack(id, envelope, toc, pieces.length(), plainBytes, content, pieces);
    }

    private void appendRun(byte[] plain, int length) {
        int stored = (int) SegmentCipher.storedLength(length);
        scratch.ensure(length, stored);
        byte[] encrypted = scratch.encrypted;
        byte[] decrypted = scratch.decrypted;
        int offset = pieces.length();
        cipher.encrypt(offset, plain, 0, length, encrypted, 0);
        if (cipher.decrypt(offset, encrypted, 0, stored, decrypted, 0) != length
                || Arrays.mismatch(decrypted, 0, length, plain, 0, length) >= 0) {
            throw new IllegalStateException("encrypted data does not decrypt to itself: this machine computes wrongly");
        }
        pieces.append(encrypted, 0, stored);
    }
}
