package io.holdfast.security;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * A private key with the certificates that say whose it is.
 *
 * @param chain its own first, the authority's last
 */
public record Identity(PrivateKey key, List<X509Certificate> chain) {
    public Identity {
        chain = List.copyOf(chain);
        if (chain.isEmpty()) {
            throw new IllegalArgumentException("a key without a certificate");
        }
    }

    public X509Certificate certificate() {
        return chain.getFirst();
    }

    /** Never the key. */
    @Override
    public String toString() {
        return "identity " + certificate().getSubjectX500Principal();
    }
}
