package io.holdfast.protocol.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Who did what. */
public final class AuditApi {
    private AuditApi() {}

    /** @param details JSON text */
    public record AuditView(long sequence, Instant at, String actor, String action, String object, String details) {}

    /** @param next the value of {@code before} for the next page; absent at the end */
    public record AuditPage(List<AuditView> items, Optional<String> next) {}

    /**
     * @param head the end of the chain as {@code SEQUENCE:HASH}, to be written down elsewhere
     * @param problem what is wrong with which entry; absent where the chain is whole
     */
    public record AuditCheck(boolean intact, Optional<String> head, Optional<String> problem) {}
}
