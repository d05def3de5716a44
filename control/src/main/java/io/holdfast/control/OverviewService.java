package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.JobHistory;
import io.holdfast.catalog.Protection;
import io.holdfast.protocol.api.OverviewApi.Overview;
import io.holdfast.protocol.api.OverviewApi.Trouble;
import io.holdfast.protocol.api.OverviewApi.Unsaved;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What is saved and what is not, for those who look; each sees what is about their hosts. Thread-safe. */
public final class OverviewService {
    /** A plan for every night may be late once. */
    private static final Duration LATELY = Duration.ofDays(2);

    private static final int UNSAVED = 20;
    private static final int TROUBLES = 20;
    private static final int LOOKED_AT = 500;

    private final Catalog catalog;
    private final InstantSource clock;

    OverviewService(Catalog catalog, InstantSource clock) {
        this.catalog = catalog;
        this.clock = clock;
    }

    public Overview overview(Principal principal) {
        Instant since = clock.instant().minus(LATELY);
        Set<String> groups = principal.groups();
        Protection.Counts counts = catalog.protection().counts(groups, since);
        List<Unsaved> unsaved = catalog.protection().gaps(groups, since, UNSAVED).stream()
                .map(gap -> new Unsaved(gap.host(), Optional.ofNullable(gap.saved())))
                .toList();
        return new Overview(since, counts.hosts(), counts.saved(), counts.never(), unsaved, troubles(principal));
    }

    private List<Trouble> troubles(Principal principal) {
        int looked = principal.groups().isEmpty() ? TROUBLES : LOOKED_AT;
        return catalog.history().troubles(looked).stream()
                .flatMap(result -> trouble(result, principal).stream())
                .limit(TROUBLES)
                .toList();
    }

    private Optional<Trouble> trouble(JobHistory.Result result, Principal principal) {
        // Where no host is, the subject is a repository.
        Optional<Host> host =
                result.kind().isOfHost() ? catalog.hosts().of(new HostId(result.subject())) : Optional.empty();
        boolean isVisible = principal.groups().isEmpty()
                || host.filter(known -> principal.isAbout(known.groups())).isPresent();
        return isVisible
                ? Optional.of(new Trouble(
                        result.job().text(),
                        result.kind().name().toLowerCase(Locale.ROOT),
                        result.plan().isEmpty() ? Optional.empty() : Optional.of(result.plan()),
                        host.map(Host::name),
                        result.state().name().toLowerCase(Locale.ROOT),
                        result.ended(),
                        result.failures(),
                        result.message()))
                : Optional.empty();
    }
}
