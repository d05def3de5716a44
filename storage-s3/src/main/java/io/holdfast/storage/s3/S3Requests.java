package io.holdfast.storage.s3;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.s3.S3Location.ServerEncryption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRetentionRequest;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/** Requests for one location, with bucket, key, storage class and encryption filled in. Immutable. */
final class S3Requests {
    private static final String ENCRYPTION = "x-amz-server-side-encryption";
    private static final String AES = "AES256";
    private static final int KEY_BYTES = 32;

    private final S3Location location;
    private final Optional<CustomerKey> customerKey;

    /** Base 64 of the key, and of its MD5, as the headers want them. */
    private record CustomerKey(String key, String md5) {}

    S3Requests(S3Location location) {
        this.location = location;
        this.customerKey = location.encryption() instanceof ServerEncryption.CustomerKey customer
                ? Optional.of(readKey(customer.keyFile()))
                : Optional.empty();
    }

    String key(ObjectName name) {
        return location.prefix() + name.value();
    }

    PutObjectRequest.Builder put(ObjectName name, Instant lockUntil) {
        return put(name, storageClass(name), lockUntil);
    }

    PutObjectRequest.Builder put(ObjectName name, Optional<String> storageClass, Instant lockUntil) {
        return PutObjectRequest.builder()
                .bucket(location.bucket())
                .key(key(name))
                .overrideConfiguration(storing(storageClass, lockUntil));
    }

    CreateMultipartUploadRequest startParts(ObjectName name, Instant lockUntil) {
        return CreateMultipartUploadRequest.builder()
                .bucket(location.bucket())
                .key(key(name))
                .overrideConfiguration(storing(storageClass(name), lockUntil))
                .build();
    }

    PutObjectRetentionRequest lock(ObjectName name, Instant until) {
        return PutObjectRetentionRequest.builder()
                .bucket(location.bucket())
                .key(key(name))
                .retention(lock -> lock.mode(location.lockMode().name()).retainUntilDate(until))
                .build();
    }

    UploadPartRequest part(ObjectName name, String uploadId, int number, long sizeBytes) {
        return UploadPartRequest.builder()
                .bucket(location.bucket())
                .key(key(name))
                .uploadId(uploadId)
                .partNumber(number)
                .contentLength(sizeBytes)
                .overrideConfiguration(reaching())
                .build();
    }

    CompleteMultipartUploadRequest.Builder completeParts(ObjectName name, String uploadId) {
        return CompleteMultipartUploadRequest.builder()
                .bucket(location.bucket())
                .key(key(name))
                .uploadId(uploadId)
                .overrideConfiguration(reaching());
    }

    GetObjectRequest.Builder get(ObjectName name) {
        return GetObjectRequest.builder()
                .bucket(location.bucket())
                .key(key(name))
                .overrideConfiguration(reaching());
    }

    HeadObjectRequest head(ObjectName name) {
        return HeadObjectRequest.builder()
                .bucket(location.bucket())
                .key(key(name))
                .overrideConfiguration(reaching())
                .build();
    }

    /** Headers with which an object is made. The kinds of requests have them all, and no type in common that says so. */
    private AwsRequestOverrideConfiguration storing(Optional<String> storageClass, Instant lockUntil) {
        AwsRequestOverrideConfiguration.Builder headers = reaching().toBuilder();
        if (!lockUntil.equals(Instant.EPOCH)) {
            headers.putHeader("x-amz-object-lock-mode", location.lockMode().name())
                    .putHeader("x-amz-object-lock-retain-until-date", lockUntil.toString());
        }
        storageClass.ifPresent(value -> headers.putHeader("x-amz-storage-class", value));
        switch (location.encryption()) {
            case ServerEncryption.StoreKeys ignored -> headers.putHeader(ENCRYPTION, AES);
            case ServerEncryption.KeyService service -> {
                headers.putHeader(ENCRYPTION, "aws:kms");
                // One call to the key service for many objects.
                headers.putHeader(ENCRYPTION + "-bucket-key-enabled", "true");
                service.keyId().ifPresent(id -> headers.putHeader(ENCRYPTION + "-aws-kms-key-id", id));
            }
            default -> {}
        }
        return headers.build();
    }

    /** Headers without which an object under a customer's key cannot be touched. */
    private AwsRequestOverrideConfiguration reaching() {
        AwsRequestOverrideConfiguration.Builder headers = AwsRequestOverrideConfiguration.builder();
        customerKey.ifPresent(key -> headers.putHeader(ENCRYPTION + "-customer-algorithm", AES)
                .putHeader(ENCRYPTION + "-customer-key", key.key())
                .putHeader(ENCRYPTION + "-customer-key-MD5", key.md5()));
        return headers.build();
    }

    /** What the object is put into; empty for what the bucket does by itself. */
    Optional<String> storageClass(ObjectName name) {
        return name.value().startsWith(ObjectStore.DATA_PACKS) ? location.dataClass() : location.hotClass();
    }

    private static CustomerKey readKey(Path file) {
        try {
            byte[] content = Files.readAllBytes(file);
            byte[] key = content.length == KEY_BYTES
                    ? content
                    : Base64.getDecoder().decode(new String(content, StandardCharsets.ISO_8859_1).strip());
            if (key.length == KEY_BYTES) {
                byte[] md5 = MessageDigest.getInstance("MD5").digest(key);
                return new CustomerKey(
                        Base64.getEncoder().encodeToString(key),
                        Base64.getEncoder().encodeToString(md5));
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.WRONG_KEY,
                    "the key for sse=c in " + file + " cannot be read: " + e.getMessage(),
                    "Check sse-key-file= in the URL.",
                    e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has MD5", e);
        }
        throw new HoldfastException(
                ErrorCode.WRONG_KEY,
                "the key for sse=c in " + file + " is not 32 bytes long",
                "Make one with: head -c 32 /dev/urandom > FILE");
    }
}
