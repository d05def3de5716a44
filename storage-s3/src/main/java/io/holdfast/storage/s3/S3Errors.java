package io.holdfast.storage.s3;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;

/** What a server or the SDK answered, as errors of the contract: which bucket and key, what went wrong, and what to do about it. */
final class S3Errors {
    private static final int BAD_REQUEST = 400;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int CONFLICT = 409;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVER_ERROR = 500;
    private static final int NOT_IMPLEMENTED = 501;

    /** The bytes were changed on the way. */
    private static final Set<String> DIGEST_ERRORS =
            Set.of("BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest", "XAmzContentChecksumMismatch");

    private S3Errors() {}

    /** @param what the operation, the bucket and the key */
    static HoldfastException translate(String what, SdkException e) {
        if (e instanceof AbortedException || Thread.currentThread().isInterrupted()) {
            return interrupted(what, e);
        }
        return e instanceof AwsServiceException answer ? ofAnswer(what, answer) : withoutAnswer(what, e);
    }

    /**
     * The same for a put: a storage class that the server does not take is named.
     *
     * @param storageClass that the object was put into
     */
    static HoldfastException ofPut(String what, ObjectName name, Optional<String> storageClass, SdkException e) {
        if (storageClass.isEmpty() || !(e instanceof AwsServiceException answer) || !isAboutClass(answer)) {
            return translate(what, e);
        }
        return error(
                ErrorCode.REFUSED,
                unknownClass(what, storageClass.get(), answer),
                name.value().startsWith(ObjectStore.DATA_PACKS)
                        ? "Name one that it has: backup --data-class goes before what the repository remembers, and before"
                                + " storage-class= in the URL."
                        : "Name one that it has with metadata-class= in the URL, or leave that out.",
                e);
    }

    /** The server's own words are left: InvalidArgument may mean something else after all. */
    static String unknownClass(String what, String storageClass, AwsServiceException e) {
        return text(what + ": the store does not take the storage class " + storageClass, e);
    }

    /** Some servers say it with the name that Amazon uses, others that something is wrong with the request, or that they have no classes. */
    private static boolean isAboutClass(AwsServiceException e) {
        return Set.of("InvalidStorageClass", "InvalidArgument").contains(code(e)) || e.statusCode() == NOT_IMPLEMENTED;
    }

    /** Whether the server did not like what the request says, so that it makes no sense to send it again. */
    static boolean isAboutRequest(AwsServiceException e) {
        return isAboutClass(e) || e.statusCode() == BAD_REQUEST || e.statusCode() == METHOD_NOT_ALLOWED;
    }

    static HoldfastException interrupted(String what, Throwable e) {
        Thread.currentThread().interrupt();
        return new HoldfastException(ErrorCode.INTERRUPTED, what + ": interrupted", null, e);
    }

    /** No answer, or one that says that the server is busy or failing; not one that says that the request is wrong. */
    static boolean mayPass(HoldfastException failure) {
        if (failure.code() != ErrorCode.STORE_UNREACHABLE) {
            return false;
        }
        if (failure.getCause() instanceof AwsServiceException answer) {
            return isBusy(answer.statusCode()) || DIGEST_ERRORS.contains(code(answer));
        }
        return !(failure.getCause() instanceof SdkClientException sdk && isAboutCredentials(sdk));
    }

    private static boolean isBusy(int status) {
        return status == TOO_MANY_REQUESTS || status == CONFLICT || status >= SERVER_ERROR;
    }

    private static boolean isAboutCredentials(SdkException e) {
        return String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("credentials");
    }

    static boolean isNotFound(AwsServiceException e) {
        return e.statusCode() == NOT_FOUND && !"NoSuchBucket".equals(code(e));
    }

    static String code(AwsServiceException e) {
        if (e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null) {
            return "";
        }
        return e.awsErrorDetails().errorCode();
    }

    private static HoldfastException ofAnswer(String what, AwsServiceException e) {
        String code = code(e);
        String text = text(what, e);
        return switch (code) {
            case "NoSuchBucket" ->
                error(
                        ErrorCode.NO_REPOSITORY,
                        text,
                        "Check the bucket's name and the endpoint; make the bucket first, Holdfast makes none.",
                        e);
            case "InvalidAccessKeyId", "SignatureDoesNotMatch" ->
                error(ErrorCode.STORE_UNREACHABLE, text, "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.", e);
            case "ExpiredToken", "InvalidToken", "TokenRefreshRequired" ->
                error(
                        ErrorCode.STORE_UNREACHABLE,
                        text,
                        "The credentials have expired: get new ones and try again.",
                        e);
            case "RequestTimeTooSkewed" ->
                error(ErrorCode.STORE_UNREACHABLE, text, "Set this machine's clock; S3 takes 15 minutes at most.", e);
            case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException" ->
                error(ErrorCode.STORE_UNREACHABLE, text, "The bucket is in another region: name it with region=.", e);
            case "InvalidObjectState" ->
                error(
                        ErrorCode.REFUSED,
                        what + ": it lies in an archive class and has to be thawed before it can be read (" + code
                                + ")",
                        ObjectStore.THAW_HINT,
                        e);
            case "GlacierExpeditedRetrievalNotAvailable" ->
                error(ErrorCode.REFUSED, text, "There is no room for expedited requests now: ask with standard.", e);
            case "BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest", "XAmzContentChecksumMismatch" ->
                error(
                        ErrorCode.STORE_UNREACHABLE,
                        text,
                        "The bytes changed on their way to the store; if that happens again, check memory and network.",
                        e);
            case "QuotaExceeded", "InsufficientStorage", "XMinioStorageFull" ->
                error(ErrorCode.NO_SPACE, text, "Raise the quota, or run 'holdfast forget' and 'holdfast prune'.", e);
            default -> ofStatus(text, message(e), code, e);
        };
    }

    private static String text(String what, AwsServiceException e) {
        String code = code(e);
        String message = message(e).strip().replaceAll("\\s+", " ");
        return what + ": " + (code.isEmpty() ? "HTTP " + e.statusCode() : code + " (HTTP " + e.statusCode() + ")")
                + (message.isEmpty() ? "" : ", " + message);
    }

    private static String message(AwsServiceException e) {
        return e.awsErrorDetails() == null || e.awsErrorDetails().errorMessage() == null
                ? ""
                : e.awsErrorDetails().errorMessage();
    }

    private static HoldfastException ofStatus(String text, String message, String code, AwsServiceException e) {
        int status = e.statusCode();
        if (status == FORBIDDEN) {
            boolean locked = message.contains("lock") || message.contains("retention") || message.contains("WORM");
            if (code.isEmpty() && text.contains("stat")) {
                // A HEAD has no body that could say more.
                return error(
                        ErrorCode.STORE_UNREACHABLE,
                        text,
                        "These credentials are wrong, or may not read the bucket; where the URL has sse=c, its key may be another one.",
                        e);
            }
            return locked
                    ? error(
                            ErrorCode.REFUSED,
                            text,
                            "The object is locked; it can be deleted when its lock has ended.",
                            e)
                    : error(
                            ErrorCode.STORE_UNREACHABLE,
                            text,
                            "These credentials may not do that: allow s3:GetObject, PutObject, DeleteObject and ListBucket."
                                    + " A bucket may also block encryption with customer keys (sse=c).",
                            e);
        }
        if (isBusy(status)) {
            return error(ErrorCode.STORE_UNREACHABLE, text, "The store is busy or failing; try again later.", e);
        }
        if (status == BAD_REQUEST && code.isEmpty()) {
            return error(
                    ErrorCode.WRONG_KEY,
                    text,
                    "Objects that are encrypted with a customer's key need that key: sse=c and sse-key-file= in the URL.",
                    e);
        }
        return error(
                ErrorCode.FAILED,
                text,
                "The server does not take this request: check the options in the URL; 'holdfast storage validate' tells what"
                        + " else it does not do.",
                e);
    }

    private static HoldfastException withoutAnswer(String what, SdkException e) {
        String text = String.valueOf(e.getMessage());
        if (isAboutCredentials(e)) {
            return error(
                    ErrorCode.STORE_UNREACHABLE,
                    what + ": no credentials were found",
                    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.",
                    e);
        }
        if (text.contains("Unable to load region")) {
            return error(
                    ErrorCode.USAGE,
                    what + ": no region is known",
                    "Name it with region= in the URL, or AWS_REGION.",
                    e);
        }
        Throwable cause = e;
        while (cause.getCause() != null && !(cause instanceof SSLException)) {
            cause = cause.getCause();
        }
        if (cause instanceof SSLException) {
            return error(
                    ErrorCode.STORE_UNREACHABLE,
                    what + ": no secure connection: " + cause.getMessage(),
                    "Check the certificate; ca-file= in the URL names one to trust.",
                    e);
        }
        String reason = switch (cause) {
            case UnknownHostException unknown -> "the host " + unknown.getMessage() + " is not known";
            case SocketTimeoutException timeout -> "no answer in time";
            case ConnectException refused -> "no connection: " + refused.getMessage();
            default -> String.valueOf(cause.getMessage());
        };
        return error(
                ErrorCode.STORE_UNREACHABLE,
                what + ": " + reason,
                "Check the endpoint and the network, then try again.",
                e);
    }

    private static HoldfastException error(ErrorCode code, String message, @Nullable String hint, Throwable cause) {
        return new HoldfastException(code, message, hint, cause);
    }
}
