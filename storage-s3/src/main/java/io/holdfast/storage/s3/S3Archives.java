package io.holdfast.storage.s3;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.ArchiveClass;
import io.holdfast.storage.Availability;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ThawRequest;
import io.holdfast.storage.ThawTier;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.RestoreObjectResponse;
import software.amazon.awssdk.services.s3.model.Tier;

/** Storage classes that have to be thawed, which S3 calls restoring (RestoreObject). Safe for many threads. */
final class S3Archives {
    private static final String TIERING = "INTELLIGENT_TIERING";
    private static final String ORDINARY = "STANDARD";
    private static final int OK = 200;
    private static final int NOT_IMPLEMENTED = 501;
    private static final int METHOD_NOT_ALLOWED = 405;

    private static final Duration HALF_A_DAY = Duration.ofHours(12);

    /** All objects of these have to be thawed. */
    private static final Set<String> ALWAYS = Set.of("GLACIER", "DEEP_ARCHIVE");

    /**
     * The longest that Amazon names for each tier. What moves to the archive tiers of INTELLIGENT_TIERING, and to which of the two, is told by a HEAD alone; the slower
     * one is what stands here.
     */
    private static final Map<String, ArchiveClass> CLASSES = Map.of(
            "GLACIER",
            new ArchiveClass(
                    "GLACIER",
                    Map.of(
                            ThawTier.BULK, HALF_A_DAY,
                            ThawTier.STANDARD, Duration.ofHours(5),
                            ThawTier.EXPEDITED, Duration.ofMinutes(5))),
            "DEEP_ARCHIVE",
            deep("DEEP_ARCHIVE"),
            TIERING,
            deep(TIERING));

    private final S3Location location;
    private final S3Client client;

    S3Archives(S3Location location, S3Client client) {
        this.location = location;
        this.client = client;
    }

    private static ArchiveClass deep(String name) {
        return new ArchiveClass(name, Map.of(ThawTier.BULK, Duration.ofDays(2), ThawTier.STANDARD, HALF_A_DAY));
    }

    static Optional<ArchiveClass> find(String storageClass) {
        return Optional.ofNullable(CLASSES.get(storageClass));
    }

    /** As a listing tells it: only a HEAD knows what has been thawed. */
    static ObjectStat listed(ObjectStat object, @Nullable String storageClass) {
        String known = named(storageClass);
        return object.in(known, ALWAYS.contains(known) ? Availability.ARCHIVED : Availability.READABLE);
    }

    static ObjectStat of(ObjectStat object, HeadObjectResponse head) {
        String known = named(head.storageClassAsString());
        boolean archived = ALWAYS.contains(known) || head.archiveStatusAsString() != null;
        return object.in(known, archived ? availability(head.restore()) : Availability.READABLE);
    }

    private static String named(@Nullable String storageClass) {
        return storageClass == null || storageClass.equals(ORDINARY) ? "" : storageClass;
    }

    /** @param restore the header {@code x-amz-restore} */
    private static Availability availability(@Nullable String restore) {
        if (restore == null) {
            return Availability.ARCHIVED;
        }
        return restore.contains("ongoing-request=\"false\"") ? Availability.READABLE : Availability.THAWING;
    }

    /** @param known how the object is now */
    Optional<Availability> thaw(ObjectName name, String key, ObjectStat known, ThawRequest request, String what) {
        boolean tiering = known.storageClass().equals(TIERING);
        if (!ALWAYS.contains(known.storageClass()) && known.availability() == Availability.READABLE) {
            return Optional.of(Availability.READABLE);
        }
        find(known.storageClass())
                .filter(each -> each.thawTime(request.tier()).isEmpty())
                .ifPresent(each -> {
                    throw new HoldfastException(
                            ErrorCode.REFUSED,
                            name + " lies in " + each.name() + ", which has no tier "
                                    + request.tier().name(),
                            "Ask with standard or bulk.");
                });
        try {
            RestoreObjectResponse answer = client.restoreObject(restore -> restore.bucket(location.bucket())
                    .key(key)
                    .restoreRequest(wanted -> {
                        wanted.glacierJobParameters(job -> job.tier(tier(request.tier())));
                        if (!tiering) { // There it moves up, and stays.
                            wanted.days(request.days());
                        }
                    }));
            return Optional.of(
                    answer.sdkHttpResponse().statusCode() == OK ? Availability.READABLE : Availability.THAWING);
        } catch (AwsServiceException e) {
            return afterRefusal(e, known, what);
        } catch (SdkException e) {
            throw S3Errors.translate(what, e);
        }
    }

    private static Optional<Availability> afterRefusal(AwsServiceException e, ObjectStat known, String what) {
        if (S3Errors.isNotFound(e)) {
            return Optional.empty();
        }
        if (S3Errors.code(e).equals("RestoreAlreadyInProgress")) {
            return Optional.of(Availability.THAWING);
        }
        if (e.statusCode() == NOT_IMPLEMENTED || e.statusCode() == METHOD_NOT_ALLOWED) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    what + ": this server cannot thaw what lies in " + known.storageClass(),
                    "Where it has no real archive, objects can be read at once: restore without --thaw.",
                    e);
        }
        throw S3Errors.translate(what, e);
    }

    private static Tier tier(ThawTier tier) {
        return switch (tier) {
            case BULK -> Tier.BULK;
            case STANDARD -> Tier.STANDARD;
            case EXPEDITED -> Tier.EXPEDITED;
        };
    }
}
