package io.holdfast.security;

import io.holdfast.core.Bytes;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** TLS as the parts of an installation speak it: who shows what, and believes whom. An identity is asked for at each handshake, so that a renewed one counts at once. */
public final class TlsContexts {
    private static final String ALIAS = "own";

    private TlsContexts() {}

    /** For a server's connections with people, who show no certificate. */
    public static SSLContext people(Supplier<Identity> server) {
        return context(Optional.of(server), new TrustManager[] {new Nobody()});
    }

    /** For a server's connections with machines that this authority has signed. */
    public static SSLContext machines(Supplier<Identity> server, X509Certificate authority) {
        return context(Optional.of(server), trusting(authority));
    }

    /** For a client that believes servers of this authority. */
    public static SSLContext client(Optional<Supplier<Identity>> own, X509Certificate authority) {
        return context(own, trusting(authority));
    }

    /** For a client that knows nothing but the fingerprint of the authority: the server has to show the certificate with that, and a chain that leads to it. */
    public static SSLContext clientKnowing(Bytes fingerprint) {
        return context(Optional.empty(), new TrustManager[] {new FingerprintTrust(fingerprint)});
    }

    /** For machines' connections: the name that they ask for, which the certificate must have. */
    public static SSLParameters machineParameters() {
        return machineParameters(MachineName.SERVER_NAME);
    }

    /** The same for a server of another name, such as {@link MachineName#mediaServerName}. */
    public static SSLParameters machineParameters(String serverName) {
        SSLParameters parameters = new SSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(serverName)));
        parameters.setProtocols(new String[] {"TLSv1.3"});
        return parameters;
    }

    private static TrustManager[] trusting(X509Certificate authority) {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            store.setCertificateEntry("authority", authority);
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            return factory.getTrustManagers();
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("Java without PKIX", e);
        }
    }

    private static SSLContext context(Optional<Supplier<Identity>> own, TrustManager[] trust) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            KeyManager[] keys = own.map(identity -> new KeyManager[] {new Current(identity)})
                    .orElse(new KeyManager[0]);
            context.init(keys, trust, new SecureRandom());
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Java without TLS", e);
        }
    }

    /** Shows the identity that counts now. */
    private static final class Current extends X509ExtendedKeyManager {
        private final Supplier<Identity> identity;

        Current(Supplier<Identity> identity) {
            this.identity = identity;
        }

        @Override
        public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
            return new String[] {ALIAS};
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return chosen(keyType);
        }

        @Override
        public @Nullable String chooseEngineClientAlias(
                String[] keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            return chosen(keyType);
        }

        @Override
        public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
            return new String[] {ALIAS};
        }

        @Override
        public @Nullable String chooseServerAlias(
                String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return chosen(new String[] {keyType});
        }

        @Override
        public @Nullable String chooseEngineServerAlias(
                String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            return chosen(new String[] {keyType});
        }

        private @Nullable String chosen(String[] keyTypes) {
            String own = identity.get().key().getAlgorithm();
            return Arrays.stream(keyTypes).anyMatch(type -> type.equals(own) || type.startsWith(own + "_"))
                    ? ALIAS
                    : null;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return identity.get().chain().toArray(new X509Certificate[0]);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return identity.get().key();
        }
    }

    /** Believes no certificate: none is asked for. */
    private static final class Nobody extends OneWay {
        @Override
        void check(X509Certificate[] chain) throws CertificateException {
            throw new CertificateException("nobody is asked for a certificate here");
        }
    }

    /** Believes a chain whose last certificate has the fingerprint that a token brought. */
    private static final class FingerprintTrust extends OneWay {
        private final Bytes fingerprint;

        FingerprintTrust(Bytes fingerprint) {
            this.fingerprint = fingerprint;
        }

        @Override
        void check(X509Certificate[] chain) throws CertificateException {
            X509Certificate last = chain[chain.length - 1];
            if (!Authority.fingerprint(last).equals(fingerprint)) {
                throw new CertificateException("the server is another one than the one that made the token");
            }
            if (MachineName.of(chain[0]).isPresent()) {
                throw new CertificateException("this is a machine of the installation, and not its server");
            }
            for (TrustManager manager : trusting(last)) {
                ((X509TrustManager) manager).checkServerTrusted(chain, "ECDHE_ECDSA");
            }
        }
    }

    private abstract static class OneWay extends X509ExtendedTrustManager {
        abstract void check(X509Certificate[] chain) throws CertificateException;

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
