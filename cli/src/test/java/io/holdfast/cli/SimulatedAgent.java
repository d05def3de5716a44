package io.holdfast.cli;

import io.holdfast.agent.JobAtWork;
import io.holdfast.agent.JobWatch;
import io.holdfast.agent.data.MediaBackups;
import io.holdfast.agent.data.MediaJob;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.JobId;
import io.holdfast.control.HostDesk;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import io.holdfast.protocol.ChunkName;
import io.holdfast.protocol.CommitAnswer;
import io.holdfast.protocol.CommitRequest;
import io.holdfast.protocol.MediaCalls;
import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.ReadRequest;
import io.holdfast.protocol.SessionAnswer;
import io.holdfast.protocol.SessionRequest;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.JobOrder.Source;
import io.holdfast.protocol.machine.Report;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.sources.backup.BackupListener;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.backup.NamedSource;
import io.holdfast.sources.backup.StreamBackup;
import io.holdfast.testkit.SeededRandom;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;

/** A host with an agent that saves a stream, which is another one each time: its job, connection and backup are a real agent's, what is in between is {@link SimulatedEstate}'s network. */
final class SimulatedAgent {
    private static final int LONGEST_BYTES = 40_000;

    private final String name;
    private final HostId host;
    private final SimulatedEstate estate;
    private final Path directory;
    private final SeededRandom random;
    /** What it has ever had to save. */
    private final List<byte[]> versions = new ArrayList<>();

    SimulatedAgent(String name, HostId host, SimulatedEstate estate, Path directory) {
        this.name = name;
        this.host = host;
        this.estate = estate;
        this.directory = directory;
        this.random = estate.random().split();
    }

    String name() {
        return name;
    }

    HostId host() {
        return host;
    }

    List<byte[]> versions() {
        return versions;
    }

    /** One life of its process. */
    void live(SimulatedProcess self) throws InterruptedException {
        boolean fresh = true;
        int server = random.nextInt(estate.servers().size());
        while (!estate.isOver()) {
            self.sleep(Duration.ofMillis(1_000 + random.nextInt(20_000)));
            boolean begins = fresh;
            Optional<JobOrder> order;
            try {
                order = estate.call(self, this, server, "asks for work", at -> at.control(desk -> take(desk, begins)));
                fresh = false;
            } catch (HoldfastException e) {
                requireUnreachable(e);
                server = (server + 1) % estate.servers().size();
                continue;
            }
            if (order.isPresent()) {
                work(self, order.get(), server);
            }
        }
    }

    private Optional<JobOrder> take(HostDesk desk, boolean fresh) {
        if (fresh) {
            desk.began(host);
        }
        Optional<JobOrder> order = desk.take(host);
        order.ifPresent(taken -> estate.taken(taken.job(), taken.fence()));
        return order;
    }

    private static void requireUnreachable(HoldfastException e) {
        if (e.code() != ErrorCode.STORE_UNREACHABLE) {
            throw e;
        }
    }

    private void work(SimulatedProcess self, JobOrder order, int first) {
        estate.told(name, "begins job " + order.job() + " with fence " + order.fence());
        int[] server = {first};
        JobAtWork job = new JobAtWork(
                order,
                (same, watch) -> save(self, order, watch),
                (id, word) -> atAny(
                        self,
                        server,
                        "tells of its job",
                        at -> at.control(desk -> desk.report(host, new JobId(id), word))),
                self,
                (done, longest) -> await(self, done, longest),
                SimulatedEstate.NO_LOG);
        job.run();
    }

    /** As a real one waits, on simulated time. */
    private static Report.End await(SimulatedProcess self, CompletableFuture<Report.End> done, Duration longest)
            throws TimeoutException, ExecutionException, InterruptedException {
        if (!done.isDone()) {
            self.sleep(longest);
        }
        if (!done.isDone()) {
            throw new TimeoutException();
        }
        return done.get();
    }

    private Report.End save(SimulatedProcess self, JobOrder order, JobWatch watch) {
        byte[] content = new byte[1 + random.nextInt(LONGEST_BYTES)];
        random.nextBytes(content);
        // Part of what was there before.
        if (!versions.isEmpty()) {
            byte[] before = versions.getLast();
            System.arraycopy(before, 0, content, 0, Math.min(before.length, content.length) / 2);
        }
        versions.add(content);
        RepositorySettings settings = estate.settings(directory, self, this::now);
        List<Report.Made> made = new ArrayList<>();
        for (Source source : order.backup().orElseThrow().sources()) {
            NamedSource named = new NamedSource(RawText.encode(source.name()), name, List.of(), Optional.empty());
            MediaJob job = new MediaJob(order.job(), order.fence(), List.of(named.name()));
            BackupResult result = new MediaBackups(new Network(self), settings)
                    .run(
                            job,
                            target -> new StreamBackup(target, named, BackupListener.SILENT)
                                    .run(new ByteArrayInputStream(content), () -> {}));
            String snapshot = result.snapshot().orElseThrow().text();
            estate.acknowledged(snapshot, name, content);
            made.add(new Report.Made(
                    snapshot, source.name(), 1, content.length, content.length, 1, 0, 0, Optional.empty()));
        }
        watch.event("info", "", "saved");
        return new Report.End("done", "", made);
    }

    private Instant now() {
        return estate.now();
    }

    /** One server, and where it does not answer, another one. */
    private <T> T atAny(SimulatedProcess self, int[] server, String what, Function<SimulatedServer, T> question) {
        try {
            return estate.call(self, this, server[0], what, question);
        } catch (HoldfastException e) {
            requireUnreachable(e);
            server[0] = (server[0] + 1) % estate.servers().size();
            return estate.call(self, this, server[0], what, question);
        }
    }

    /** The media servers, as a real agent has those in control servers: the next one where one does not answer. */
    private final class Network implements MediaCalls {
        private final SimulatedProcess self;
        private int server = random.nextInt(estate.servers().size());

        Network(SimulatedProcess self) {
            this.self = self;
        }

        private <T> T ask(String what, Function<MediaCalls, T> question) {
            int asked = server;
            try {
                return estate.call(self, SimulatedAgent.this, asked, what, at -> at.media(host, question));
            } catch (HoldfastException e) {
                if (e.code() == ErrorCode.STORE_UNREACHABLE) {
                    server = (asked + 1) % estate.servers().size();
                }
                throw e;
            }
        }

        private void tell(String what, Consumer<MediaCalls> word) {
            boolean ignored = ask(what, calls -> {
                word.accept(calls);
                return true;
            });
        }

        @Override
        public SessionAnswer begin(SessionRequest request) {
            return ask("begins a session", calls -> calls.begin(request));
        }

        @Override
        public BitSet known(String session, List<ChunkName> chunks) {
            return ask("asks what is known", calls -> calls.known(session, chunks));
        }

        @Override
        public void frames(String session, byte[] stream, int length) {
            byte[] copy = Arrays.copyOf(stream, length);
            tell("sends frames", calls -> calls.frames(session, copy, copy.length));
        }

        @Override
        public void flush(String session) {
            tell("flushes", calls -> calls.flush(session));
        }

        @Override
        public CommitAnswer commit(String session, CommitRequest request) {
            CommitAnswer answer = ask("commits", calls -> calls.commit(session, request));
            estate.told(name, "has committed " + answer.snapshot());
            return answer;
        }

        @Override
        public void giveUp(String session) {
            tell("gives up", calls -> calls.giveUp(session));
        }

        @Override
        public ReadAnswer beginRead(ReadRequest request) {
            return ask("begins to read", calls -> calls.beginRead(request));
        }

        @Override
        public InputStream chunks(String read, List<ChunkId> chunks) {
            return ask("reads", calls -> calls.chunks(read, chunks));
        }

        @Override
        public void endRead(String read) {
            tell("ends a read", calls -> calls.endRead(read));
        }
    }
}
