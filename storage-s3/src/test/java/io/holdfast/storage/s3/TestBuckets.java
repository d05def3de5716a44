package io.holdfast.storage.s3;

import io.holdfast.storage.Bandwidth;
import io.holdfast.testkit.RadosGateway;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;

/** Buckets of their own for tests. */
final class TestBuckets {
    private static final AtomicInteger NEXT = new AtomicInteger();

    private TestBuckets() {}

    /** The SDK's standard chain looks here, too. */
    static void useCredentials() {
        System.setProperty("aws.accessKeyId", RadosGateway.ACCESS_KEY);
        System.setProperty("aws.secretAccessKey", RadosGateway.SECRET_KEY);
    }

    /** What a bucket is made with. */
    enum Kind {
        PLAIN,
        VERSIONED,
        LOCKING
    }

    /** Makes a bucket; returns where objects go in it. */
    static String url(URI endpoint, Kind kind, String options) {
        useCredentials();
        String bucket = "bucket-" + ProcessHandle.current().pid() + "-" + NEXT.incrementAndGet();
        try (S3Client client =
                S3Clients.make(S3Location.parse("s3://" + bucket + "?endpoint=" + endpoint), Bandwidth.UNLIMITED)) {
            var ignored = client.createBucket(
                    request -> request.bucket(bucket).objectLockEnabledForBucket(kind == Kind.LOCKING));
            if (kind != Kind.PLAIN) {
                switchVersionsOn(client, bucket);
            }
        }
        return "s3://" + bucket + "/some/prefix?endpoint=" + endpoint + options;
    }

    /** Object Lock brings versions by itself, but not in S3Mock. */
    private static void switchVersionsOn(S3Client client, String bucket) {
        var ignored = client.putBucketVersioning(request -> request.bucket(bucket)
                .versioningConfiguration(wanted -> wanted.status(BucketVersioningStatus.ENABLED)));
    }

    static S3Store open(URI endpoint, Kind kind) {
        return S3Store.open(S3Location.parse(url(endpoint, kind, "")));
    }
}
