package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.core.MonotonicClock;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.SearchApi.NamePage;
import io.holdfast.protocol.api.SearchApi.NameView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Looks for names over all snapshots; each sees those of their hosts. Thread-safe. */
public final class SearchService {
    /** What a page takes at most, more or less: then it says where the next one begins. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Catalog catalog;
    private final RepositoryDesk desk;
    private final MonotonicClock clock;

    SearchService(Catalog catalog, RepositoryDesk desk, MonotonicClock clock) {
        this.catalog = catalog;
        this.desk = desk;
        this.clock = clock;
    }

    /**
     * What is looked for.
     *
     * @param question a part of a name, or a pattern (docs/search.md)
     * @param host only of this one; empty for all
     * @param from where the page before ended; empty for the beginning
     * @param limit names a page, at least 1
     */
    public record Wish(String question, Optional<String> host, Optional<String> from, int limit) {}

    /**
     * Names that fit, by repository, host, source and path.
     *
     * @throws HttpProblem 400 where the question is empty or the page before ended nowhere like that
     */
    public NamePage search(Principal principal, Wish wish) {
        if (wish.question().isEmpty()) {
            throw HttpProblem.badRequest("there is nothing to search for: q is empty");
        }
        Predicate<String> visible = visible(principal, wish.host());
        long end = clock.nanoTime() + PATIENCE.toNanos();
        List<RepositoryEntry> all = catalog.repositories().all().stream()
                .sorted(Comparator.comparing(RepositoryEntry::name))
                .toList();
        String start = wish.from().orElse("");
        int colon = start.indexOf(':');
        if (colon < 0 && !start.isEmpty()) {
            throw HttpProblem.badRequest("from=" + start + " is not where a page ended");
        }
        String first = start.substring(0, Math.max(colon, 0));
        Optional<String> within = Optional.of(start.substring(colon + 1)).filter(text -> !text.isEmpty());
        List<NameView> found = new ArrayList<>();
        for (RepositoryEntry entry : all) {
            if (entry.name().compareTo(first) < 0) {
                continue;
            }
            int room = wish.limit() - found.size();
            long left = end - clock.nanoTime();
            if (room == 0 || left <= 0) {
                return new NamePage(found, Optional.of(entry.name() + ":"), room > 0);
            }
            RepositoryDesk.NameWish inside = new RepositoryDesk.NameWish(
                    entry.name(),
                    entry.repositoryId(),
                    wish.question(),
                    visible,
                    entry.name().equals(first) ? within : Optional.empty(),
                    room,
                    Duration.ofNanos(left));
            NamePage page = desk.names(inside);
            found.addAll(page.items());
            if (page.next().isPresent()) {
                return new NamePage(found, page.next().map(next -> entry.name() + ":" + next), page.timeIsUp());
            }
        }
        return new NamePage(found, Optional.empty(), false);
    }

    /** Which hosts, by their names, may be looked at. */
    private Predicate<String> visible(Principal principal, Optional<String> wanted) {
        Map<String, Boolean> known = new HashMap<>();
        Predicate<String> mayBeSeen = name -> principal.groups().isEmpty()
                || known.computeIfAbsent(
                        name,
                        host -> catalog.hosts()
                                .named(host)
                                .map(Host::groups)
                                .filter(principal::isAbout)
                                .isPresent());
        return wanted.<Predicate<String>>map(host -> name -> name.equals(host) && mayBeSeen.test(name))
                .orElse(mayBeSeen);
    }
}
