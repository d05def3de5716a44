package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.MediaServer;
import io.holdfast.catalog.MediaServerId;
import io.holdfast.catalog.ServedRepositories.Held;
import io.holdfast.catalog.Sighting;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Json;
import io.holdfast.protocol.api.ServerApi.HeldView;
import io.holdfast.protocol.api.ServerApi.MediaServerChange;
import io.holdfast.protocol.api.ServerApi.MediaServerList;
import io.holdfast.protocol.api.ServerApi.MediaServerView;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What people do with media servers. Thread-safe. */
public final class MediaService {
    private final Catalog catalog;
    private final InstantSource clock;
    private final Audit audit;

    MediaService(Catalog catalog, InstantSource clock, Audit audit) {
        this.catalog = catalog;
        this.clock = clock;
        this.audit = audit;
    }

    /** All, in the order of their names. */
    public MediaServerList list() {
        return new MediaServerList(views(catalog.mediaServers().all()));
    }

    public MediaServerView show(String name) {
        return views(List.of(server(name))).getFirst();
    }

    private MediaServer server(String name) {
        return catalog.mediaServers()
                .named(name)
                .orElseThrow(() -> HttpProblem.notFound("there is no media server '" + name + "'"));
    }

    /** Lets it end what it has and gives it nothing new, or gives it work again. */
    public MediaServerView change(Principal principal, String name, MediaServerChange wish) {
        MediaServer server = server(name);
        MediaServer.State state = switch (wish.state()) {
            case "active" -> MediaServer.State.ACTIVE;
            case "draining" -> MediaServer.State.DRAINING;
            default ->
                throw HttpProblem.badRequest(
                        "'" + wish.state() + "' is no state of a media server: active or draining");
        };
        catalog.transaction(() -> {
            if (catalog.mediaServers().change(server.id(), server.url(), server.site(), state)) {
                audit.write(principal, "media.change", name, Map.of("state", wish.state()));
            }
        });
        return show(name);
    }

    /**
     * Removes it: from its next request on it is refused. What it has stored stays where it is.
     *
     * @throws HttpProblem 409 where it is the one in the control server's process, or a repository names it as the only one
     */
    public void remove(Principal principal, String name) {
        MediaServer server = server(name);
        if (MediaChoice.isInControl(server)) {
            throw new HttpProblem(
                    409, "refused", "media server '" + name + "' is a part of the control server", "Drain it instead.");
        }
        catalog.transaction(() -> {
            requireNotTheLast(server);
            if (catalog.mediaServers().remove(server.id())) {
                audit.write(
                        principal,
                        "media.remove",
                        name,
                        Map.of("id", server.id().text()));
            }
        });
    }

    /** Without it nobody would be named, and all be asked. */
    private void requireNotTheLast(MediaServer server) {
        catalog.servedRepositories().assigned().forEach((repository, servers) -> {
            if (servers.equals(Set.of(server.id()))) {
                throw new HttpProblem(
                        409,
                        "refused",
                        "repository '" + repository + "' is served by media server '" + server.name() + "' alone",
                        "Remove the repository first.");
            }
        });
    }

    private List<MediaServerView> views(List<MediaServer> servers) {
        Map<MediaServerId, Long> atWork = catalog.jobs().atWork();
        List<Held> held = catalog.servedRepositories().held();
        Instant now = clock.instant();
        return servers.stream()
                .map(server -> view(
                        server,
                        atWork.getOrDefault(server.id(), 0L),
                        held.stream()
                                .filter(each -> each.server().equals(server.id()))
                                .toList(),
                        now))
                .toList();
    }

    private static MediaServerView view(MediaServer server, long jobs, List<Held> held, Instant now) {
        Optional<Sighting> seen = Optional.ofNullable(server.seen());
        return new MediaServerView(
                server.id().text(),
                server.name(),
                server.url(),
                server.site(),
                server.state().name().toLowerCase(Locale.ROOT),
                !MediaChoice.isThere(server, now),
                jobs,
                held.stream().map(MediaService::view).toList(),
                server.added(),
                seen.map(Sighting::at),
                seen.map(Sighting::version).filter(text -> !text.isEmpty()),
                seen.map(Sighting::facts).map(MediaService::facts).orElse(Map.of()));
    }

    private static HeldView view(Held held) {
        return new HeldView(
                held.repository(),
                held.isOpen() ? Optional.empty() : Optional.of(held.trouble()),
                held.storedBytes(),
                held.freeBytes() < 0 ? Optional.empty() : Optional.of(held.freeBytes()));
    }

    private static Map<String, String> facts(String text) {
        try {
            return text.isEmpty() ? Map.of() : Json.parseTexts(text);
        } catch (HoldfastException e) {
            // Of another version; it will say it anew.
            return Map.of();
        }
    }
}
