package io.holdfast.repository.crypto;

import java.nio.charset.StandardCharsets;

/** What opens a key slot. */
public sealed interface Credential {

    /** A passphrase. The array belongs to the record. */
    record Passphrase(char[] characters) implements Credential {
        byte[] utf8() {
            return new String(characters).getBytes(StandardCharsets.UTF_8);
        }
    }

    /** A key file or recovery sheet. */
    record Key(KeyFile file) implements Credential {}
}
