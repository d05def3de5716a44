package io.holdfast.control;

import io.holdfast.catalog.Alert;
import io.holdfast.catalog.AlertId;
import io.holdfast.catalog.Alerts;
import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.control.watch.AlertKind;
import io.holdfast.control.watch.Notice;
import io.holdfast.control.watch.Targets;
import io.holdfast.control.watch.WatchSettings;
import io.holdfast.control.watch.WatchSettings.SummaryTime;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.AlertApi.AlertPage;
import io.holdfast.protocol.api.AlertApi.AlertView;
import io.holdfast.protocol.api.AlertApi.NewTarget;
import io.holdfast.protocol.api.AlertApi.TargetList;
import io.holdfast.protocol.api.AlertApi.TargetView;
import io.holdfast.protocol.api.AlertApi.WatchSettingsView;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What people do with alerts; each sees those of their hosts, and who sees all hosts sees those of repositories, too. Thread-safe. */
public final class AlertService {
    private final Catalog catalog;
    private final Targets targets;
    private final InstantSource clock;
    private final Audit audit;

    AlertService(Catalog catalog, Targets targets, InstantSource clock, Audit audit) {
        this.catalog = catalog;
        this.targets = targets;
        this.clock = clock;
        this.audit = audit;
    }

    /** All that are not closed and are theirs to see, the oldest first. */
    public List<AlertView> current(Principal principal) {
        Map<String, Optional<Host>> hosts = new HashMap<>();
        return catalog.alerts().current().stream()
                .filter(alert -> isVisible(alert, principal, hosts))
                .map(Notice::view)
                .toList();
    }

    /**
     * Alerts, those that were noticed last first.
     *
     * @param state {@code open}, {@code acknowledged} or {@code closed}; empty for any
     * @param after where the page before ended
     * @param limit 1 to 1,000
     */
    public AlertPage page(Principal principal, Optional<String> state, Optional<String> after, int limit) {
        Alert.State wanted = state.map(AlertService::state).orElse(null);
        Map<String, Optional<Host>> hosts = new HashMap<>();
        List<AlertView> views = new ArrayList<>();
        Alerts.Position from = after.map(AlertService::position).orElse(null);
        boolean more = true;
        // Those of other hosts are left out: further ones take their place.
        while (more && views.size() < limit) {
            List<Alert> page = catalog.alerts().page(wanted, from, limit);
            more = page.size() == limit;
            for (Alert alert : page) {
                if (views.size() == limit) {
                    more = true;
                    break;
                }
                from = Alerts.Position.of(alert);
                if (isVisible(alert, principal, hosts)) {
                    views.add(Notice.view(alert));
                }
            }
        }
        return new AlertPage(views, more ? text(from) : Optional.empty());
    }

    private static Alert.State state(String word) {
        for (Alert.State state : Alert.State.values()) {
            if (state.name().toLowerCase(Locale.ROOT).equals(word)) {
                return state;
            }
        }
        throw HttpProblem.badRequest("'" + word + "' is no state of an alert: open, acknowledged or closed");
    }

    private static Optional<String> text(Alerts.@Nullable Position position) {
        return Optional.ofNullable(position).map(at -> at.last() + "_" + at.id().text());
    }

    private static Alerts.Position position(String text) {
        try {
            int end = text.indexOf('_');
            return new Alerts.Position(Instant.parse(text.substring(0, end)), new AlertId(text.substring(end + 1)));
        } catch (RuntimeException e) {
            throw HttpProblem.badRequest("after=" + text + " is not where a page ended");
        }
    }

    private boolean isVisible(Alert alert, Principal principal, Map<String, Optional<Host>> hosts) {
        return principal.groups().isEmpty()
                || AlertKind.of(alert.kind())
                        .flatMap(kind -> kind.host(alert.object()))
                        .flatMap(name -> hosts.computeIfAbsent(name, catalog.hosts()::named))
                        .filter(host -> principal.isAbout(host.groups()))
                        .isPresent();
    }

    private Alert alert(Principal principal, String id) {
        Optional<Alert> found;
        try {
            found = catalog.alerts().of(new AlertId(id));
        } catch (RuntimeException e) {
            found = Optional.empty();
        }
        return found.filter(alert -> isVisible(alert, principal, new HashMap<>()))
                .orElseThrow(() -> HttpProblem.notFound("there is no alert '" + id + "'"));
    }

    public AlertView show(Principal principal, String id) {
        return Notice.view(alert(principal, id));
    }

    /** Says that somebody knows. It stays until its cause is gone. */
    public AlertView acknowledge(Principal principal, String id) {
        Alert alert = alert(principal, id);
        catalog.transaction(() -> {
            if (catalog.alerts().acknowledge(alert.id(), principal.name())) {
                audit.write(principal, "alert.acknowledge", id, Map.of("kind", alert.kind(), "object", alert.object()));
            }
        });
        return show(principal, id);
    }

    /** Who is told. */
    public TargetList targets() {
        return new TargetList(targets.list());
    }

    /** Adds somebody who is told. */
    public TargetView addTarget(Principal principal, NewTarget wish) {
        return catalog.transaction(() -> {
            TargetView added = targets.add(wish);
            audit.write(principal, "alert-target.add", wish.name(), added);
            return added;
        });
    }

    /** Tells somebody nothing any more. */
    public void removeTarget(Principal principal, String name) {
        boolean removed = catalog.transaction(() -> {
            boolean wasThere = targets.remove(name);
            if (wasThere) {
                audit.write(principal, "alert-target.remove", name, Map.of());
            }
            return wasThere;
        });
        if (!removed) {
            throw HttpProblem.notFound("there is no target '" + name + "'");
        }
    }

    /** Tells one of them that this is a test. */
    public void testTarget(String name) {
        targets.test(name, clock.instant());
    }

    public WatchSettingsView settings() {
        WatchSettings settings = WatchSettings.of(catalog.settings());
        return new WatchSettingsView(
                settings.silentAfter().toSeconds(),
                settings.fullWithin().toSeconds(),
                settings.leastFree(),
                settings.summary().map(SummaryTime::hour),
                settings.summary().map(time -> time.zone().getId()));
    }

    /** @throws HttpProblem 400 where they make no sense */
    public WatchSettingsView change(Principal principal, WatchSettingsView wish) {
        WatchSettings settings;
        try {
            settings = new WatchSettings(
                    Duration.ofSeconds(wish.silentAfterSeconds()),
                    Duration.ofSeconds(wish.fullWithinSeconds()),
                    wish.leastFree(),
                    wish.summaryHour().map(hour -> new SummaryTime(hour, WatchSettings.zone(wish.zone()))));
        } catch (IllegalArgumentException e) {
            throw HttpProblem.badRequest(String.valueOf(e.getMessage()));
        }
        catalog.transaction(() -> {
            settings.put(catalog.settings());
            audit.write(principal, "alert-settings.change", "watch", wish);
        });
        return settings();
    }
}
