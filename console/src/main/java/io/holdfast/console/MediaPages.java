package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.console.HostPages.Confirmation;
import io.holdfast.control.ControlApi;
import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import io.holdfast.http.Exchange;
import io.holdfast.protocol.api.ServerApi.MediaServerChange;
import io.holdfast.protocol.api.ServerApi.MediaServerView;
import java.io.IOException;
import java.util.List;

/** Media servers. */
public final class MediaPages {
    private final ControlApi api;
    private final Pages pages;

    /**
     * All media servers.
     *
     * @param mayChange whether who looks may drain and remove them
     */
    public record MediaPage(List<MediaServerView> servers, boolean mayChange) {}

    MediaPages(ControlApi api, Pages pages) {
        this.api = api;
        this.pages = pages;
    }

    void addTo(ConsoleRoutes routes) {
        routes.get("/media", Permission.READ, this::list)
                .post(
                        "/media/{name}/drain",
                        Permission.ADMINISTER,
                        (exchange, principal) -> change(exchange, principal, "draining"))
                .post(
                        "/media/{name}/activate",
                        Permission.ADMINISTER,
                        (exchange, principal) -> change(exchange, principal, "active"))
                .get("/media/{name}/remove", Permission.ADMINISTER, this::confirmRemoval)
                .post("/media/{name}/remove", Permission.ADMINISTER, (exchange, principal) -> {
                    api.media().remove(principal, exchange.parameter("name"));
                    exchange.redirect("/media");
                });
    }

    private void list(Exchange exchange, Principal principal) throws IOException {
        pages.show(
                exchange,
                200,
                "media.jte",
                pages.frame(exchange, "Media servers", Section.REPOSITORIES),
                new MediaPage(api.media().list().items(), principal.may(Permission.ADMINISTER)));
    }

    private void change(Exchange exchange, Principal principal, String state) throws IOException {
        MediaServerView ignored =
                api.media().change(principal, exchange.parameter("name"), new MediaServerChange(state));
        exchange.redirect("/media");
    }

    private void confirmRemoval(Exchange exchange, Principal principal) throws IOException {
        String name = exchange.parameter("name");
        pages.show(
                exchange,
                200,
                "confirm.jte",
                pages.frame(exchange, "Remove a media server", Section.REPOSITORIES),
                new Confirmation(
                        "Remove the media server “" + Formats.visible(name) + "”?",
                        "It is refused from now on. What it has stored stays where it is.",
                        "/media/" + Formats.segment(name) + "/remove",
                        "Remove it",
                        "/media"));
    }
}
