package io.holdfast.repository.crypto;

import io.holdfast.core.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What cuts and names chunks as a repository does: the id key and what is derived from it. It decrypts nothing of the repository. Whoever has it can
 * tell by the ids whether the repository has content that he has, too.
 *
 * @param repositoryId 16 bytes
 * @param idKey 32 bytes; read only
 */
public record NamingKeys(Bytes repositoryId, byte[] idKey) {
    private static final int GEAR_BYTES = 256 * Long.BYTES;

    /** The secret table of the chunker, 256 words. */
    public long[] gearTable() {
        byte[] bytes = Hkdf.derive(idKey, repositoryId.toByteArray(), "holdfast gear", GEAR_BYTES);
        long[] table = new long[256];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(table);
        return table;
    }

    /** The key of what a host keeps on its own disk of the tree that it saved last. */
    public byte[] keptTreeKey(byte[] salt) {
        return Hkdf.derive(idKey, salt, "holdfast kept tree", Keyring.KEY_BYTES);
    }
}
