package io.holdfast.control;

import io.holdfast.catalog.AuditLog;
import io.holdfast.http.Json;

/** Notes who has done what. To be called as the last thing of the transaction that does it. Thread-safe. */
final class Audit {
    private final AuditLog log;

    Audit(AuditLog log) {
        this.log = log;
    }

    /** @param details a record or map of what may be told; never a secret */
    void write(Principal principal, String action, String object, Object details) {
        write(principal.name(), action, object, details);
    }

    /** What somebody has done who is not logged in yet. */
    void write(String actor, String action, String object, Object details) {
        log.append(actor, action, object, Json.text(details));
    }
}
