package io.holdfast.storage.s3;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/** Object Lock. Safe for many threads. */
final class S3Locks {
    private static final int FORBIDDEN = 403;
    private static final int ATTEMPTS = 4;
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final S3Location location;
    private final S3Requests requests;
    private final S3Client client;
    private final AtomicBoolean known = new AtomicBoolean();

    S3Locks(S3Location location, S3Requests requests, S3Client client) {
        this.location = location;
        this.requests = requests;
        this.client = client;
    }

    /** Dates have whole seconds there: the next one. */
    static Instant rounded(Instant until) {
        Instant second = until.truncatedTo(ChronoUnit.SECONDS);
        return second.equals(until) ? until : second.plusSeconds(1);
    }

    static Instant dateOf(HeadObjectResponse head) {
        Instant until = head.objectLockRetainUntilDate();
        return until == null ? Instant.EPOCH : until;
    }

    static String md5(List<ByteBuffer> content) {
        try {
            MessageDigest digest = MessageDigest.getInstance("MD5");
            content.forEach(part -> digest.update(part.duplicate()));
            return Base64.getEncoder().encodeToString(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has MD5", e);
        }
    }

    /** Whether Object Lock is switched on in the bucket. */
    boolean areOffered() {
        try {
            return "Enabled"
                    .equals(client.getObjectLockConfiguration(request -> request.bucket(location.bucket()))
                            .objectLockConfiguration()
                            .objectLockEnabledAsString());
        } catch (AwsServiceException e) {
            if (e.statusCode() >= 500 && e.statusCode() != 501) {
                throw e;
            }
            return false; // There is none, or these credentials may not know it.
        }
    }

    /**
     * A date that is later already cannot be told from one that may not be set: both are refused. And some servers want a moment before a new object can be locked.
     * So after a refusal the object says what holds, and another attempt follows.
     */
    boolean extend(ObjectName name, Instant until, Supplier<Optional<ObjectStat>> stat, String what) {
        for (int attempt = 1; ; attempt++) {
            try {
                var ignored = client.putObjectRetention(requests.lock(name, until));
                requireKept(until, stat, what);
                return true;
            } catch (AwsServiceException e) {
                if (S3Errors.isNotFound(e)) {
                    return false;
                }
                Optional<ObjectStat> known = stat.get();
                if (known.isEmpty()) {
                    return false;
                }
                if (!known.get().lockedUntil().isBefore(until)) {
                    return true;
                }
                if (e.statusCode() != FORBIDDEN || attempt == ATTEMPTS) {
                    throw S3Errors.translate(what, e);
                }
                pause(what, attempt);
            } catch (SdkException e) {
                throw S3Errors.translate(what, e);
            }
        }
    }

    /**
     * Looks whether a lock that was taken without an error holds, the first time: some servers offer Object Lock, take a date and forget it (S3Mock).
     *
     * @param stat of the object that was just locked
     */
    void requireKept(Instant until, Supplier<Optional<ObjectStat>> stat, String what) {
        if (known.get()) {
            return;
        }
        Optional<ObjectStat> object = stat.get();
        if (object.isEmpty()) {
            return; // Somebody has deleted it, which says as much; the next one tells.
        }
        if (object.get().lockedUntil().isBefore(until)) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    what + ": the server took the lock and shows none: nothing is locked there",
                    "It forgets locks, or these credentials may not see them (s3:GetObjectRetention).");
        }
        known.set(true);
    }

    /** Why a version could not be deleted, where it is locked: servers say only that access is denied. */
    Optional<HoldfastException> refusal(String key, String version, String what, SdkException failure) {
        if (!(failure instanceof AwsServiceException answer) || answer.statusCode() != FORBIDDEN) {
            return Optional.empty();
        }
        try {
            Instant until = client.getObjectRetention(request ->
                            request.bucket(location.bucket()).key(key).versionId(version))
                    .retention()
                    .retainUntilDate();
            return Optional.of(new HoldfastException(
                    ErrorCode.REFUSED,
                    what + ": it is locked until " + until,
                    "It can be deleted when its lock has ended.",
                    failure));
        } catch (SdkException e) {
            return Optional.empty();
        }
    }

    private static void pause(String what, int attempt) {
        try {
            MonotonicClock.system().sleep(PAUSE.multipliedBy(1L << (attempt - 1)));
        } catch (InterruptedException e) {
            throw S3Errors.interrupted(what, e);
        }
    }
}
