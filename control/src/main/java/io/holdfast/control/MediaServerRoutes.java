package io.holdfast.control;

import io.holdfast.protocol.api.Nothing;
import io.holdfast.protocol.api.ServerApi.MediaServerChange;
import io.holdfast.protocol.api.ServerApi.MediaServerList;
import io.holdfast.protocol.api.ServerApi.MediaServerView;

/** What is asked for over HTTP about media servers. */
final class MediaServerRoutes {
    private final MediaService media;

    MediaServerRoutes(ControlApi control) {
        this.media = control.media();
    }

    void addTo(ApiRoutes routes) {
        routes.get("/media", "All media servers", Permission.READ, MediaServerList.class, call -> media.list())
                .get(
                        "/media/{name}",
                        "One media server",
                        Permission.READ,
                        MediaServerView.class,
                        call -> media.show(call.exchange().parameter("name")))
                .send(
                        "PATCH",
                        "/media/{name}",
                        "Drains a media server, or makes it active again",
                        Permission.ADMINISTER,
                        MediaServerChange.class,
                        MediaServerView.class,
                        call -> media.change(call.principal(), call.exchange().parameter("name"), call.request()))
                .act(
                        "DELETE",
                        "/media/{name}",
                        "Removes a media server: it is refused from now on, what it has stored stays",
                        Permission.ADMINISTER,
                        call -> {
                            media.remove(call.principal(), call.exchange().parameter("name"));
                            return Nothing.NOTHING;
                        });
    }
}
