package io.holdfast.protocol.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Plans. */
public final class PlanApi {
    private PlanApi() {}

    /** @param text YAML, as docs/plans.md has it */
    public record PlanText(String text) {}

    /**
     * @param outcome {@code new}, {@code unchanged} or another text
     * @param changes what is different now, for people
     * @param hosts how many it names at the moment
     */
    public record PlanApplied(String name, String outcome, List<String> changes, long hosts) {}

    /** @param next when it runs next */
    public record PlanView(String name, long revision, String text, Instant changed, Optional<Instant> next) {}

    public record PlanList(List<PlanView> items) {}

    /** @param host the one that is meant; absent for all that the plan names */
    public record Run(Optional<String> host) {}

    /** @param jobs that were put, in the order of their hosts */
    public record Running(List<String> jobs) {}
}
