package io.holdfast.protocol.machine;

import java.util.Optional;

/** How a machine comes in. */
public final class Enrolment {
    private Enrolment() {}

    /**
     * @param token whole, as it was pasted
     * @param role {@code host} or {@code media}
     * @param name under which the machine wants to be known
     * @param request PKCS #10 in PEM
     * @param site where a media server stands; absent where that is not said, and for hosts
     */
    public record Request(String token, String role, String name, String request, Optional<String> site) {
        /** Never the token. */
        @Override
        public String toString() {
            return "enrolment of " + role + " " + name;
        }
    }

    /**
     * @param id 32 hexadecimal digits
     * @param certificates the machine's and the authority's, in PEM
     */
    public record Answer(String id, String name, String certificates) {}

    /** @param request PKCS #10 in PEM, of a new key */
    public record Renewal(String request) {}

    /** @param certificates the machine's and the authority's, in PEM */
    public record Renewed(String certificates) {}
}
