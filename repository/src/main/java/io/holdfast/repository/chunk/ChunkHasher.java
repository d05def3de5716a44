package io.holdfast.repository.chunk;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.crypto.Sha256;
import java.security.DigestException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.ShortBufferException;

/** Names chunks: HMAC-SHA-256(id key, SHA-256(content)). Not thread-safe; make one per thread. */
public final class ChunkHasher {
    private final MessageDigest digest = Sha256.digest();
    private final Mac mac;
    private final byte[] hash = new byte[Sha256.BYTES];

    public ChunkHasher(byte[] idKey) {
        this.mac = Sealer.hmac(idKey);
    }

    public ChunkId id(byte[] content, int offset, int length) {
        try {
            digest.update(content, offset, length);
            digest.digest(hash, 0, hash.length);
            mac.update(hash);
            mac.doFinal(hash, 0);
            return ChunkId.read(hash, 0);
        } catch (DigestException | ShortBufferException e) {
            throw new IllegalStateException("SHA-256 failed", e);
        }
    }
}
