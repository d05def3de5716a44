package io.holdfast.repository.crypto;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * What a host keeps that can only write: its domain and the id key by which it knows again what it has sent. Whoever has it can find out whether given content
 * was sent, and read nothing.
 *
 * @param domain 16 bytes
 * @param idKey 32 bytes
 */
public record HostKey(Bytes domain, Bytes idKey) {
    private static final WrittenKey TEXT = new WrittenKey(
            "holdfast-host-1-",
            "host key",
            SealedKey.DOMAIN_BYTES + Keyring.KEY_BYTES,
            "Delete the file: a new one is made, and all is sent once more.");

    public static HostKey generate(SecureRandom random) {
        byte[] domain = new byte[SealedKey.DOMAIN_BYTES];
        byte[] key = new byte[Keyring.KEY_BYTES];
        random.nextBytes(domain);
        random.nextBytes(key);
        return new HostKey(Bytes.wrap(domain), Bytes.wrap(key));
    }

    /** @throws HoldfastException {@code WRONG_KEY} where the text is none or its checksum does not fit */
    public static HostKey parse(String text, String origin) {
        byte[] both = TEXT.read(text, origin);
        return new HostKey(
                Bytes.wrap(Arrays.copyOf(both, SealedKey.DOMAIN_BYTES)),
                Bytes.wrap(Arrays.copyOfRange(both, SealedKey.DOMAIN_BYTES, both.length)));
    }

    /** One line without line end. */
    public String toText() {
        byte[] both = Arrays.copyOf(domain.unsafeArray(), SealedKey.DOMAIN_BYTES + Keyring.KEY_BYTES);
        System.arraycopy(idKey.unsafeArray(), 0, both, SealedKey.DOMAIN_BYTES, Keyring.KEY_BYTES);
        return TEXT.write(both);
    }
}
