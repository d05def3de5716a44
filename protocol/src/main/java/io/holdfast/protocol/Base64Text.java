package io.holdfast.protocol;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import java.util.Base64;

/** Bytes in JSON: base64url without padding. */
final class Base64Text {
    private Base64Text() {}

    static String of(Bytes bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.unsafeArray());
    }

    static Bytes bytes(String text) {
        try {
            return Bytes.wrap(Base64.getUrlDecoder().decode(text));
        } catch (IllegalArgumentException e) {
            throw HoldfastException.usage("'" + text + "' is no base64url", "Send bytes in base64url.");
        }
    }
}
