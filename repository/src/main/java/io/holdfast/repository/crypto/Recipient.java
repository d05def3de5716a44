package io.holdfast.repository.crypto;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * For whom a host seals what it cannot read itself: the public half of an X25519 key pair (RFC 7748) that belongs to a key epoch of a repository.
 *
 * @param epoch of the master key from which the private half is derived
 * @param publicKey 32 bytes
 */
public record Recipient(Bytes repositoryId, int epoch, Bytes publicKey) {
    static final int PUBLIC_BYTES = 32;
    private static final int ID_BYTES = 16;
    private static final int TEXT_BYTES = ID_BYTES + Integer.BYTES + PUBLIC_BYTES;
    private static final WrittenKey TEXT = new WrittenKey(
            "holdfast-to-1-",
            "recipient",
            TEXT_BYTES,
            "'holdfast key recipient' prints it, where the repository is opened.");

    /**
     * Reads what {@code holdfast key recipient} prints.
     *
     * @throws HoldfastException {@code WRONG_KEY} where the text is none or its checksum does not fit
     */
    public static Recipient parse(String text, String origin) {
        ByteBuffer in = ByteBuffer.wrap(TEXT.read(text, origin)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] id = new byte[ID_BYTES];
        in.get(id);
        int epoch = in.getInt();
        byte[] key = new byte[PUBLIC_BYTES];
        in.get(key);
        return new Recipient(Bytes.wrap(id), epoch, Bytes.wrap(key));
    }

    /** One line without line end. No secret. */
    public String toText() {
        return TEXT.write(ByteBuffer.allocate(TEXT_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(repositoryId.unsafeArray())
                .putInt(epoch)
                .put(publicKey.unsafeArray())
                .array());
    }
}
