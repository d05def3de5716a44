package io.holdfast.control;

import io.holdfast.catalog.Hosts;
import io.holdfast.control.ApiRoutes.Call;
import io.holdfast.control.Operation.Query;
import io.holdfast.http.EventStream;
import io.holdfast.http.Exchange;
import io.holdfast.http.Json;
import io.holdfast.http.Router;
import io.holdfast.protocol.ChunkIds;
import io.holdfast.protocol.FrameStream;
import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.api.Access;
import io.holdfast.protocol.api.AuditApi.AuditCheck;
import io.holdfast.protocol.api.AuditApi.AuditPage;
import io.holdfast.protocol.api.HostApi.HostChange;
import io.holdfast.protocol.api.HostApi.HostPage;
import io.holdfast.protocol.api.HostApi.HostView;
import io.holdfast.protocol.api.JobApi.Again;
import io.holdfast.protocol.api.JobApi.Cancelled;
import io.holdfast.protocol.api.JobApi.EventList;
import io.holdfast.protocol.api.JobApi.EventView;
import io.holdfast.protocol.api.JobApi.JobPage;
import io.holdfast.protocol.api.JobApi.JobView;
import io.holdfast.protocol.api.Nothing;
import io.holdfast.protocol.api.OverviewApi.Overview;
import io.holdfast.protocol.api.PlanApi.PlanApplied;
import io.holdfast.protocol.api.PlanApi.PlanList;
import io.holdfast.protocol.api.PlanApi.PlanText;
import io.holdfast.protocol.api.PlanApi.PlanView;
import io.holdfast.protocol.api.PlanApi.Run;
import io.holdfast.protocol.api.PlanApi.Running;
import io.holdfast.protocol.api.RepositoryApi.NewRepository;
import io.holdfast.protocol.api.RepositoryApi.Pruning;
import io.holdfast.protocol.api.RepositoryApi.RecoverySheet;
import io.holdfast.protocol.api.RepositoryApi.RepositoryKey;
import io.holdfast.protocol.api.RepositoryApi.RepositoryList;
import io.holdfast.protocol.api.RepositoryApi.RepositoryView;
import io.holdfast.protocol.api.RepositoryApi.SizeList;
import io.holdfast.protocol.api.SearchApi;
import io.holdfast.protocol.api.ServerApi.About;
import io.holdfast.protocol.api.SnapshotApi.DatabaseWish;
import io.holdfast.protocol.api.SnapshotApi.ReadWish;
import io.holdfast.protocol.api.SnapshotApi.RestoreWish;
import io.holdfast.protocol.api.SnapshotApi.Restoring;
import io.holdfast.protocol.api.SnapshotApi.SnapshotPage;
import io.holdfast.protocol.api.SnapshotApi.SnapshotView;
import io.holdfast.repository.ChunkId;
import io.holdfast.security.Authority;
import io.holdfast.security.Pem;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What people and scripts ask a control server for over HTTP, and its description. */
final class Api {
    private static final int MAX_PAGE = 1_000;
    private static final long MOST_IDS_BYTES = (long) ChunkIds.MOST * ChunkId.BYTES;

    private final Authority authority;
    private final ControlApi control;
    private final Idempotency idempotency;
    private final String version;

    Api(Authority authority, ControlApi control, Idempotency idempotency, String version) {
        this.idempotency = idempotency;
        this.authority = authority;
        this.control = control;
        this.version = version;
    }

    void addTo(Router router) {
        ApiRoutes routes = new ApiRoutes(router, control.sessions(), idempotency);
        access(routes);
        new TotpRoutes(control.access()).addTo(routes);
        plans(routes);
        overview(routes);
        hosts(routes);
        jobs(routes);
        snapshots(routes);
        search(routes);
        new TreeRoutes(control).addTo(routes);
        server(routes);
        repositories(routes);
        audit(routes);
        new MediaServerRoutes(control).addTo(routes);
        new WatchRoutes(control).addTo(routes);
        byte[] description = Json.bytes(OpenApi.describe(routes.operations(), version));
        router.add("GET", "/api/v1/openapi.json", exchange -> exchange.answer(200, "application/json", description))
                .add(
                        "GET",
                        "/authority.pem",
                        exchange -> exchange.answerText(
                                200, "application/x-pem-file", Pem.certificates(List.of(authority.certificate()))));
    }

    private static String name(Call<?> call) {
        return call.exchange().parameter("name");
    }

    private static String id(Call<?> call) {
        return call.exchange().parameter("id");
    }

    private static Nothing done(Runnable what) {
        what.run();
        return Nothing.NOTHING;
    }

    private void access(ApiRoutes routes) {
        AccessService access = control.access();
        routes.raw(
                        new Operation(
                                "POST",
                                "/api/v1/login",
                                "Logs in, and gives a token for this session",
                                Optional.empty(),
                                List.of(),
                                Optional.of(Access.Login.class),
                                Access.LoggedIn.class,
                                "application/json"),
                        access::login)
                .act(
                        "POST",
                        "/logout",
                        "Ends the session that was shown",
                        Permission.READ,
                        call -> done(() -> control.sessions().end(call.exchange())))
                .get("/me", "Who asks", Permission.READ, Access.Me.class, call -> AccessService.me(call.principal()))
                .make(
                        "/tokens",
                        "Makes a token, which is shown this one time",
                        Permission.ADMINISTER,
                        Access.NewToken.class,
                        Access.MadeToken.class,
                        call -> access.makeToken(call.principal(), call.request()))
                .get(
                        "/tokens",
                        "Tokens, without their secrets",
                        Permission.ADMINISTER,
                        Access.TokenList.class,
                        call -> access.tokens())
                .act(
                        "DELETE",
                        "/tokens/{id}",
                        "Makes a token worthless",
                        Permission.ADMINISTER,
                        call -> done(() -> access.revoke(call.principal(), id(call))))
                .send(
                        "POST",
                        "/users",
                        "Adds a user",
                        Permission.ADMINISTER,
                        Access.NewUser.class,
                        Access.UserView.class,
                        call -> access.addUser(call.principal(), call.request()))
                .get("/users", "All users", Permission.ADMINISTER, Access.UserList.class, call -> access.users())
                .send(
                        "PUT",
                        "/users/{name}/password",
                        "Gives a user another password, and ends their sessions",
                        Permission.ADMINISTER,
                        Access.NewPassword.class,
                        Nothing.class,
                        call -> done(() -> access.setPassword(
                                call.principal(), name(call), call.request().password())))
                .act(
                        "DELETE",
                        "/users/{name}",
                        "Removes a user",
                        Permission.ADMINISTER,
                        call -> done(() -> access.removeUser(call.principal(), name(call))));
    }

    private void plans(ApiRoutes routes) {
        PlanService plans = control.plans();
        routes.get("/plans", "All plans", Permission.READ, PlanList.class, call -> plans.list())
                .get("/plans/{name}", "One plan", Permission.READ, PlanView.class, call -> plans.show(name(call)))
                .make(
                        "/plans",
                        "Puts a plan under its name, in place of an earlier one",
                        Permission.PLAN,
                        PlanText.class,
                        PlanApplied.class,
                        call -> plans.apply(call.principal(), call.request()))
                .act(
                        "DELETE",
                        "/plans/{name}",
                        "Removes a plan; what it has saved stays",
                        Permission.PLAN,
                        call -> done(() -> plans.delete(call.principal(), name(call))))
                .make(
                        "/plans/{name}/run",
                        "Runs a plan now, besides its schedule",
                        Permission.RUN,
                        Run.class,
                        Running.class,
                        call -> plans.run(
                                call.principal(), name(call), call.request().host()));
    }

    private void overview(ApiRoutes routes) {
        routes.get(
                "/overview",
                "What is saved and what is not, and what went wrong last",
                Permission.READ,
                Overview.class,
                call -> control.overview().overview(call.principal()));
    }

    private void hosts(ApiRoutes routes) {
        HostService hosts = control.hosts();
        routes.get(
                        "/hosts",
                        "Hosts in the order of their names",
                        Permission.READ,
                        HostPage.class,
                        call -> hosts.page(
                                call.principal(),
                                filter(call.exchange()),
                                call.exchange().query("after").orElse(""),
                                call.exchange().queryNumber("limit", 100, 1, MAX_PAGE)),
                        new Query("q", "a part of the name", false),
                        new Query("group", "only of this group", false),
                        new Query("tag", "only with this tag", false),
                        new Query("after", "where the page before ended", false),
                        new Query("limit", "hosts a page, 1 to 1000", true))
                .get(
                        "/hosts/{name}",
                        "One host",
                        Permission.READ,
                        HostView.class,
                        call -> hosts.show(call.principal(), name(call)))
                .send(
                        "PATCH",
                        "/hosts/{name}",
                        "Changes the groups or tags of a host",
                        Permission.PLAN,
                        HostChange.class,
                        HostView.class,
                        call -> hosts.change(call.principal(), name(call), call.request()))
                .act(
                        "DELETE",
                        "/hosts/{name}",
                        "Removes a host: its agent is refused from now on, its snapshots stay",
                        Permission.ADMINISTER,
                        call -> done(() -> hosts.remove(call.principal(), name(call))));
    }

    private static Hosts.Filter filter(Exchange exchange) {
        return new Hosts.Filter(
                exchange.query("q").orElse(""),
                exchange.query("group").orElse(""),
                exchange.query("tag").orElse(""));
    }

    private void jobs(ApiRoutes routes) {
        JobService jobs = control.jobs();
        routes.get(
                        "/jobs",
                        "Jobs, newest first",
                        Permission.READ,
                        JobPage.class,
                        call -> jobs.page(
                                call.principal(),
                                wish(call.exchange()),
                                call.exchange().query("after"),
                                call.exchange().queryNumber("limit", 50, 1, MAX_PAGE)),
                        new Query("state", "only in this state", false),
                        new Query("kind", "only of this kind", false),
                        new Query("host", "only of this host", false),
                        new Query("plan", "only of this plan", false),
                        new Query("after", "where the page before ended", false),
                        new Query("limit", "jobs a page, 1 to 1000", true))
                .get(
                        "/jobs/{id}",
                        "One job",
                        Permission.READ,
                        JobView.class,
                        call -> jobs.show(call.principal(), id(call)))
                .get(
                        "/jobs/{id}/events",
                        "What happened in a job",
                        Permission.READ,
                        EventList.class,
                        call -> jobs.events(
                                call.principal(),
                                id(call),
                                call.exchange().queryNumber("after", 0, 0, Integer.MAX_VALUE)),
                        new Query("after", "the sequence number of the last one that is known", true))
                .send(
                        "POST",
                        "/jobs/{id}/cancel",
                        "Wants a job to stop",
                        Permission.RUN,
                        Nothing.class,
                        Cancelled.class,
                        call -> jobs.cancel(call.principal(), id(call)))
                .make(
                        "/jobs/{id}/again",
                        "Puts a job that does the same once more",
                        Permission.RUN,
                        Nothing.class,
                        Again.class,
                        call -> jobs.again(call.principal(), id(call)))
                .raw(
                        new Operation(
                                "GET",
                                "/api/v1/jobs/{id}/watch",
                                "A job as it goes, as server-sent events: job (a JobView), event (an EventView), end",
                                Optional.of(Permission.READ),
                                List.of(),
                                Optional.empty(),
                                JobView.class,
                                "text/event-stream"),
                        exchange -> watch(exchange, jobs));
    }

    /** Sends a job whenever it has changed, and its events, until it has ended. */
    private static void watch(Exchange exchange, JobService jobs) throws IOException {
        Principal principal = ApiRoutes.principal(exchange);
        jobs.follow(principal, exchange.parameter("id"), 0, exchange, new JobService.Follower() {
            @Override
            public void event(EventStream stream, EventView event) throws IOException {
                stream.send(Long.toString(event.sequence()), "event", Json.text(event));
            }

            @Override
            public void job(EventStream stream, JobView job) throws IOException {
                stream.send("", "job", Json.text(job));
            }
        });
    }

    private static JobService.Wish wish(Exchange exchange) {
        return new JobService.Wish(
                exchange.query("state"), exchange.query("kind"), exchange.query("host"), exchange.query("plan"));
    }

    private void snapshots(ApiRoutes routes) {
        SnapshotService snapshots = control.snapshots();
        routes.get(
                        "/snapshots",
                        "Snapshots, those that the server learned of last first",
                        Permission.READ,
                        SnapshotPage.class,
                        call -> snapshots.page(
                                call.principal(),
                                snapshotWish(call.exchange()),
                                call.exchange().query("before"),
                                call.exchange().queryNumber("limit", 50, 1, MAX_PAGE),
                                call.exchange().query("detail").isPresent()),
                        new Query("repository", "only of this repository", false),
                        new Query("host", "only of this host", false),
                        new Query("source", "only of this source", false),
                        new Query("plan", "only of this plan", false),
                        new Query("tag", "only with this tag", false),
                        new Query("from", "only those that the server learned of then or later", false),
                        new Query("until", "only those that the server learned of earlier", false),
                        new Query("detail", "with what the repositories say", false),
                        new Query("before", "where the page before ended", false),
                        new Query("limit", "snapshots a page, 1 to 1000", true))
                .get(
                        "/snapshots/{id}",
                        "One snapshot, with what its repository says",
                        Permission.READ,
                        SnapshotView.class,
                        call -> snapshots.show(call.principal(), id(call)))
                .make(
                        "/snapshots/{id}/restore",
                        "Has a host bring files back",
                        Permission.RESTORE,
                        RestoreWish.class,
                        Restoring.class,
                        call -> snapshots.restore(call.principal(), id(call), call.request()))
                .make(
                        "/snapshots/{id}/restore/database",
                        "Has a host bring a dump into a running database server",
                        Permission.RESTORE,
                        DatabaseWish.class,
                        Restoring.class,
                        call -> snapshots.restoreDatabase(call.principal(), id(call), call.request()))
                .send(
                        "POST",
                        "/reads",
                        "Begins to read a snapshot",
                        Permission.BROWSE,
                        ReadWish.class,
                        ReadAnswer.class,
                        call -> snapshots.begin(call.principal(), call.request().snapshot()))
                .raw(
                        new Operation(
                                "POST",
                                "/api/v1/reads/{read}/chunks",
                                "Chunks of a snapshot as a frame stream (docs/server.md); the request has their ids, 32 bytes each",
                                Optional.of(Permission.BROWSE),
                                List.of(),
                                Optional.of(byte[].class),
                                byte[].class,
                                FrameStream.CONTENT_TYPE),
                        exchange -> {
                            byte[] ids = exchange.body(MOST_IDS_BYTES).readAllBytes();
                            snapshots.serve(
                                    ApiRoutes.principal(exchange),
                                    exchange.parameter("read"),
                                    ids,
                                    () -> exchange.answerStream(200, FrameStream.CONTENT_TYPE));
                        })
                .act(
                        "DELETE",
                        "/reads/{read}",
                        "Ends reading",
                        Permission.BROWSE,
                        call -> done(() ->
                                snapshots.end(call.principal(), call.exchange().parameter("read"))));
    }

    private void search(ApiRoutes routes) {
        routes.get(
                "/search",
                "Names over all hosts and snapshots",
                Permission.BROWSE,
                SearchApi.NamePage.class,
                call -> control.search()
                        .search(
                                call.principal(),
                                new SearchService.Wish(
                                        call.exchange().query("q").orElse(""),
                                        call.exchange().query("host"),
                                        call.exchange().query("from"),
                                        call.exchange().queryNumber("limit", 50, 1, MAX_PAGE))),
                new Query("q", "a part of a name, or a pattern such as *.conf or /etc/**", false),
                new Query("host", "only of this host", false),
                new Query("from", "where the page before ended", false),
                new Query("limit", "names a page, 1 to 1000", true));
    }

    private static SnapshotService.Wish snapshotWish(Exchange exchange) {
        return new SnapshotService.Wish(
                exchange.query("repository").orElse(""),
                exchange.query("host"),
                exchange.query("source").orElse(""),
                exchange.query("plan").orElse(""),
                exchange.query("tag").orElse(""),
                exchange.queryInstant("from"),
                exchange.queryInstant("until"));
    }

    private void repositories(ApiRoutes routes) {
        RepositoryService repositories = control.repositories();
        routes.get(
                        "/repositories",
                        "All repositories",
                        Permission.READ,
                        RepositoryList.class,
                        call -> repositories.list())
                .get(
                        "/repositories/{name}",
                        "One repository",
                        Permission.READ,
                        RepositoryView.class,
                        call -> repositories.show(name(call)))
                .get(
                        "/repositories/{name}/sizes",
                        "How a repository has grown, a point a day",
                        Permission.READ,
                        SizeList.class,
                        call -> repositories.sizes(name(call)))
                .send(
                        "POST",
                        "/repositories/{name}/sheet",
                        "The recovery sheet of a repository, with its key; each time is in the audit log",
                        Permission.ADMINISTER,
                        Nothing.class,
                        RecoverySheet.class,
                        call -> repositories.sheet(call.principal(), name(call)))
                .send(
                        "POST",
                        "/repositories/{name}/sheet/confirm",
                        "Says that the recovery sheet was printed and is kept",
                        Permission.ADMINISTER,
                        Nothing.class,
                        RepositoryView.class,
                        call -> repositories.confirmSheet(call.principal(), name(call)))
                .send(
                        "POST",
                        "/repositories",
                        "Makes a repository, or adds one that is there",
                        Permission.ADMINISTER,
                        NewRepository.class,
                        RepositoryView.class,
                        call -> repositories.add(call.principal(), call.request()))
                .act(
                        "DELETE",
                        "/repositories/{name}",
                        "Forgets a repository that nothing uses; its store is not touched",
                        Permission.ADMINISTER,
                        call -> done(() -> repositories.remove(call.principal(), name(call))))
                .send(
                        "POST",
                        "/repositories/{name}/key",
                        "Gives the key of a repository",
                        Permission.ADMINISTER,
                        Nothing.class,
                        RepositoryKey.class,
                        call -> repositories.key(call.principal(), name(call)))
                .send(
                        "POST",
                        "/repositories/{name}/prune",
                        "Prunes a repository now, besides its nights",
                        Permission.ADMINISTER,
                        Nothing.class,
                        Pruning.class,
                        call -> repositories.prune(call.principal(), name(call)));
    }

    private void server(ApiRoutes routes) {
        routes.get(
                "/about",
                "The server itself",
                Permission.ADMINISTER,
                About.class,
                call -> control.server().about());
    }

    private void audit(ApiRoutes routes) {
        AuditService audit = control.audit();
        routes.get(
                        "/audit",
                        "Who did what, the last first",
                        Permission.AUDIT,
                        AuditPage.class,
                        call -> audit.page(
                                call.exchange().query("actor").orElse(""),
                                call.exchange().query("action").orElse(""),
                                call.exchange().query("object").orElse(""),
                                call.exchange().query("before"),
                                call.exchange().queryNumber("limit", 100, 1, MAX_PAGE)),
                        new Query("actor", "only what this one did", false),
                        new Query("action", "only actions that begin so", false),
                        new Query("object", "only what was done to this", false),
                        new Query("before", "where the page before ended", false),
                        new Query("limit", "entries a page, 1 to 1000", true))
                .get(
                        "/audit/verify",
                        "Looks at the whole chain of the audit log",
                        Permission.AUDIT,
                        AuditCheck.class,
                        call -> audit.verify(call.exchange().query("known")),
                        new Query("known", "an end that it had once, as SEQUENCE:HASH", false));
    }
}
