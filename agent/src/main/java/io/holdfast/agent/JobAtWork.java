package io.holdfast.agent;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.MachineLink;
import io.holdfast.protocol.machine.Report;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One job that an agent has at work, and tells of. Rule J4 of docs/jobs.md: whoever has not been heard for as long as its lease stops, since another one may have the job.
 */
public final class JobAtWork {
    private static final Duration BETWEEN_REPORTS = Duration.ofSeconds(2);
    /** How long the end of a job is told again and again to a server that does not answer. */
    private static final Duration PATIENCE_AT_END = Duration.ofMinutes(15);
    /** The same where the agent itself has to stop. */
    private static final Duration PATIENCE_AT_STOP = Duration.ofSeconds(10);

    private final JobOrder order;
    private final JobWork work;
    private final Control control;
    private final MonotonicClock clock;
    private final Patience patience;
    private final EventLog log;
    private final JobWatch watch = new JobWatch();
    private int told;
    private long heard;

    /** Why a job was stopped before its end. */
    private enum Stopped {
        NOT,
        CANCELLED,
        LOST,
        SHUT_DOWN
    }

    /** The control server, as far as a job tells it something. */
    @FunctionalInterface
    public interface Control {
        /**
         * Tells how a job goes.
         *
         * @return {@code held}, {@code cancel} or {@code lost}
         * @throws HoldfastException {@code STORE_UNREACHABLE} where nobody answers, {@code NOT_FOUND} where this host has no such job
         */
        String report(String job, Report.Word word);
    }

    /** How work is waited for. */
    @FunctionalInterface
    public interface Patience {
        /**
         * Waits until it is done, or for so long.
         *
         * @throws TimeoutException where it is not done yet
         * @throws ExecutionException where it has failed
         * @throws InterruptedException where whoever waits is to stop
         */
        Report.End await(CompletableFuture<Report.End> done, Duration longest)
                throws TimeoutException, ExecutionException, InterruptedException;
    }

    JobAtWork(JobOrder order, JobWork work, MachineLink link, MonotonicClock clock, EventLog log) {
        this(
                order,
                work,
                (job, word) -> link.ask(caller ->
                                caller.send("POST", "/machine/v1/jobs/" + job + "/report", word, Report.Answer.class))
                        .lease(),
                clock,
                (done, longest) -> done.get(longest.toMillis(), TimeUnit.MILLISECONDS),
                log);
    }

    public JobAtWork(
            JobOrder order, JobWork work, Control control, MonotonicClock clock, Patience patience, EventLog log) {
        this.order = order;
        this.work = work;
        this.control = control;
        this.patience = patience;
        this.clock = clock;
        this.log = log;
        this.heard = clock.nanoTime();
    }

    /** Does it, from beginning to end. Interrupted, it stops the work and says so. */
    public void run() {
        CompletableFuture<Report.End> done = new CompletableFuture<>();
        Thread worker = Thread.ofPlatform()
                .name("holdfast-job-" + order.job().substring(0, 8))
                .daemon()
                // Trees may be thousands of directories deep.
                .stackSize(64L << 20)
                .start(() -> {
                    try {
                        done.complete(work.run(order, watch));
                    } catch (Throwable e) {
                        done.completeExceptionally(e);
                    }
                });
        Stopped stopped = Stopped.NOT;
        Optional<Report.End> end = Optional.empty();
        while (end.isEmpty()) {
            try {
                end = Optional.of(patience.await(done, BETWEEN_REPORTS));
            } catch (TimeoutException e) {
                if (stopped == Stopped.NOT) {
                    stopped = report();
                    if (stopped != Stopped.NOT) {
                        worker.interrupt();
                    }
                }
            } catch (InterruptedException e) {
                stopped = Stopped.SHUT_DOWN;
                worker.interrupt();
            } catch (ExecutionException e) {
                end = Optional.of(failure(e.getCause(), stopped));
            }
        }
        if (stopped != Stopped.LOST) {
            tellEnd(end.get(), stopped == Stopped.SHUT_DOWN ? PATIENCE_AT_STOP : PATIENCE_AT_END);
        }
    }

    private Report.End failure(@Nullable Throwable cause, Stopped stopped) {
        boolean interrupted = cause instanceof InterruptedException
                || cause instanceof HoldfastException known && known.code() == ErrorCode.INTERRUPTED;
        if (interrupted) {
            String left = cause instanceof HoldfastException known ? left(known) : "";
            return stopped == Stopped.CANCELLED
                    ? new Report.End("cancelled", "cancelled" + left, watch.made())
                    : new Report.End("failed", "the agent was stopped" + left, watch.made());
        }
        if (cause instanceof HoldfastException known) {
            String hint = known.hint().map(text -> ". " + text).orElse("");
            return new Report.End("failed", known.getMessage() + hint, watch.made());
        }
        log.error("job met a defect", Map.of("job", order.job(), "defect", String.valueOf(cause)));
        return new Report.End("failed", "this is a defect of the agent: " + cause, watch.made());
    }

    /** What somebody who was interrupted has left behind. */
    private static String left(HoldfastException interrupted) {
        String message = String.valueOf(interrupted.getMessage());
        return message.startsWith("interrupted; ") ? message.substring("interrupted".length()) : "";
    }

    /** Tells how it goes. Who is not heard for too long has lost the job. */
    private Stopped report() {
        try {
            return switch (tell(Optional.empty())) {
                case "held" -> Stopped.NOT;
                case "cancel" -> Stopped.CANCELLED;
                default -> Stopped.LOST;
            };
        } catch (HoldfastException e) {
            boolean mayBeOver = clock.nanoTime() - heard
                    > Duration.ofSeconds(order.leaseSeconds()).toNanos();
            log.warning(
                    mayBeOver ? "job given up: the server cannot be reached" : "report not heard",
                    Map.of("job", order.job(), "why", String.valueOf(e.getMessage())));
            return mayBeOver || e.code() == ErrorCode.NOT_FOUND ? Stopped.LOST : Stopped.NOT;
        }
    }

    private String tell(Optional<Report.End> end) {
        List<Report.Event> events = watch.events(told);
        Report.Word word = new Report.Word(order.fence(), watch.progress(), told, events, end);
        String lease = control.report(order.job(), word);
        told += events.size();
        heard = clock.nanoTime();
        return lease;
    }

    private void tellEnd(Report.End end, Duration patience) {
        long until = clock.nanoTime() + patience.toNanos();
        Duration pause = Duration.ofSeconds(1);
        while (true) {
            try {
                String ignored = tell(Optional.of(end));
                return;
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.STORE_UNREACHABLE || clock.nanoTime() > until) {
                    log.error(
                            "the end of a job was not heard",
                            Map.of("job", order.job(), "why", String.valueOf(e.getMessage())));
                    return;
                }
            }
            try {
                clock.sleep(pause);
            } catch (InterruptedException e) {
                return;
            }
            pause = pause.multipliedBy(2).compareTo(Duration.ofSeconds(30)) < 0 ? pause.multipliedBy(2) : pause;
        }
    }
}
