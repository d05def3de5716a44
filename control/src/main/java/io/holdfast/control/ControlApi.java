package io.holdfast.control;

/**
 * Everything that people can do with a control server, whether they come through the API or the console. Thread-safe.
 */
public record ControlApi(
        Sessions sessions,
        FirstAdministrator first,
        AccessService access,
        OverviewService overview,
        PlanService plans,
        HostService hosts,
        JobService jobs,
        SnapshotService snapshots,
        SearchService search,
        BrowseService browse,
        DownloadService downloads,
        RepositoryService repositories,
        MediaService media,
        AlertService alerts,
        ReportService reports,
        AuditService audit,
        ServerService server) {}
