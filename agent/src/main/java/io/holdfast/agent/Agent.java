package io.holdfast.agent;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.MachineLink;
import io.holdfast.protocol.machine.Poll;
import io.holdfast.security.Identity;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** Asks the control server for work, does it, and keeps this machine's certificate young. Thread-safe. */
public final class Agent implements AutoCloseable {
    private static final int MAX_JOBS = 1;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final AgentDirectory directory;
    private final OwnCertificate certificate;
    private final MachineLink link;
    private final JobWork work;
    private final Settings settings;
    private final Semaphore places = new Semaphore(MAX_JOBS);
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final Thread loop;
    /** Of the loop alone. */
    private boolean fresh = true;
    /** Of the loop alone. */
    private List<String> lastTold = List.of();

    private volatile boolean closed;

    /**
     * What an agent is given.
     *
     * @param version of the program
     * @param facts of the machine, for people
     */
    public record Settings(
            String version,
            Map<String, String> facts,
            InstantSource clock,
            MonotonicClock monotonic,
            SecureRandom random,
            EventLog log) {}

    private Agent(AgentDirectory directory, JobWork work, Settings settings) {
        this.directory = directory;
        this.work = work;
        this.settings = settings;
        this.certificate = new OwnCertificate(
                directory, settings.clock(), settings.monotonic(), settings.random(), settings.log());
        this.link = certificate.link();
        this.loop = Thread.ofVirtual().name("holdfast-agent").unstarted(this::loop);
    }

    /** Who this machine is, by its newest certificate. */
    public Identity identity() {
        return certificate.identity();
    }

    /** Starts to ask. */
    public static Agent start(AgentDirectory directory, JobWork work, Settings settings) {
        Agent agent = new Agent(directory, work, settings);
        agent.loop.start();
        agent.certificate.start();
        return agent;
    }

    private void loop() {
        Duration pause = Duration.ZERO;
        while (!closed) {
            try {
                settings.monotonic().sleep(pause);
                ask();
                pause = Duration.ZERO;
            } catch (InterruptedException e) {
                return;
            } catch (HoldfastException e) {
                if (e.code() == ErrorCode.INTERRUPTED) {
                    return;
                }
                settings.log()
                        .warning("the control server gives no work", Map.of("why", String.valueOf(e.getMessage())));
                pause = longer(pause);
            } catch (RuntimeException e) {
                settings.log().error("the agent met a defect", Map.of("defect", e.toString()));
                pause = longer(pause);
            }
        }
    }

    /** A second, then twice as long each time, and a little at random, so that a thousand do not come at once. */
    private Duration longer(Duration pause) {
        long millis = Math.clamp(pause.toMillis() * 2, 1_000, LONGEST_PAUSE.toMillis());
        return Duration.ofMillis(millis + settings.random().nextLong(millis / 4));
    }

    /** Asks where there is a place for a job: nobody who has one at work needs news of others. */
    private void ask() throws InterruptedException {
        places.acquire();
        boolean begun = false;
        try {
            Poll.Question question = new Poll.Question(settings.version(), settings.facts(), fresh);
            Poll.Answer answer =
                    link.ask(caller -> caller.send("POST", "/machine/v1/poll", question, Poll.Answer.class));
            fresh = false;
            learn(answer.servers());
            if (answer.order().isPresent()) {
                begin(answer.order().get());
                begun = true;
            } else {
                settings.monotonic().sleep(Duration.ofSeconds(answer.pauseSeconds()));
            }
        } finally {
            if (!begun) {
                places.release();
            }
        }
    }

    /** Of servers that this machine does not know yet. */
    private void learn(List<String> told) {
        if (told.isEmpty() || told.equals(lastTold)) {
            return;
        }
        try {
            directory.keepTold(told);
            link.know(directory.servers());
            lastTold = told;
        } catch (HoldfastException e) {
            settings.log().warning("servers are not kept", Map.of("why", String.valueOf(e.getMessage())));
        }
    }

    private void begin(JobOrder order) {
        settings.log().info("job begins", Map.of("job", order.job(), "fence", order.fence()));
        JobAtWork job = new JobAtWork(order, work, link, settings.monotonic(), settings.log());
        Thread thread = Thread.ofVirtual().name("holdfast-job").unstarted(() -> {
            try {
                job.run();
            } finally {
                threads.remove(Thread.currentThread());
                places.release();
            }
        });
        threads.add(thread);
        thread.start();
    }

    /** Stops jobs that run, which are told as failed, and asks no more. */
    @Override
    public void close() {
        closed = true;
        loop.interrupt();
        threads.forEach(Thread::interrupt);
        boolean interrupted = false;
        for (Thread thread : threads) {
            try {
                thread.join(Duration.ofSeconds(20));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        certificate.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
