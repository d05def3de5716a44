package io.holdfast.core;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The one unchecked exception of the program: a stable code, a message that names the object and what was wrong with it, and
 * a hint that says what to do next. Thrown for what the caller cannot use; outcomes a caller branches on are values.
 */
public final class HoldfastException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final @Nullable String hint;

    public HoldfastException(ErrorCode code, String message) {
        this(code, message, null, null);
    }

    public HoldfastException(ErrorCode code, String message, @Nullable String hint) {
        this(code, message, hint, null);
    }

    public HoldfastException(ErrorCode code, String message, @Nullable String hint, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
        this.hint = hint;
    }

    /** A checksum, signature or structure that does not hold. */
    public static HoldfastException damaged(String message) {
        return new HoldfastException(ErrorCode.DAMAGED, message);
    }

    public static HoldfastException notFound(String message) {
        return new HoldfastException(ErrorCode.NOT_FOUND, message);
    }

    public static HoldfastException usage(String message, String hint) {
        return new HoldfastException(ErrorCode.USAGE, message, hint);
    }

    public ErrorCode code() {
        return code;
    }

    /** What the user can do, one sentence; absent where the message says it all. */
    public Optional<String> hint() {
        return Optional.ofNullable(hint);
    }
}
