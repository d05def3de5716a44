package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.JobApi.Cancelled;
import io.holdfast.protocol.api.JobApi.JobPage;
import io.holdfast.protocol.api.JobApi.JobView;
import io.holdfast.protocol.api.JobApi.Made;
import io.holdfast.protocol.api.Nothing;
import io.holdfast.protocol.api.PlanApi.Run;
import io.holdfast.protocol.api.PlanApi.Running;
import io.holdfast.protocol.api.SnapshotApi.DatabaseWish;
import io.holdfast.protocol.api.SnapshotApi.RestoreWish;
import io.holdfast.protocol.api.SnapshotApi.Restoring;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "job",
        description = "Works with the jobs of a server: runs of plans, restores.",
        synopsisSubcommandLabel = "COMMAND")
final class JobCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private JobCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new JobCommand())
                .addSubcommand(new ListJobs(root))
                .addSubcommand(new ShowJob(root))
                .addSubcommand(new RunJob(root))
                .addSubcommand(new RestoreJob(root))
                .addSubcommand(new CancelJob(root))
                .addSubcommand(new WatchJob(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'job' needs a command: list, show, run, restore, cancel or watch");
    }

    static JsonLine json(JobView job) {
        JsonLine line = JsonLine.of("job")
                .with("id", job.id())
                .with("kind", job.kind())
                .with("repository", job.repository())
                .with("state", job.state())
                .with("moment", job.moment().toString())
                .with("attempt", job.attempt())
                .with("files", job.progress().files())
                .with("bytes", job.progress().bytes())
                .with("snapshots", job.made().stream().map(Made::snapshot).toList())
                .with("warnings", job.warnings())
                .with("message", job.message());
        job.plan().ifPresent(plan -> line.with("plan", plan));
        job.host().ifPresent(host -> line.with("host", host));
        job.begun().ifPresent(begun -> line.with("begun", begun.toString()));
        job.ended().ifPresent(ended -> line.with("ended", ended.toString()));
        return line;
    }

    static String text(JobView job) {
        String what = job.plan().orElse(job.kind())
                + (job.kind().equals("backup") || job.kind().equals("restore") ? "" : " of " + job.repository())
                + job.host().map(host -> " on " + host).orElse("");
        String when = job.ended().or(job::begun).map(Formats::local).orElseGet(() -> Formats.local(job.queued()));
        String made = job.made().isEmpty()
                ? ""
                : "  "
                        + job.made().stream()
                                .map(each -> each.snapshot().substring(0, 8))
                                .reduce((a, b) -> a + " " + b)
                                .orElse("");
        return "%s  %-9s  %s  %s%s%s"
                .formatted(
                        job.id().substring(0, 8),
                        job.state(),
                        when,
                        what,
                        made,
                        job.message().isEmpty() ? "" : ": " + job.message());
    }

    /** Shows jobs that were put just now, or waits for them: the exit code tells how they ended. */
    static int begun(HttpCaller server, RootCommand root, List<String> jobs, boolean wait) {
        if (wait) {
            return new JobWatcher(server, root).watch(jobs);
        }
        for (String job : jobs) {
            JobView view = server.get("/api/v1/jobs/" + job, JobView.class);
            root.messages().print(text(view));
            root.messages().object(json(view));
        }
        return 0;
    }

    private static String path(HttpCaller server, String id) {
        if (id.length() == 32) {
            return "/api/v1/jobs/" + ServerAccess.segment(id);
        }
        // What a person types is the beginning of an id that was shown just now.
        List<String> matching = server.get("/api/v1/jobs?limit=1000", JobPage.class).items().stream()
                .map(JobView::id)
                .filter(full -> !id.isEmpty() && full.startsWith(id))
                .toList();
        if (matching.size() != 1) {
            throw new HoldfastException(
                    ErrorCode.NOT_FOUND,
                    matching.isEmpty()
                            ? "there is no job '" + id + "' among the newest thousand"
                            : "'" + id + "' is the beginning of " + matching.size() + " jobs",
                    "'holdfast job list' shows them; --json has whole ids.");
        }
        return "/api/v1/jobs/" + matching.getFirst();
    }

    @Command(name = "list", description = "Shows jobs, newest first.")
    static final class ListJobs implements Callable<Integer> {
        private final RootCommand root;

        @Option(
                names = "--state",
                paramLabel = "WORD",
                description = "Only those that are queued, running, done, partial, failed or cancelled.")
        private @Nullable String state;

        @Option(names = "--host", paramLabel = "NAME", description = "Only those of this host.")
        private @Nullable String host;

        @Option(names = "--plan", paramLabel = "NAME", description = "Only those of this plan.")
        private @Nullable String plan;

        @Option(names = "--limit", paramLabel = "N", description = "So many, 1 to 1000 (default: 50).")
        private int limit = 50;

        ListJobs(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                String query = "/api/v1/jobs?limit=" + limit + filter("state", state) + filter("host", host)
                        + filter("plan", plan);
                for (JobView job : server.get(query, JobPage.class).items()) {
                    root.messages().print(text(job));
                    root.messages().object(json(job));
                }
                return 0;
            }
        }

        private static String filter(String name, @Nullable String value) {
            return value == null ? "" : "&" + name + "=" + ServerAccess.segment(value);
        }
    }

    @Command(name = "show", description = "Tells how a job goes or went, and what happened in it.")
    static final class ShowJob implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "JOB", description = "Its id, or the beginning of it.")
        private String id = "";

        ShowJob(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                String path = path(server, id);
                JobView job = server.get(path, JobView.class);
                root.messages().print(text(job));
                root.messages().object(json(job));
                JobWatcher.showEvents(server, path, root.messages());
                return 0;
            }
        }
    }

    @Command(
            name = "run",
            description = "Runs a plan now, besides its schedule. With --wait the exit code tells how it ended.")
    static final class RunJob implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "PLAN", description = "Its name.")
        private String plan = "";

        @Option(names = "--host", paramLabel = "NAME", description = "On this host alone.")
        private @Nullable String host;

        @Option(names = "--wait", description = "Ends when all of its jobs have.")
        private boolean wait;

        RunJob(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                Running running = server.send(
                        "POST",
                        "/api/v1/plans/" + ServerAccess.segment(plan) + "/run",
                        new Run(Optional.ofNullable(host)),
                        Running.class);
                return begun(server, root, running.jobs(), wait);
            }
        }
    }

    @Command(
            name = "restore",
            description =
                    "Has a host of the server bring files or a database back; 'holdfast restore --server' brings them to this machine.")
    static final class RestoreJob implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(index = "0", paramLabel = "SNAPSHOT", description = "Its id, or the beginning of it.")
        private String snapshot = "";

        @Parameters(index = "1..*", paramLabel = "PATH", description = "Only these files and directories.")
        private List<String> paths = new ArrayList<>();

        @Option(names = "--host", paramLabel = "NAME", required = true, description = "The host that gets them.")
        private String host = "";

        @Option(
                names = "--target",
                paramLabel = "DIR",
                description = "Where to on the host: /a/b of the snapshot becomes DIR/a/b.")
        private @Nullable String target;

        @Option(names = "--in-place", description = "To where they came from; needs --yes.")
        private boolean inPlace;

        @Option(names = "--yes", description = "Really writes over what is in place.")
        private boolean yes;

        @Option(names = "--overwrite", paramLabel = "WHEN", description = "never, if-changed (the default) or always.")
        private @Nullable String overwrite;

        @Option(names = "--wait", description = "Ends when it has.")
        private boolean wait;

        @Mixin
        private final DatabaseOptions database = new DatabaseOptions();

        RestoreJob(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            if (database.isWanted()) {
                return intoDatabase();
            }
            if ((target == null) != inPlace) {
                throw HoldfastException.usage(
                        "a restore goes to another place, or in place", "Write --target DIR, or --in-place --yes.");
            }
            if ((inPlace || SnapshotTree.path(String.valueOf(target)).length() == 1) && !yes) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        "files of " + host + " would be overwritten",
                        "Say --yes if that is what you want.");
            }
            try (HttpCaller server = ServerAccess.open(root)) {
                String job = server.send(
                                "POST",
                                "/api/v1/snapshots/" + ServerAccess.segment(snapshot) + "/restore",
                                new RestoreWish(
                                        host,
                                        paths.stream()
                                                .map(path -> RawText.decode(
                                                        SnapshotTree.path(path).unsafeArray()))
                                                .toList(),
                                        target == null ? "/" : target,
                                        Optional.ofNullable(overwrite)),
                                Restoring.class)
                        .job();
                return begun(server, root, List.of(job), wait);
            }
        }

        private int intoDatabase() {
            if (target != null || inPlace || overwrite != null || !paths.isEmpty()) {
                throw HoldfastException.usage(
                        "--database with a path, --target, --in-place or --overwrite",
                        "A database comes back into its server: name it with --as, and replace one with --replace.");
            }
            try (HttpCaller server = ServerAccess.open(root)) {
                String job = server.send(
                                "POST",
                                "/api/v1/snapshots/" + ServerAccess.segment(snapshot) + "/restore/database",
                                new DatabaseWish(
                                        host,
                                        database.name(),
                                        Optional.of(database.replaces()),
                                        database.connection(),
                                        database.runAs()),
                                Restoring.class)
                        .job();
                return begun(server, root, List.of(job), wait);
            }
        }
    }

    @Command(name = "cancel", description = "Wants a job to stop.")
    static final class CancelJob implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "JOB", description = "Its id, or the beginning of it.")
        private String id = "";

        CancelJob(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                String path = path(server, id);
                boolean cancelled = server.send("POST", path + "/cancel", Nothing.NOTHING, Cancelled.class)
                        .cancelled();
                JobView job = server.get(path, JobView.class);
                root.messages().tell(cancelled ? "Wanted to stop: " + text(job) : "It had ended: " + text(job));
                root.messages().object(json(job));
                return 0;
            }
        }
    }

    @Command(name = "watch", description = "Shows jobs as they go until they have ended; the exit code tells how.")
    static final class WatchJob implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "JOB", description = "Its id, or the beginning of it.")
        private String id = "";

        WatchJob(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                String path = path(server, id);
                return new JobWatcher(server, root).watch(List.of(path.substring(path.lastIndexOf('/') + 1)));
            }
        }
    }
}
