package io.holdfast.protocol.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Plans. */
public final class PlanApi {
    private PlanApi() {}

    /**
     * @param text YAML, as docs/plans.md has it
     * @param dryRun whether only to say what it would mean; absent for not
     */
    public record PlanText(String text, Optional<Boolean> dryRun) {}

    /**
     * @param outcome {@code new}, {@code unchanged} or another text
     * @param changes what is different now, for people
     * @param hosts how many it names at the moment
     * @param gained the names of hosts that the earlier text did not name
     * @param lost the names of those that it does not name any more
     * @param expiring how many snapshots its rules do not keep at the moment; absent where a repository cannot be asked
     */
    public record PlanApplied(
            String name,
            String outcome,
            List<String> changes,
            long hosts,
            List<String> gained,
            List<String> lost,
            Optional<Long> expiring) {}

    /** @param next when it runs next */
    public record PlanView(String name, long revision, String text, Instant changed, Optional<Instant> next) {}

    public record PlanList(List<PlanView> items) {}

    /** @param host the one that is meant; absent for all that the plan names */
    public record Run(Optional<String> host) {}

    /** @param jobs that were put, in the order of their hosts */
    public record Running(List<String> jobs) {}
}
