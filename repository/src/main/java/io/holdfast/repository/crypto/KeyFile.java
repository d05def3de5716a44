package io.holdfast.repository.crypto;

import io.holdfast.core.HoldfastException;
import java.security.SecureRandom;
import java.util.regex.Pattern;

/**
 * The secret of a key file, and its text: {@code holdfast-key-1-} and 32 random bytes with 4 bytes of checksum in base 32, in groups
 * of four, so that a person can copy it from paper and a slip is noticed.
 */
public final class KeyFile {
    private static final int SECRET_BYTES = 32;
    private static final String PREFIX = "holdfast-key-1-";
    private static final Pattern PARAGRAPH = Pattern.compile("\\R\\s*\\R");
    private static final WrittenKey TEXT =
            new WrittenKey(PREFIX, "key", SECRET_BYTES, "Compare it with the recovery sheet.");

    private final byte[] secret;

    private KeyFile(byte[] secret) {
        this.secret = secret;
    }

    public static KeyFile generate(SecureRandom random) {
        byte[] secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        return new KeyFile(secret);
    }

    /**
     * Reads the text of a key file, or of a recovery sheet that has the key in a paragraph of its own. White space, letter case and missing dashes do not matter.
     *
     * @param origin names the file in errors
     * @throws HoldfastException {@code WRONG_KEY} where the text is no key or its checksum does not fit
     */
    public static KeyFile parse(String text, String origin) {
        return new KeyFile(TEXT.read(
                PARAGRAPH
                        .splitAsStream(text)
                        .map(String::strip)
                        .filter(paragraph -> paragraph.startsWith(PREFIX))
                        .findFirst()
                        .orElse(text),
                origin));
    }

    /** One line without line end. */
    public String toText() {
        return TEXT.write(secret);
    }

    byte[] secret() {
        return secret;
    }
}
