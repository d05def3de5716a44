package io.holdfast.security;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.jspecify.annotations.Nullable;

/**
 * Signs the certificates of one installation (docs/server.md, "TLS and identities"): P-256 keys, ECDSA with SHA-256. Thread-safe.
 */
public final class Authority {
    /** Of machines; they renew it when a third is left. */
    public static final Duration MACHINE_VALIDITY = Duration.ofDays(7);
    /** Of the server itself, which browsers take for at most 398 days. */
    public static final Duration SERVER_VALIDITY = Duration.ofDays(390);

    private static final Duration AUTHORITY_VALIDITY = Duration.ofDays(20 * 365);
    /** Clocks of machines differ: what was signed just now is valid in their eyes, too. */
    private static final Duration BEFORE = Duration.ofHours(1);

    private static final String SIGNATURE = "SHA256withECDSA";
    private static final String KEY_FILE = "authority.key";
    private static final String CERTIFICATE_FILE = "authority.pem";

    private final Identity identity;
    private final InstantSource clock;
    private final SecureRandom random;

    private Authority(Identity identity, InstantSource clock, SecureRandom random) {
        this.identity = identity;
        this.clock = clock;
        this.random = random;
    }

    /** Makes an authority in a directory, which has none. */
    public static Authority create(Path directory, InstantSource clock, SecureRandom random) {
        KeyPair keys = newKeys(random);
        byte[] number = new byte[4];
        random.nextBytes(number);
        X500Name name =
                new X500Name("CN=Holdfast authority " + Bytes.wrap(number).toHex());
        Instant now = clock.instant();
        try {
            X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                            name,
                            serial(random),
                            Date.from(now.minus(BEFORE)),
                            Date.from(now.plus(AUTHORITY_VALIDITY)),
                            name,
                            keys.getPublic())
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            Identity made = new Identity(keys.getPrivate(), List.of(sign(builder, keys)));
            Pem.write(made, directory.resolve(KEY_FILE), directory.resolve(CERTIFICATE_FILE));
            return new Authority(made, clock, random);
        } catch (CertIOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Opens the one that is there. */
    public static Authority open(Path directory, InstantSource clock, SecureRandom random) {
        return new Authority(Pem.read(directory.resolve(KEY_FILE), directory.resolve(CERTIFICATE_FILE)), clock, random);
    }

    public static boolean exists(Path directory) {
        return Files.exists(directory.resolve(CERTIFICATE_FILE));
    }

    /** Its own certificate, which everybody may have. */
    public X509Certificate certificate() {
        return identity.certificate();
    }

    /** What tokens carry of it. */
    public Bytes fingerprint() {
        return fingerprint(certificate());
    }

    /** The first 16 bytes of the SHA-256 of a certificate. */
    public static Bytes fingerprint(X509Certificate certificate) {
        try {
            return Token.authorityOf(certificate.getEncoded());
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * A new key and certificate for a server.
     *
     * @param names of hosts, and addresses, under which it is called; the one of machines comes along
     */
    public Identity forServer(List<String> names) {
        KeyPair keys = newKeys(random);
        List<GeneralName> alternatives = new ArrayList<>();
        for (String name : names) {
            alternatives.add(
                    isAddress(name)
                            ? new GeneralName(GeneralName.iPAddress, name)
                            : new GeneralName(GeneralName.dNSName, name));
        }
        alternatives.add(new GeneralName(GeneralName.dNSName, MachineName.SERVER_NAME));
        X509Certificate certificate =
                issue("CN=Holdfast server", keys.getPublic(), SERVER_VALIDITY, alternatives, new KeyPurposeId[] {
                    KeyPurposeId.id_kp_serverAuth
                });
        return new Identity(keys.getPrivate(), List.of(certificate, certificate()));
    }

    /** Whether it has only what addresses are written with, so that nobody asks a name server. */
    private static boolean isAddress(String name) {
        return name.indexOf(':') >= 0 || name.matches("[0-9.]+");
    }

    /**
     * Signs the key of a machine.
     *
     * @param request PKCS #10 in PEM; only its key is taken, and its owner must have signed it
     * @return its certificate and the authority's
     * @throws HoldfastException {@code USAGE} where that is no such request
     */
    public List<X509Certificate> forMachine(MachineName name, String request) {
        List<GeneralName> alternatives = new ArrayList<>();
        alternatives.add(new GeneralName(GeneralName.uniformResourceIdentifier, name.uri()));
        List<KeyPurposeId> purposes = new ArrayList<>(List.of(KeyPurposeId.id_kp_clientAuth));
        if (name.role() == MachineName.Role.MEDIA) {
            // A server by this name alone: with any other it could pass for the control server, or for another one.
            alternatives.add(new GeneralName(GeneralName.dNSName, MachineName.mediaServerName(name.id())));
            purposes.add(KeyPurposeId.id_kp_serverAuth);
        }
        return List.of(
                issue(
                        "CN=" + name.id(),
                        requested(request),
                        MACHINE_VALIDITY,
                        alternatives,
                        purposes.toArray(new KeyPurposeId[0])),
                certificate());
    }

    private static PublicKey requested(String request) {
        try {
            JcaPKCS10CertificationRequest parsed =
                    new JcaPKCS10CertificationRequest(MachineKeys.decodeRequest(request));
            PublicKey key = parsed.getPublicKey();
            if (!key.getAlgorithm().equals("EC")
                    || !parsed.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
                throw wrongRequest(null);
            }
            return key;
        } catch (IOException | GeneralSecurityException | OperatorCreationException | PKCSException e) {
            throw wrongRequest(e);
        }
    }

    private static HoldfastException wrongRequest(@Nullable Exception e) {
        return new HoldfastException(
                ErrorCode.USAGE,
                "that is no request for a certificate (PKCS #10, a key on an elliptic curve, signed by it)",
                null,
                e);
    }

    private X509Certificate issue(
            String subject, PublicKey key, Duration validity, List<GeneralName> alternatives, KeyPurposeId[] purposes) {
        Instant now = clock.instant();
        try {
            X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                            new X500Name(certificate().getSubjectX500Principal().getName()),
                            serial(random),
                            Date.from(now.minus(BEFORE)),
                            Date.from(now.plus(validity)),
                            new X500Name(subject),
                            key)
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
                    .addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes))
                    .addExtension(
                            Extension.subjectAlternativeName,
                            false,
                            new GeneralNames(alternatives.toArray(new GeneralName[0])));
            return sign(builder, new KeyPair(certificate().getPublicKey(), identity.key()));
        } catch (CertIOException e) {
            throw new IllegalStateException(e);
        } catch (IllegalArgumentException e) {
            throw new HoldfastException(
                    ErrorCode.USAGE,
                    "a certificate cannot have one of these names: " + e.getMessage(),
                    "Name hosts as DNS has them, or addresses.",
                    e);
        }
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, KeyPair signer) {
        try {
            X509CertificateHolder holder =
                    builder.build(new JcaContentSignerBuilder(SIGNATURE).build(signer.getPrivate()));
            return new JcaX509CertificateConverter().getCertificate(holder);
        } catch (OperatorCreationException | GeneralSecurityException e) {
            throw new IllegalStateException("Java without " + SIGNATURE, e);
        }
    }

    private static BigInteger serial(SecureRandom random) {
        return new BigInteger(127, random).setBit(126);
    }

    static KeyPair newKeys(SecureRandom random) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Java without P-256", e);
        }
    }
}
