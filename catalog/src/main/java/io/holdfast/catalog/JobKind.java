package io.holdfast.catalog;

import java.util.List;
import java.util.stream.Stream;

/** What a job does. */
public enum JobKind {
    BACKUP,
    RESTORE,
    /** Brings snapshots to another repository. */
    COPY,
    /** Forgets by the retention of plans, and collects what nothing needs. */
    PRUNE,
    VERIFY;

    /** Whether the agent of a host runs it; else a media server does. */
    public boolean isOfHost() {
        return this == BACKUP || this == RESTORE;
    }

    static List<JobKind> ofHosts(boolean isOfHost) {
        return Stream.of(values()).filter(kind -> kind.isOfHost() == isOfHost).toList();
    }
}
