package io.holdfast.storage.s3;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.Bandwidth;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.spi.scheme.AuthSchemeOption;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.auth.scheme.S3AuthSchemeParams;
import software.amazon.awssdk.services.s3.auth.scheme.S3AuthSchemeProvider;

/**
 * Makes clients whose requests any S3 server takes and can check: the SHA-256 of what is sent is part of the signature ({@code x-amz-content-sha256}),
 * over TLS, too, where the SDK would leave it out; nothing is sent in chunks with trailers, which older servers refuse; nothing is tried again unseen.
 */
final class S3Clients {
    /** Requests under way at once; more wait. */
    private static final int MAX_CONNECTIONS = 32;

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(15);
    /** Without a byte in either direction. A server may need a while to acknowledge a large object. */
    private static final Duration SILENCE_TIMEOUT = Duration.ofSeconds(90);

    /** Servers other than Amazon's mostly do not care, but a signature needs one. */
    private static final String ANY_REGION = "us-east-1";

    private S3Clients() {}

    static S3Client make(S3Location location, Bandwidth bandwidth) {
        Apache5HttpClient.Builder http = Apache5HttpClient.builder()
                .maxConnections(MAX_CONNECTIONS)
                .connectionTimeout(CONNECT_TIMEOUT)
                .socketTimeout(SILENCE_TIMEOUT);
        location.authority().ifPresent(file -> {
            TrustManager[] trusted = {trusting(file)};
            http.tlsTrustManagersProvider(() -> trusted);
        });
        S3ClientBuilder builder = S3Client.builder()
                .httpClient(bandwidth.isLimited() ? new PacedHttpClient(http.build(), bandwidth) : http.build())
                .credentialsProvider(DefaultCredentialsProvider.builder().build())
                .forcePathStyle(location.pathStyle())
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .authSchemeProvider(S3Clients::signingWhatIsSent)
                .overrideConfiguration(ClientOverrideConfiguration.builder()
                        .retryStrategy(DefaultRetryStrategy.doNotRetry())
                        .build());
        location.endpoint().ifPresent(builder::endpointOverride);
        if (location.region().isPresent()) {
            builder.region(Region.of(location.region().get()));
        } else if (location.endpoint().isPresent()) {
            builder.region(Region.of(ANY_REGION));
        }
        return builder.build();
    }

    private static List<AuthSchemeOption> signingWhatIsSent(S3AuthSchemeParams parameters) {
        List<AuthSchemeOption> options = new ArrayList<>();
        for (AuthSchemeOption option : S3AuthSchemeProvider.defaultProvider().resolveAuthScheme(parameters)) {
            options.add(option.toBuilder()
                    .putSignerProperty(AwsV4FamilyHttpSigner.PAYLOAD_SIGNING_ENABLED, true)
                    .putSignerProperty(AwsV4FamilyHttpSigner.CHUNK_ENCODING_ENABLED, false)
                    .build());
        }
        return options;
    }

    /** Trusts the certificates in the file, and those of the Java runtime. */
    private static TrustManager trusting(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (X509TrustManager manager : managers(null)) {
                for (Certificate known : manager.getAcceptedIssuers()) {
                    store.setCertificateEntry("runtime-" + store.size(), known);
                }
            }
            for (Certificate given : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("given-" + store.size(), given);
            }
            return managers(store).getFirst();
        } catch (IOException | GeneralSecurityException e) {
            throw new HoldfastException(
                    ErrorCode.USAGE,
                    "the certificates in " + file + " cannot be used: " + e.getMessage(),
                    "ca-file= names a file of certificates in PEM form.",
                    e);
        }
    }

    private static List<X509TrustManager> managers(@Nullable KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return Arrays.stream(factory.getTrustManagers())
                .filter(X509TrustManager.class::isInstance)
                .map(X509TrustManager.class::cast)
                .toList();
    }
}
