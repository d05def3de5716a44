package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.JobApi.EventList;
import io.holdfast.protocol.api.JobApi.EventView;
import io.holdfast.protocol.api.JobApi.JobView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Looks at jobs of a server until they have ended. */
final class JobWatcher {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
    /** A server that is restarted is waited for. */
    private static final int MISSES = 120;

    private final HttpCaller server;
    private final RootCommand root;
    private final MonotonicClock clock = MonotonicClock.system();
    private final Map<String, Long> told = new HashMap<>();

    JobWatcher(HttpCaller server, RootCommand root) {
        this.server = server;
        this.root = root;
    }

    /** The exit code: 0 where all are done, 3 where one is partial, 1 where one failed or was cancelled. */
    int watch(List<String> jobs) {
        List<String> open = new ArrayList<>(jobs);
        Map<String, JobView> ended = new LinkedHashMap<>();
        try {
            while (true) {
                for (String id : List.copyOf(open)) {
                    Optional<JobView> view = look(id);
                    if (view.isPresent() && view.get().ended().isPresent()) {
                        open.remove(id);
                        ended.put(id, view.get());
                    }
                    view.filter(job -> root.showsProgress())
                            .ifPresent(job -> root.messages().progress(line(job, open.size())));
                }
                if (open.isEmpty()) {
                    break;
                }
                sleep();
            }
        } finally {
            root.messages().clearProgress();
        }
        ended.values().forEach(job -> {
            root.messages().print(JobCommand.text(job));
            root.messages().object(JobCommand.json(job));
        });
        return ended.values().stream().mapToInt(JobWatcher::code).max().orElse(0);
    }

    private static int code(JobView job) {
        return switch (job.state()) {
            case "done" -> 0;
            case "partial" -> ErrorCode.INCOMPLETE.exitCode();
            default -> ErrorCode.FAILED.exitCode();
        };
    }

    private static String line(JobView job, int open) {
        String done = Formats.size(job.progress().bytes());
        String total = job.progress()
                .totalBytes()
                .map(bytes -> " of " + Formats.size(bytes))
                .orElse("");
        return job.state() + "  " + job.host().orElse("") + "  " + done + total + ", "
                + Formats.count(job.progress().files(), "file", "files")
                + (open > 1 ? "  (" + open + " jobs)" : "");
    }

    private Optional<JobView> look(String id) {
        for (int miss = 1; ; miss++) {
            try {
                JobView view = server.get("/api/v1/jobs/" + id, JobView.class);
                for (EventView event : events(server, "/api/v1/jobs/" + id, told.getOrDefault(id, 0L))) {
                    told.put(id, event.sequence());
                    show(event, root.messages());
                }
                return Optional.of(view);
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.STORE_UNREACHABLE || miss == MISSES) {
                    throw e;
                }
                sleep();
            }
        }
    }

    private void sleep() {
        try {
            clock.sleep(BETWEEN_LOOKS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(
                    ErrorCode.INTERRUPTED, "interrupted", "The jobs go on; 'holdfast job cancel' stops them.", e);
        }
    }

    /** All that happened in a job. */
    static void showEvents(HttpCaller server, String path, Messages messages) {
        long after = 0;
        List<EventView> events = events(server, path, after);
        while (!events.isEmpty()) {
            events.forEach(event -> show(event, messages));
            after = events.getLast().sequence();
            events = events(server, path, after);
        }
    }

    private static List<EventView> events(HttpCaller server, String path, long after) {
        return server.get(path + "/events?after=" + after, EventList.class).items();
    }

    private static void show(EventView event, Messages messages) {
        if (event.level().equals("info")) {
            messages.tell(event.text());
        } else {
            messages.remark(event.level(), event.text());
        }
    }
}
