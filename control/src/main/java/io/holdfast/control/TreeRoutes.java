package io.holdfast.control;

import io.holdfast.control.ApiRoutes.Call;
import io.holdfast.control.Operation.Query;
import io.holdfast.protocol.api.TreeApi.DifferenceList;
import io.holdfast.protocol.api.TreeApi.MatchPage;
import io.holdfast.protocol.api.TreeApi.TreePage;
import io.holdfast.protocol.api.TreeApi.VersionPage;
import java.util.List;
import java.util.Optional;

/** What is in snapshots, over HTTP. */
final class TreeRoutes {
    private static final Query PATH = new Query("path", "in the snapshot, as ls prints it", false);

    private final BrowseService browse;
    private final DownloadService downloads;

    TreeRoutes(ControlApi control) {
        this.browse = control.browse();
        this.downloads = control.downloads();
    }

    private static String id(Call<?> call) {
        return call.exchange().parameter("id");
    }

    private static String query(Call<?> call, String name, String otherwise) {
        return call.exchange().query(name).orElse(otherwise);
    }

    void addTo(ApiRoutes routes) {
        routes.get(
                        "/snapshots/{id}/tree",
                        "What is in a directory of a snapshot",
                        Permission.BROWSE,
                        TreePage.class,
                        call -> browse.list(
                                call.principal(),
                                id(call),
                                query(call, "path", "/"),
                                query(call, "after", ""),
                                call.exchange().queryNumber("limit", 500, 1, 5_000)),
                        PATH,
                        new Query("after", "where the page before ended", false),
                        new Query("limit", "entries a page, 1 to 5000", true))
                .get(
                        "/snapshots/{id}/find",
                        "Names in a snapshot that fit a pattern",
                        Permission.BROWSE,
                        MatchPage.class,
                        call -> browse.find(
                                call.principal(), id(call), query(call, "pattern", ""), query(call, "after", "")),
                        new Query("pattern", "a part of a name, or one with * and ?", false),
                        new Query("after", "where the page before ended", false))
                .get(
                        "/snapshots/{id}/diff",
                        "What differs in a snapshot from another one",
                        Permission.BROWSE,
                        DifferenceList.class,
                        call -> browse.diff(call.principal(), query(call, "from", ""), id(call)),
                        new Query("from", "the id of the other one", false))
                .get(
                        "/snapshots/{id}/versions",
                        "In which snapshots of the same host and source a path is not what it was before",
                        Permission.BROWSE,
                        VersionPage.class,
                        call -> browse.versions(
                                call.principal(), id(call), query(call, "path", "/"), query(call, "before", "")),
                        PATH,
                        new Query("before", "where the page before ended", false));
        content(routes);
    }

    private void content(ApiRoutes routes) {
        routes.raw(
                        new Operation(
                                "GET",
                                "/api/v1/snapshots/{id}/file",
                                "The content of a file",
                                Optional.of(Permission.RESTORE),
                                List.of(PATH),
                                Optional.empty(),
                                byte[].class,
                                "application/octet-stream"),
                        exchange -> downloads.file(
                                ApiRoutes.principal(exchange),
                                exchange.parameter("id"),
                                exchange.query("path").orElse(""),
                                exchange))
                .raw(
                        new Operation(
                                "GET",
                                "/api/v1/snapshots/{id}/archive",
                                "Files and directories as an archive; an answer that does not end in order is not whole",
                                Optional.of(Permission.RESTORE),
                                List.of(
                                        new Query(
                                                "path",
                                                "in the snapshot; may be there several times; none for all",
                                                false),
                                        new Query("format", "tar, tar.zst or zip; tar where absent", false)),
                                Optional.empty(),
                                byte[].class,
                                "application/octet-stream"),
                        exchange -> downloads.archive(
                                ApiRoutes.principal(exchange),
                                exchange.parameter("id"),
                                exchange.queryAll("path"),
                                ArchiveFormat.of(exchange.query("format").orElse("tar")),
                                exchange));
    }
}
