package io.holdfast.benchmark;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.transfer.s3.S3TransferManager;
import software.amazon.awssdk.transfer.s3.model.CompletedDirectoryUpload;

/**
 * Uploads a directory with the transfer manager of the AWS SDK, which only moves bytes. Prints the seconds from here to the last answer. Credentials
 * come from the environment. No checksums are sent: in trailers, as the SDK sends them, older servers refuse them.
 */
public final class TransferManagerUpload {
    private static final Region ANY_REGION = Region.US_EAST_1;
    private static final Duration PATIENCE = Duration.ofHours(1);

    private TransferManagerUpload() {}

    /** Who speaks HTTP. */
    private enum Engine {
        /** The native client, which the SDK's makers recommend for this; parts of 8 MiB. */
        CRT,
        /** Netty; one request a file. */
        JAVA;

        S3AsyncClient client(URI endpoint, int connections) {
            return switch (this) {
                case CRT ->
                    S3AsyncClient.crtBuilder()
                            .endpointOverride(endpoint)
                            .region(ANY_REGION)
                            .forcePathStyle(true)
                            .maxConcurrency(connections)
                            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                            .build();
                case JAVA ->
                    S3AsyncClient.builder()
                            .httpClientBuilder(NettyNioAsyncHttpClient.builder()
                                    .maxConcurrency(connections)
                                    // All files ask for a connection at once.
                                    .connectionAcquisitionTimeout(PATIENCE))
                            .endpointOverride(endpoint)
                            .region(ANY_REGION)
                            .forcePathStyle(true)
                            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                            .build();
            };
        }
    }

    /** @param arguments {@code crt} or {@code java}, endpoint, bucket, directory, connections */
    public static void main(String[] arguments) {
        long beginNanos = System.nanoTime();
        Engine engine = Engine.valueOf(arguments[0].toUpperCase(Locale.ROOT));
        try (S3AsyncClient client = engine.client(URI.create(arguments[1]), Integer.parseInt(arguments[4]));
                S3TransferManager manager =
                        S3TransferManager.builder().s3Client(client).build()) {
            CompletedDirectoryUpload done = manager.uploadDirectory(
                            upload -> upload.bucket(arguments[2]).source(Path.of(arguments[3])))
                    .completionFuture()
                    .join();
            if (!done.failedTransfers().isEmpty()) {
                throw new IllegalStateException(done.failedTransfers().toString());
            }
            System.out.println((System.nanoTime() - beginNanos) / 1e9);
        }
    }
}
