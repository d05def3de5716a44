package io.holdfast.protocol.api;

import java.time.Instant;
import java.util.List;

/** One-time codes besides the password. Texts of these records are secrets. */
public final class TotpApi {
    private TotpApi() {}

    /** What shows that it is the user who switches codes on. */
    public record Password(String password) {}

    /**
     * Codes that are not asked for yet.
     *
     * @param secret in Base32, as people type it
     * @param uri as authenticator programs read it from a QR code
     * @param setup to be shown with the first code, until it expires
     */
    public record Setup(String secret, String uri, String setup, Instant expires) {
        @Override
        public String toString() {
            return "Setup";
        }
    }

    /** @param code the first one */
    public record Confirmation(String setup, String code) {}

    /** @param codes of which each lets the user in once without the phone; shown this one time */
    public record RecoveryCodes(List<String> codes) {
        @Override
        public String toString() {
            return "RecoveryCodes";
        }
    }

    /** @param code of the phone, or a recovery code */
    public record Proof(String password, String code) {}
}
