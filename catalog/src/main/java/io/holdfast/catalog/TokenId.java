package io.holdfast.catalog;

import java.util.Base64;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** The part of a token that names it: 8 bytes in base64url without padding. */
public record TokenId(String text) {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]{11}");
    private static final int BYTES = 8;

    public TokenId {
        if (!FORM.matcher(text).matches()) {
            throw new IllegalArgumentException("no token id");
        }
    }

    public static TokenId generate(RandomGenerator random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return new TokenId(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }
}
