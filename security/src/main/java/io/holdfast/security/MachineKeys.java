package io.holdfast.security;

import java.io.IOException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * A machine's new key, and the request to have it signed.
 *
 * @param request PKCS #10 in PEM
 */
public record MachineKeys(PrivateKey key, String request) {
    private static final String TYPE = "CERTIFICATE REQUEST";
    private static final Pattern BLOCK =
            Pattern.compile("\\s*-----BEGIN " + TYPE + "-----([A-Za-z0-9+/=\\s]+)-----END " + TYPE + "-----\\s*");

    public static MachineKeys generate(SecureRandom random) {
        KeyPair keys = Authority.newKeys(random);
        try {
            byte[] request = new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=machine"), keys.getPublic())
                    .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
                    .getEncoded();
            return new MachineKeys(keys.getPrivate(), Pem.block(TYPE, request));
        } catch (OperatorCreationException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static byte[] decodeRequest(String text) throws IOException {
        Matcher matcher = BLOCK.matcher(text);
        if (!matcher.matches()) {
            throw new IOException("no " + TYPE);
        }
        try {
            return Base64.getMimeDecoder().decode(matcher.group(1));
        } catch (IllegalArgumentException e) {
            throw new IOException(e);
        }
    }

    /** Never the key. */
    @Override
    public String toString() {
        return "keys of a machine";
    }
}
