package io.holdfast.http;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a request is answered with that cannot be done (RFC 9457). */
public final class HttpProblem extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;
    private final @Nullable String hint;

    /**
     * @param status of HTTP, 400 to 599
     * @param code a stable word for programs, of lower-case letters and hyphens
     * @param detail what was wrong, for people
     * @param hint what to do about it
     */
    public HttpProblem(int status, String code, String detail, @Nullable String hint) {
        this(status, code, detail, hint, null);
    }

    private HttpProblem(int status, String code, String detail, @Nullable String hint, @Nullable Throwable cause) {
        super(detail, cause);
        this.status = status;
        this.code = code;
        this.hint = hint;
    }

    public static HttpProblem badRequest(String detail) {
        return new HttpProblem(400, "bad-request", detail, null);
    }

    /** Nobody has said who asks, or nothing proves it. */
    public static HttpProblem unauthorized(String detail) {
        return new HttpProblem(401, "unauthorized", detail, null);
    }

    /** Who asks may not do that. */
    public static HttpProblem forbidden(String detail) {
        return new HttpProblem(403, "forbidden", detail, null);
    }

    public static HttpProblem notFound(String detail) {
        return new HttpProblem(404, "not-found", detail, null);
    }

    /** What an error of the program is to who asked over HTTP. */
    public static HttpProblem of(HoldfastException e) {
        int status = switch (e.code()) {
            case USAGE -> 400;
            case NOT_FOUND, NO_REPOSITORY -> 404;
            case REFUSED, FENCED, THAWING -> 409;
            case DENIED -> 403;
            case STORE_UNREACHABLE -> 502;
            case NO_SPACE -> 507;
            case INTERRUPTED -> 503;
            case FAILED, INCOMPLETE, WRONG_KEY, DAMAGED, UNSUPPORTED_VERSION -> 500;
        };
        return new HttpProblem(
                status, word(e.code()), String.valueOf(e.getMessage()), e.hint().orElse(null), e);
    }

    private static String word(ErrorCode code) {
        return code.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public int status() {
        return status;
    }

    public String code() {
        return code;
    }

    public Optional<String> hint() {
        return Optional.ofNullable(hint);
    }

    /** The body of the answer, {@code application/problem+json}. */
    ProblemBody body() {
        return new ProblemBody(
                "urn:holdfast:problem:" + code, code, status, String.valueOf(getMessage()), Optional.ofNullable(hint));
    }

    /** As RFC 9457 has it, with a hint. */
    record ProblemBody(String type, String title, int status, String detail, Optional<String> hint) {}
}
