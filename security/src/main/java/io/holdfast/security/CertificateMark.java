package io.holdfast.security;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;

/**
 * What tells one certificate of a machine from all others.
 *
 * @param serial in hexadecimal digits
 * @param publicKey its SHA-256, in hexadecimal digits
 */
public record CertificateMark(String serial, String publicKey) {
    public static CertificateMark of(X509Certificate certificate) {
        try {
            byte[] key = certificate.getPublicKey().getEncoded();
            return new CertificateMark(
                    certificate.getSerialNumber().toString(16),
                    HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(key)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
