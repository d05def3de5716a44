package io.holdfast.repository.crypto;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** HKDF with SHA-256 (RFC 5869) through the JDK's key derivation interface. */
final class Hkdf {
    private Hkdf() {}

    /** Extracts with {@code salt} and expands to {@code length} bytes (at most 8,160) for the purpose {@code label}. */
    static byte[] derive(byte[] secret, byte[] salt, String label, int length) {
        try {
            HKDFParameterSpec spec = HKDFParameterSpec.ofExtract()
                    .addIKM(new SecretKeySpec(secret, "Generic"))
                    .addSalt(salt)
                    .thenExpand(label.getBytes(StandardCharsets.US_ASCII), length);
            return KDF.getInstance("HKDF-SHA256").deriveData(spec);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java lacks HKDF-SHA256", e);
        }
    }
}
