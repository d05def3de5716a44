package io.holdfast.security;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key of a server under which its catalog keeps secrets: AES-256-GCM, a random nonce of 96 bits each time, few secrets. Who has the catalog alone has none of them. Thread-safe.
 */
public final class SealingKey {
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final byte VERSION = 1;

    private final SecretKeySpec key;
    private final SecureRandom random;

    private SealingKey(byte[] key, SecureRandom random) {
        this.key = new SecretKeySpec(key, "AES");
        this.random = random;
    }

    /** Makes one, for its owner alone, in a file that does not exist. Durable when this returns. */
    public static SealingKey create(Path file, SecureRandom random) {
        byte[] key = new byte[KEY_BYTES];
        random.nextBytes(key);
        Pem.writeWhole(file, HexFormat.of().formatHex(key) + "\n", true);
        return new SealingKey(key, random);
    }

    /** @throws HoldfastException {@code WRONG_KEY} where the file has none */
    public static SealingKey open(Path file, SecureRandom random) {
        try {
            String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
            if (text.length() == 2 * KEY_BYTES) {
                return new SealingKey(HexFormat.of().parseHex(text), random);
            }
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.WRONG_KEY,
                    file + " cannot be read: " + e,
                    "Put it back from a copy, or check its rights.",
                    e);
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw new HoldfastException(
                ErrorCode.WRONG_KEY, file + " is no host key", "Put it back from a copy: 64 hexadecimal digits.");
    }

    /**
     * Seals a secret.
     *
     * @param purpose what it is; it opens only as that
     */
    public Bytes seal(byte[] secret, String purpose) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, nonce, purpose);
            byte[] sealed = new byte[1 + NONCE_BYTES + cipher.getOutputSize(secret.length)];
            sealed[0] = VERSION;
            System.arraycopy(nonce, 0, sealed, 1, NONCE_BYTES);
            cipher.doFinal(secret, 0, secret.length, sealed, 1 + NONCE_BYTES);
            return Bytes.wrap(sealed);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws HoldfastException {@code WRONG_KEY} where it was sealed with another key or for another purpose, or is damaged */
    public byte[] open(Bytes sealed, String purpose) {
        byte[] bytes = sealed.unsafeArray();
        try {
            if (bytes.length > NONCE_BYTES && bytes[0] == VERSION) {
                byte[] nonce = Arrays.copyOfRange(bytes, 1, 1 + NONCE_BYTES);
                return cipher(Cipher.DECRYPT_MODE, nonce, purpose)
                        .doFinal(bytes, 1 + NONCE_BYTES, bytes.length - 1 - NONCE_BYTES);
            }
        } catch (AEADBadTagException e) {
            // Said below.
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
        throw new HoldfastException(
                ErrorCode.WRONG_KEY,
                "the host key does not open " + purpose,
                "The host key of the server that sealed it is needed: host.key in its data directory.");
    }

    private Cipher cipher(int mode, byte[] nonce, String purpose) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(purpose.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }
}
