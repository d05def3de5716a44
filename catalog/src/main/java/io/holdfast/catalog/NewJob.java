package io.holdfast.catalog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A job that is to be put.
 *
 * @param plan empty where it is of no plan
 * @param host whose files it is about, and whose agent runs it if it is {@link JobKind#isOfHost of a host}; absent where it is about a repository alone
 * @param repository its name; of a copy, the one that is written
 * @param spec JSON text: what is to be done; whoever runs it knows more
 * @param moment of the plan's schedule for which it runs; of no plan, when it was asked for
 * @param notBefore it may not begin earlier
 * @param priority those of a higher one go first
 */
public record NewJob(
        JobKind kind,
        String plan,
        @Nullable HostId host,
        String repository,
        String spec,
        Instant moment,
        Instant notBefore,
        int priority) {
    private static final int MAX_SPEC = 1 << 20;

    public NewJob {
        if (kind.isOfHost() && host == null) {
            throw new IllegalArgumentException("a " + kind + " without a host");
        }
        if (spec.length() > MAX_SPEC) {
            throw new IllegalArgumentException("a job's specification of " + spec.length() + " characters");
        }
    }

    /** One that may begin at once. */
    public NewJob(JobKind kind, String plan, @Nullable HostId host, String repository, String spec, Instant moment) {
        this(kind, plan, host, repository, spec, moment, moment, 0);
    }
}
