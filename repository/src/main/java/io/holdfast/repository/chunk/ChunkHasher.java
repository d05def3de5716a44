package io.holdfast.repository.chunk;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.crypto.Sha256;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import javax.crypto.Mac;
import javax.crypto.ShortBufferException;

/** Names chunks: HMAC-SHA-256(id key, SHA-256(content)). Not thread-safe; make one per thread. */
public final class ChunkHasher {
    private final MessageDigest digest = Sha256.digest();
    private final Mac mac;
    private final byte[] hash = new byte[Sha256.BYTES];

    private final IntFunction<List<byte[]>> otherIdKeys;
    private final boolean looksForMore;
    private final List<Mac> others = new ArrayList<>();
    private boolean othersAreKnown;

    public ChunkHasher(byte[] idKey) {
        this(idKey, known -> List.of(), false);
    }

    /**
     * Knows the chunks of hosts again that have id keys of their own, also of those that have come meanwhile: for what has to be the content of a chunk, unless it is
     * damaged. Each time that it is not, the store is asked for further hosts.
     */
    public ChunkHasher(Keyring keyring) {
        this(keyring.idKey(), keyring::domainIdKeys, true);
    }

    private ChunkHasher(byte[] idKey, IntFunction<List<byte[]>> otherIdKeys, boolean looksForMore) {
        this.mac = Sealer.hmac(idKey);
        this.otherIdKeys = otherIdKeys;
        this.looksForMore = looksForMore;
    }

    /** The same for what may well be something else: it asks for hosts once. */
    public static ChunkHasher comparing(Keyring keyring) {
        return new ChunkHasher(keyring.idKey(), keyring::domainIdKeys, false);
    }

    /** Whether this is the content of the chunk with this id, under any of the id keys. */
    public boolean names(ChunkId id, byte[] content, int offset, int length) {
        return named(id.a(), id.b(), content, offset, length).filter(id::equals).isPresent();
    }

    /** The id of this content that starts with this half, under any of the id keys. */
    public Optional<ChunkId> named(long a, long b, byte[] content, int offset, int length) {
        ChunkId own = id(content, offset, length);
        if (own.a() == a && own.b() == b) {
            return Optional.of(own);
        }
        if (!othersAreKnown) {
            takeOthers(-1);
            othersAreKnown = true;
        }
        int known = others.size();
        if (known == 0 && !looksForMore) {
            return Optional.empty();
        }
        digest.update(content, offset, length);
        byte[] plainHash = digest.digest();
        Optional<ChunkId> found = namedByOthers(0, a, b, plainHash);
        if (found.isEmpty() && looksForMore) {
            takeOthers(known);
            found = namedByOthers(known, a, b, plainHash);
        }
        return found;
    }

    /** @param known takes what comes after so many */
    private void takeOthers(int known) {
        List<byte[]> keys = otherIdKeys.apply(known);
        keys.subList(others.size(), keys.size()).forEach(key -> others.add(Sealer.hmac(key)));
    }

    private Optional<ChunkId> namedByOthers(int from, long a, long b, byte[] plainHash) {
        for (int i = from; i < others.size(); i++) {
            ChunkId other = ChunkId.read(others.get(i).doFinal(plainHash), 0);
            if (other.a() == a && other.b() == b) {
                Collections.swap(others, 0, i); // What comes next is mostly of the same host.
                return Optional.of(other);
            }
        }
        return Optional.empty();
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
