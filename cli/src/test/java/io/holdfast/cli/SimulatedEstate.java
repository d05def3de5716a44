package io.holdfast.cli;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobHistory;
import io.holdfast.catalog.JobId;
import io.holdfast.catalog.JobState;
import io.holdfast.catalog.Plans;
import io.holdfast.catalog.SnapshotEntry;
import io.holdfast.catalog.Snapshots;
import io.holdfast.control.JobEnds;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.Warnings;
import io.holdfast.http.Json;
import io.holdfast.protocol.machine.JobOrder.MediaPlace;
import io.holdfast.protocol.machine.Report;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.chunk.ChunkerParameters;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectStore;
import io.holdfast.testkit.RepeatableRandom;
import io.holdfast.testkit.SeededRandom;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/**
 * Two control servers with a catalog and a repository in common, and hosts with agents, on a network that loses, repeats, delays and parts; processes die, and clocks leap. What
 * must hold is looked at while it happens and at the end.
 */
final class SimulatedEstate implements AutoCloseable {
    static final String MAIN = "main";
    static final EventLog NO_LOG = (level, what, details) -> {};

    private static final String PLAN = "often";
    private static final Duration BETWEEN_RUNS = Duration.ofMinutes(3);
    private static final String PLAN_TEXT = """
            plan: often
            cron: "*/3 * * * *"
            window: 3min
            sources:
              - command: [/bin/true]
                name: data
            retries: {count: 3, wait: 10s, longest-wait: 1min}
            """;
    private static final Instant BEGIN = Instant.parse("2060-01-01T00:00:30Z");
    private static final Duration TROUBLE = Duration.ofMinutes(14);
    private static final Duration REST = Duration.ofHours(4);
    private static final Duration BETWEEN_TROUBLES = Duration.ofSeconds(50);
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(70);
    private static final Duration LATEST = Duration.ofMinutes(4);
    private static final Duration BETWEEN_DELIVERIES = Duration.ofSeconds(3);
    private static final int PACK_BYTES = 64 << 10;
    private static final int ALL = 1_000;
    private static final int TRACE_LINES = 300;
    private static final Template TEMPLATE = new Template();

    private final SeededRandom random;
    private final Path directory;
    private final SimulatedTime time;
    private final MemoryStore store = new MemoryStore();
    private final List<SimulatedServer> servers = new ArrayList<>();
    private final List<SimulatedAgent> agents = new ArrayList<>();
    private final Map<SimulatedAgent, SimulatedProcess> lives = new HashMap<>();
    private final List<SimulatedProcess> doubles = new ArrayList<>();
    private final Set<String> parted = new HashSet<>();
    private final List<Late> late = new CopyOnWriteArrayList<>();
    private final List<String> trace = new ArrayList<>();
    private final Map<String, Saved> acknowledged = new HashMap<>();
    private final Map<String, Long> fences = new HashMap<>();
    private final Map<String, Long> takes = new HashMap<>();
    private final Set<JobId> ended = new HashSet<>();
    private final int loseOneIn;
    private final int dieOneIn;
    private boolean trouble = true;
    private boolean over;

    /** A request that arrives when it arrives, whoever is still there. */
    private record Late(long atNanos, Runnable what) {}

    /** What a host was told that it is saved. */
    private record Saved(String host, byte[] content) {}

    /** What came of a run. */
    record Result(int steps, int jobs, int done, int failed, int snapshots, int acknowledged, List<String> trace) {}

    /** A repository and a catalog with which each run begins: making them is the dearest part. */
    private static final class Template {
        private final Credential key = new Credential.Key(KeyFile.generate(new SecureRandom()));
        private final MemoryStore repository = new MemoryStore();
        private final byte[] catalog;
        private final String id;

        Template() {
            try {
                Path place = Files.createTempDirectory("holdfast-estate");
                RepositorySettings settings =
                        settings(place, new SecureRandom(), InstantSource.fixed(BEGIN), MonotonicClock.system());
                Bytes drawn = Repository.newId(settings);
                id = drawn.toHex();
                Repository.create(repository, drawn, key, "test", settings)
                        .repository()
                        .close();
                Path file = place.resolve("catalog.db");
                try (Catalog made = Catalog.open(file, InstantSource.fixed(BEGIN), new SecureRandom())) {
                    var ignored = made.repositories().add(MAIN, "file:///simulated", null, id);
                    var media = made.mediaServers().add("local", MediaPlace.IN_CONTROL, "");
                    made.mediaServers().seen(media.id(), "test", "127.0.0.1", "{}");
                    require(made.plans().apply(PLAN, PLAN_TEXT) == Plans.Applied.NEW, "there is a plan before");
                }
                catalog = Files.readAllBytes(file);
            } catch (IOException e) {
                throw new AssertionError("no template", e);
            }
        }

        void copyTo(MemoryStore store, Path file) throws IOException {
            repository.list("", object -> {
                var ignored =
                        store.put(object.name(), repository.get(object.name()).orElseThrow());
            });
            Files.write(file, catalog);
        }
    }

    SimulatedEstate(long seed, Path directory) throws IOException {
        this.random = new SeededRandom(seed);
        this.directory = directory;
        this.time = new SimulatedTime(random.split());
        this.loseOneIn = random.pick(List.of(Integer.MAX_VALUE, 60, 20, 8));
        this.dieOneIn = random.pick(List.of(Integer.MAX_VALUE, 200, 60));
        TEMPLATE.copyTo(store, catalogFile());
        for (int i = 0; i < 2; i++) {
            servers.add(new SimulatedServer("server" + i, this, directory.resolve("server" + i)));
        }
        int hosts = 1 + random.nextInt(3);
        for (int i = 0; i < hosts; i++) {
            Host host = servers.getFirst().catalog().hosts().add("host" + i);
            agents.add(new SimulatedAgent(host.name(), host.id(), this, directory.resolve(host.name())));
        }
    }

    private static RepositorySettings settings(
            Path cache, SecureRandom names, InstantSource clock, MonotonicClock waits) {
        return new RepositorySettings(
                cache,
                1,
                names,
                clock,
                "test",
                new ChunkerParameters(1 << 10, 4 << 10, 16 << 10),
                PACK_BYTES,
                PACK_BYTES,
                Optional.empty(),
                Warnings.NONE,
                waits);
    }

    RepositorySettings settings(Path cache, MonotonicClock waits, InstantSource clock) {
        return settings(cache, newRandom(), clock, waits);
    }

    Repository open(ObjectStore through, Path cache, InstantSource clock, MonotonicClock waits) {
        return Repository.open(through, List.of(TEMPLATE.key), settings(cache, newRandom(), clock, waits));
    }

    SecureRandom newRandom() {
        synchronized (random) {
            return new RepeatableRandom(random.split());
        }
    }

    SeededRandom random() {
        return random;
    }

    SimulatedTime time() {
        return time;
    }

    MemoryStore store() {
        return store;
    }

    Path catalogFile() {
        return directory.resolve("catalog.db");
    }

    List<SimulatedServer> servers() {
        return servers;
    }

    boolean isOver() {
        return over;
    }

    /** As a clock that never leaps has it. */
    Instant now() {
        return BEGIN.plusNanos(time.nowNanos());
    }

    void told(String who, String what) {
        String line = "%s  %-8s %s".formatted(now(), who, what);
        synchronized (trace) {
            trace.add(line);
        }
    }

    /** Runs it to its end. */
    Result run() {
        servers.forEach(server -> time.start(new SimulatedProcess(server.name(), time, server::live, null)));
        agents.forEach(this::begin);
        time.start(new SimulatedProcess("network", time, this::deliver, null));
        time.start(new SimulatedProcess("weather", time, this::weather, null));
        time.run();
        time.failure().ifPresent(SimulatedEstate::fail);
        return checkTheEnd();
    }

    private void begin(SimulatedAgent agent) {
        SimulatedProcess life = new SimulatedProcess(agent.name(), time, agent::live, () -> begin(agent));
        lives.put(agent, life);
        time.start(life);
    }

    /** Brings what is late. */
    private void deliver(SimulatedProcess self) throws InterruptedException {
        while (!over) {
            self.sleep(BETWEEN_DELIVERIES);
            List<Late> due = late.stream()
                    .filter(each -> each.atNanos() <= time.nowNanos())
                    .toList();
            late.removeAll(due);
            due.forEach(each -> each.what().run());
        }
    }

    private void later(Duration pause, Runnable what) {
        late.add(new Late(time.nowNanos() + pause.toNanos(), what));
    }

    /** What happens to them, and then, for long enough, nothing. */
    private void weather(SimulatedProcess self) throws InterruptedException {
        while (time.nowNanos() < TROUBLE.toNanos()) {
            self.sleep(Duration.ofMillis(random.nextLong(2 * BETWEEN_TROUBLES.toMillis())));
            switch (random.nextInt(7)) {
                case 0 -> kill(random.pick(agents));
                case 1 -> kill(random.pick(servers));
                case 2 -> part(random.pick(agents), random.pick(servers));
                case 3 -> parted.clear();
                case 4 -> leap(random.pick(servers));
                case 5 -> twice(random.pick(agents));
                default -> cancel();
            }
        }
        doubles.forEach(time::kill);
        told("weather", "is fine from now on");
        trouble = false;
        parted.clear();
        servers.forEach(SimulatedServer::setClock);
        boolean ignored = servers.getFirst().catalog().plans().remove(PLAN);
        Duration until = TROUBLE.plus(REST);
        while (time.nowNanos() < until.toNanos() && !unfinished().isEmpty()) {
            self.sleep(Duration.ofMinutes(1));
        }
        over = true;
    }

    private void kill(SimulatedAgent agent) {
        told(agent.name(), "DIES");
        time.kill(Optional.ofNullable(lives.get(agent)).orElseThrow());
    }

    /** As when a machine comes back from an image of itself, and the old one is still there. */
    private void twice(SimulatedAgent agent) {
        told(agent.name(), "is there twice");
        SimulatedProcess other = new SimulatedProcess(agent.name(), time, agent::live, null);
        doubles.add(other);
        time.start(other);
    }

    private void kill(SimulatedServer server) {
        told(server.name(), "DIES");
        server.die();
    }

    private void part(SimulatedAgent agent, SimulatedServer server) {
        told(agent.name(), "cannot reach " + server.name());
        boolean ignored = parted.add(agent.name() + server.name());
    }

    private void leap(SimulatedServer server) {
        Duration by = Duration.ofSeconds(random.nextInt(random.pick(List.of(20, 200, 2_400))));
        server.leap(random.oneIn(2) ? by : by.negated());
        told(server.name(), "has a clock that says " + server.instant());
    }

    private void cancel() {
        List<Job> jobs = unfinished();
        if (!jobs.isEmpty() && random.oneIn(3)) {
            Job job = random.pick(jobs);
            told("somebody", "cancels job " + job.id().text());
            boolean ignored = random.pick(servers).catalog().jobs().cancel(job.id());
        }
    }

    private List<Job> unfinished() {
        return jobs().stream().filter(job -> !job.state().isFinal()).toList();
    }

    private List<Job> jobs() {
        return servers.getFirst().catalog().history().page(JobHistory.Filter.ALL, null, ALL);
    }

    /** A request and its answer, on this network. */
    <T> T call(
            SimulatedProcess self,
            SimulatedAgent agent,
            int number,
            String what,
            Function<SimulatedServer, T> question) {
        SimulatedServer server = servers.get(number);
        time.await(self, delay());
        String said = what + " at " + server.name();
        if (isLost(agent, server)) {
            if (isReachable(agent, server) && random.oneIn(2)) {
                // It is still under way when nobody waits for it any more.
                later(Duration.ofMillis(random.nextLong(LATEST.toMillis())), () -> late(agent, server, said, question));
            }
            throw silence(self, agent, said);
        }
        if (trouble && random.oneIn(dieOneIn)) {
            server.dieWithin(1 + random.nextInt(3));
        }
        T answer;
        try {
            answer = question.apply(server);
        } catch (HoldfastException e) {
            told(agent.name(), said + ": " + e.code() + " " + e.getMessage());
            if (e.code() == ErrorCode.STORE_UNREACHABLE) {
                throw e;
            }
            time.await(self, delay());
            throw isLost(agent, server) ? silence(self, agent, said) : e;
        }
        told(agent.name(), said);
        if (trouble && random.oneIn(loseOneIn)) {
            later(Duration.ofMillis(random.nextLong(LATEST.toMillis())), () -> late(agent, server, said, question));
        }
        time.await(self, delay());
        if (isLost(agent, server)) {
            throw silence(self, agent, said + ", and does not hear the answer");
        }
        return answer;
    }

    private <T> void late(
            SimulatedAgent agent, SimulatedServer server, String what, Function<SimulatedServer, T> question) {
        try {
            var ignored = question.apply(server);
            told(agent.name(), what + ", late or once more");
        } catch (HoldfastException e) {
            told(agent.name(), what + ", late or once more: " + e.code() + " " + e.getMessage());
        }
    }

    private boolean isReachable(SimulatedAgent agent, SimulatedServer server) {
        return !parted.contains(agent.name() + server.name());
    }

    private boolean isLost(SimulatedAgent agent, SimulatedServer server) {
        return !isReachable(agent, server) || trouble && random.oneIn(loseOneIn);
    }

    /** Some time goes by until one who waits gives up. */
    private HoldfastException silence(SimulatedProcess self, SimulatedAgent agent, String what) {
        time.await(self, Duration.ofMillis(random.nextLong(LONGEST_SILENCE.toMillis())));
        told(agent.name(), what + ": no answer");
        return new HoldfastException(ErrorCode.STORE_UNREACHABLE, "no answer");
    }

    private Duration delay() {
        return Duration.ofMillis(random.nextLong(trouble && random.oneIn(10) ? 8_000 : 200));
    }

    /** A media server was told that the job is this one's. Rule J3: never an earlier one's afterwards. */
    void confirmed(String job, long fence) {
        Long before = fences.merge(job, fence, Math::max);
        if (before > fence) {
            time.fail("job " + job + " was confirmed with fence " + fence + " after " + before);
        }
    }

    /** A host was given this job. Rule J2: with a fence that is higher than any before. */
    void taken(String job, long fence) {
        Long before = takes.put(job, fence);
        if (before != null && before >= fence) {
            time.fail("job " + job + " was given out with fence " + fence + " after " + before);
        }
    }

    /** A host was told that this is saved. */
    void acknowledged(String snapshot, String host, byte[] content) {
        acknowledged.put(snapshot, new Saved(host, content));
    }

    /** Each job ends once. */
    JobEnds ends() {
        return new JobEnds() {
            @Override
            public void ended(Job job, JobState state) {
                if (!ended.add(job.id())) {
                    time.fail("job " + job.id().text() + " ended twice");
                }
            }

            @Override
            public void saved(Job job, Report.Progress progress, List<Report.Made> made) {
                // What was made is looked at in the repository.
            }
        };
    }

    private Result checkTheEnd() {
        SimulatedServer server = servers.getFirst();
        if (server.isDead()) {
            server = servers.getLast();
        }
        server.list();
        Map<String, Snapshot> live = new HashMap<>();
        server.repository()
                .snapshots()
                .live()
                .forEach(snapshot -> live.put(snapshot.id().text(), snapshot));
        acknowledged.forEach((id, saved) -> {
            Snapshot snapshot = Optional.ofNullable(live.get(id))
                    .orElseThrow(() -> new AssertionError("snapshot " + id + " of " + saved.host() + " is lost"));
            require(snapshot.manifest().host().equals(saved.host()), "snapshot " + id + " is another host's");
            require(
                    Arrays.equals(content(snapshot), saved.content()),
                    "snapshot " + id + " has another content than " + saved.host() + " saved");
        });
        live.values().forEach(this::requireKnownContent);
        checkTheCatalog(server, live);
        List<Job> jobs = jobs();
        checkTheJobs(jobs, live);
        return new Result(
                time.steps(),
                jobs.size(),
                (int) jobs.stream().filter(job -> job.state() == JobState.DONE).count(),
                (int) jobs.stream()
                        .filter(job -> job.state() == JobState.FAILED)
                        .count(),
                live.size(),
                acknowledged.size(),
                List.copyOf(trace));
    }

    private void requireKnownContent(Snapshot snapshot) {
        byte[] content = content(snapshot);
        require(
                agents.stream()
                        .filter(agent -> agent.name().equals(snapshot.manifest().host()))
                        .flatMap(agent -> agent.versions().stream())
                        .anyMatch(version -> Arrays.equals(version, content)),
                "snapshot " + snapshot.id() + " has what its host never had");
    }

    private byte[] content(Snapshot snapshot) {
        Repository repository = servers.stream()
                .filter(server -> !server.isDead())
                .findFirst()
                .orElseThrow()
                .repository();
        try (ChunkReader chunks = repository.newChunkReader()) {
            DirectoryReader directories = new DirectoryReader(chunks);
            TreeEntry root = directories.root(snapshot.manifest().root().orElseThrow());
            TreeEntry file = directories.entries(root.directory()).next();
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            new ContentReader(chunks)
                    .iterator(file.content())
                    .forEachRemaining(chunk -> content.writeBytes(chunks.read(chunk.id())));
            return content.toByteArray();
        }
    }

    private static void checkTheCatalog(SimulatedServer server, Map<String, Snapshot> live) {
        List<SnapshotEntry> rows = server.catalog().snapshots().page(Snapshots.Filter.ALL, Long.MAX_VALUE, ALL);
        Set<String> ids = new HashSet<>();
        rows.forEach(row ->
                require(ids.add(row.facts().id()), "snapshot " + row.facts().id() + " is there twice"));
        Set<String> leaves = new HashSet<>();
        live.values().forEach(snapshot -> leaves.add(snapshot.id().leaf()));
        require(ids.equals(leaves), "the catalog has " + ids + ", the repository " + leaves);
    }

    private void checkTheJobs(List<Job> jobs, Map<String, Snapshot> live) {
        Set<String> occurrences = new HashSet<>();
        Map<Instant, Integer> runs = new HashMap<>();
        for (Job job : jobs) {
            String text = "job " + job.id().text();
            require(job.state().isFinal(), text + " is " + job.state() + " at the end");
            require(occurrences.add(job.host() + " " + job.moment()), text + " is the second one of its moment");
            require(
                    job.moment().getEpochSecond() % BETWEEN_RUNS.toSeconds() == 0,
                    text + " is for a moment of no schedule: " + job.moment());
            var ignored = runs.merge(job.moment(), 1, Integer::sum);
            if (job.state() == JobState.DONE) {
                Report.Made[] made = Json.parse(job.result(), Report.Made[].class);
                require(made.length == 1, text + " is done and made " + made.length + " snapshots");
                require(
                        live.containsKey(made[0].snapshot()),
                        text + " made " + made[0].snapshot() + ", which is not there");
            }
        }
        runs.forEach(
                (moment, count) -> require(count == agents.size(), "at " + moment + " there are " + count + " jobs"));
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            fail(what);
        }
    }

    private static void fail(String what) {
        throw new AssertionError(what);
    }

    /** The last lines of what happened. */
    String trace() {
        synchronized (trace) {
            return String.join("\n", trace.subList(Math.max(0, trace.size() - TRACE_LINES), trace.size()));
        }
    }

    @Override
    public void close() {
        servers.forEach(SimulatedServer::close);
    }
}
