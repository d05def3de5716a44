package io.holdfast.control;

import io.holdfast.catalog.AuditEntry;
import io.holdfast.catalog.AuditLog;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.AuditApi.AuditCheck;
import io.holdfast.protocol.api.AuditApi.AuditPage;
import io.holdfast.protocol.api.AuditApi.AuditView;
import java.util.List;
import java.util.Optional;

/** Who did what. Thread-safe. */
public final class AuditService {
    private final AuditLog log;

    AuditService(AuditLog log) {
        this.log = log;
    }

    /**
     * Entries, those that were written last first.
     *
     * @param actor only of this one; empty for anybody
     * @param action the beginning of it; empty for any
     */
    public AuditPage page(String actor, String action, String object, Optional<String> before, int limit) {
        List<AuditEntry> page = log.page(
                new AuditLog.Filter(actor, action, object, null, null),
                before.map(AuditService::sequence).orElse(Long.MAX_VALUE),
                limit);
        return new AuditPage(
                page.stream()
                        .map(entry -> new AuditView(
                                entry.sequence(),
                                entry.at(),
                                entry.actor(),
                                entry.action(),
                                entry.object(),
                                entry.details()))
                        .toList(),
                page.size() == limit ? Optional.of(Long.toString(page.getLast().sequence())) : Optional.empty());
    }

    private static long sequence(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw HttpProblem.badRequest("before=" + text + " is not where a page ended");
        }
    }

    /**
     * Looks at the whole chain.
     *
     * @param known an end that it had once, as {@code SEQUENCE:HASH}
     */
    public AuditCheck verify(Optional<String> known) {
        AuditLog.Verification found =
                known.map(AuditLog.Head::parse).map(log::verify).orElseGet(log::verify);
        return switch (found) {
            case AuditLog.Verification.Intact intact ->
                new AuditCheck(true, Optional.of(intact.head().text()), Optional.empty());
            case AuditLog.Verification.Broken broken ->
                new AuditCheck(
                        false, Optional.empty(), Optional.of("entry " + broken.sequence() + ": " + broken.problem()));
        };
    }
}
