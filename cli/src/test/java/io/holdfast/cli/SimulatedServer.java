package io.holdfast.cli;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.HostId;
import io.holdfast.control.HostDesk;
import io.holdfast.control.MediaDesk;
import io.holdfast.control.Scheduler;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.media.HostCalls;
import io.holdfast.media.HostReads;
import io.holdfast.media.HostSessions;
import io.holdfast.media.JobDesk;
import io.holdfast.media.JobTerms;
import io.holdfast.protocol.MediaCalls;
import io.holdfast.repository.Repository;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.SimulatedCrash;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A control server with the media server of its process, on a catalog that it shares with others: the code of a real one, without the network. It may die, and its clock may leap. */
final class SimulatedServer implements InstantSource {
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(5);
    private static final int LOOKS_BETWEEN_LISTINGS = 20;

    private final String name;
    private final SimulatedEstate estate;
    private final Catalog catalog;
    private final Scheduler scheduler;
    private final HostDesk hosts;
    private final Path directory;
    private Duration leap = Duration.ZERO;
    private @Nullable Running running;
    private long mayDieAt = Long.MAX_VALUE;

    /** What dies with the process. */
    private record Running(Repository repository, HostSessions sessions, HostReads reads, AtomicBoolean isDead) {}

    SimulatedServer(String name, SimulatedEstate estate, Path directory) {
        this.name = name;
        this.estate = estate;
        this.directory = directory;
        this.catalog = Catalog.open(estate.catalogFile(), this, estate.newRandom());
        this.scheduler = new Scheduler(catalog, this, SimulatedEstate.NO_LOG);
        this.hosts = new HostDesk(catalog, estate.ends(), this, SimulatedEstate.NO_LOG);
        begin();
    }

    String name() {
        return name;
    }

    Catalog catalog() {
        return catalog;
    }

    @Override
    public Instant instant() {
        return estate.now().plus(leap);
    }

    void leap(Duration by) {
        leap = leap.plus(by);
    }

    void setClock() {
        leap = Duration.ZERO;
    }

    private void begin() {
        AtomicBoolean isDead = new AtomicBoolean();
        FaultStore store = new FaultStore(
                estate.store(),
                FaultScript.when(call -> isDead.get(), Fault.error(ErrorCode.STORE_UNREACHABLE, Fault.Effect.NONE)));
        Repository repository = estate.open(store, directory.resolve("cache"), this, new Standing());
        Desk desk = new Desk(isDead);
        HostSessions sessions = new HostSessions(
                desk,
                id -> Optional.of(repository),
                new HostSessions.Settings(
                        directory.resolve("sent"),
                        Duration.ofMinutes(15),
                        Duration.ofSeconds(60),
                        estate.newRandom(),
                        this,
                        new Standing()));
        HostReads reads = new HostReads(desk, id -> Optional.of(repository), estate.newRandom(), new Standing());
        running = new Running(repository, sessions, reads, isDead);
    }

    /** A clock of threads that nobody waits for. */
    private final class Standing implements MonotonicClock {
        @Override
        public long nanoTime() {
            return estate.time().nowNanos();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            Thread.sleep(Duration.ofDays(1));
        }
    }

    boolean isDead() {
        return running == null;
    }

    /** Ends without a word: what was not durable is gone. */
    void die() {
        Running dying = running;
        if (dying != null) {
            running = null;
            dying.isDead().set(true);
            dying.sessions().close();
            dying.reads().close();
            dying.repository().close();
        }
    }

    /** Dies in the middle of the request after so many steps of it. */
    void dieWithin(int steps) {
        mayDieAt = steps;
    }

    /** What a server does by itself. */
    void live(SimulatedProcess self) throws InterruptedException {
        for (int looks = 0; !estate.isOver(); looks++) {
            self.sleep(BETWEEN_LOOKS);
            if (running == null) {
                self.sleep(Duration.ofSeconds(estate.random().nextInt(60)));
                begin();
                estate.told(name, "is there again");
            }
            boolean ignored = scheduler.look();
            if (looks % LOOKS_BETWEEN_LISTINGS == 0) {
                list();
            }
        }
    }

    /** Makes the catalog say what the repository has. */
    void list() {
        Running alive = running;
        if (alive != null) {
            var ignored = new RepositoryListing(catalog, SimulatedEstate.NO_LOG)
                    .compare(SimulatedEstate.MAIN, alive.repository());
        }
    }

    Repository repository() {
        return Optional.ofNullable(running).orElseThrow().repository();
    }

    /** Asks what hosts ask the control server. */
    <T> T control(Function<HostDesk, T> question) {
        return handle(() -> question.apply(hosts));
    }

    /** Asks what hosts ask the media server. */
    <T> T media(HostId host, Function<MediaCalls, T> question) {
        return handle(() -> {
            Running asked = Optional.ofNullable(running).orElseThrow();
            return question.apply(new HostCalls(asked.sessions(), asked.reads(), host.text()));
        });
    }

    private <T> T handle(Supplier<T> handler) {
        Running asked = running;
        if (asked == null) {
            throw gone();
        }
        try {
            T answer = handler.get();
            if (asked.isDead().get()) {
                throw gone();
            }
            return answer;
        } catch (HoldfastException | SimulatedCrash e) {
            if (asked.isDead().get()) {
                die();
                throw gone();
            }
            throw e;
        } finally {
            mayDieAt = Long.MAX_VALUE;
        }
    }

    private HoldfastException gone() {
        return new HoldfastException(ErrorCode.STORE_UNREACHABLE, name + " does not answer");
    }

    /** The desk of a media server, at which the process may die. */
    private final class Desk implements JobDesk {
        private final AtomicBoolean isDead;
        private final JobDesk desk;

        Desk(AtomicBoolean isDead) {
            this.isDead = isDead;
            this.desk = new CatalogDesk(new MediaDesk(catalog, SimulatedServer.this), () -> {});
        }

        private void step() {
            if (--mayDieAt <= 0 || isDead.get()) {
                isDead.set(true);
                throw new SimulatedCrash(name + " is no more");
            }
        }

        @Override
        public JobTerms confirm(String host, String job, long fence) {
            step();
            JobTerms terms = desk.confirm(host, job, fence);
            estate.confirmed(job, fence);
            step();
            return terms;
        }

        @Override
        public void committed(String host, String job, Snapshot snapshot, Taken taken) {
            step();
            desk.committed(host, job, snapshot, taken);
            step();
        }

        @Override
        public void sealed(String host, String job, SealedSnapshot snapshot) {
            step();
            desk.sealed(host, job, snapshot);
            step();
        }
    }

    void close() {
        die();
        catalog.close();
    }
}
