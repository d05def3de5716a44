package io.holdfast.console;

import io.holdfast.control.ControlApi;
import io.holdfast.http.Router;
import java.time.InstantSource;

/** The pages of a control server. Thread-safe. */
public final class Console {
    private final ControlApi api;
    private final ServerMachine machine;
    private final InstantSource clock;

    /**
     * @param machine that the server runs on
     * @param clock of which pages say how long ago something was
     */
    public Console(ControlApi api, ServerMachine machine, InstantSource clock) {
        this.api = api;
        this.machine = machine;
        this.clock = clock;
    }

    public void addTo(Router router) {
        Assets assets = Assets.load();
        assets.addTo(router);
        Pages pages = new Pages(assets, clock);
        ConsoleRoutes routes = new ConsoleRoutes(router, api.sessions(), pages);
        new LoginPages(api, pages).addTo(routes);
        new OverviewPages(api, pages).addTo(routes);
        new HostPages(api, pages).addTo(routes);
        new SnapshotPages(api, pages).addTo(routes);
        new SearchPages(api, pages).addTo(routes);
        new RestorePages(api, pages).addTo(routes);
        new DatabaseRestorePages(api, pages).addTo(routes);
        new JobPages(api, pages).addTo(routes);
        new PlanPages(api, pages, clock).addTo(routes);
        new ProtectPages(api, pages, machine, clock).addTo(routes);
        new RepositoryPages(api, pages).addTo(routes);
        new MediaPages(api, pages).addTo(routes);
        new AuditPages(api, pages).addTo(routes);
        new AccessPages(api, pages).addTo(routes);
        new AccountPages(api, pages).addTo(routes);
    }
}
