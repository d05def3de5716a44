package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Plans;
import io.holdfast.control.MediaDesk;
import io.holdfast.control.Retention;
import io.holdfast.core.EventLog;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.media.HostReads;
import io.holdfast.media.NameIndexes;
import io.holdfast.media.OpenRepositories;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.security.SealingKey;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What plans say of where snapshots lie and how long they stay, carried out by a real server. */
final class KeepingTest {
    private static final int BYTES = 3_000_000;

    @TempDir
    private Path root;

    private TestServer server;
    private TestHome admin;
    private Path data;
    private int runs;

    @BeforeEach
    void start() throws IOException {
        server = TestServer.start(root);
        admin = server.administrator();
        admin.set("HOLDFAST_SERVER", server.url());
        data = Files.createDirectories(root.resolve("data"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Path plan(String name, String more) throws IOException {
        Path plan = server.plan(name, "files: [" + data + "]");
        return Files.writeString(plan, Files.readString(plan) + more);
    }

    private void apply(String name, String more) throws IOException {
        admin.run("plan", "apply", "-f", plan(name, more).toString()).succeeded();
    }

    /** Each run saves other content than those before. */
    private String run(String plan) throws IOException {
        runs++;
        Files.write(data.resolve("file"), new SeededRandom(runs).bytes(BYTES));
        Map<String, Object> job = TestServer.only(admin.json("job", "run", plan, "--wait"), "job");
        assertThat(job).containsEntry("state", "done");
        return TestServer.snapshotOf(job);
    }

    private Map<String, Object> prune(String repository) {
        Map<String, Object> job = TestServer.only(admin.json("repository", "prune", repository, "--wait"), "job");
        assertThat(job)
                .containsEntry("state", "done")
                .containsEntry("kind", "prune")
                .containsEntry("repository", repository);
        return job;
    }

    private List<String> snapshots() {
        return admin.json("snapshots").stream()
                .map(line -> String.valueOf(line.get("id")))
                .toList();
    }

    private static List<Path> packs(Path repository) throws IOException {
        if (!Files.exists(repository.resolve("packs/data"))) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(repository.resolve("packs/data"))) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    private static long bytes(Path repository) throws IOException {
        long bytes = 0;
        for (Path pack : packs(repository)) {
            bytes += Files.size(pack);
        }
        return bytes;
    }

    @Test
    void whatExpiresIsForgottenAndItsSpaceComesBack() throws IOException {
        apply("nightly", "keep: {last: 2}\n");
        List<String> made = new ArrayList<>(List.of(run("nightly"), run("nightly"), run("nightly"), run("nightly")));
        Path repository = server.directory().repository();
        long before = bytes(repository);
        assertThat(before).isGreaterThan(4L * BYTES);
        Map<String, Object> job = prune("main");
        assertThat(snapshots()).containsExactlyElementsOf(made.subList(2, 4));
        assertThat(bytes(repository)).isLessThan(before - BYTES);
        assertThat(String.valueOf(job.get("message"))).contains("deleted");
        List<Map<String, Object>> forgotten = admin.json("audit", "list", "--action", "snapshot.forget");
        assertThat(forgotten)
                .extracting(line -> line.get("object"))
                .containsExactlyInAnyOrderElementsOf(made.subList(0, 2));
        assertThat(String.valueOf(forgotten.getFirst())).contains("last 2").contains("nightly");
        assertThat(admin.run("audit", "verify").succeeded().out()).contains("whole");
        assertThat(admin.run("job", "list").succeeded().out()).contains("prune of main");
        assertThat(admin.run("cat", made.get(2), data.resolve("file").toString())
                        .code())
                .isZero();
        prune("main");
        assertThat(snapshots()).hasSize(2);
    }

    @Test
    void whatTwoServersForgetAtOnceIsNotedOnce() throws Exception {
        apply("nightly", "");
        for (int i = 0; i < 4; i++) {
            run("nightly");
        }
        String last = snapshots().getLast();
        String text = Files.readString(plan("nightly", "keep: {last: 1}\n"));
        server.stop();
        try (Catalog catalog = server.openCatalog();
                ExecutorService threads = Executors.newFixedThreadPool(2)) {
            assertThat(catalog.plans().apply("nightly", text)).isEqualTo(Plans.Applied.CHANGED);
            List<Callable<Long>> both = List.of(() -> forget(1), () -> forget(2));
            long forgotten = 0;
            for (Future<Long> each : threads.invokeAll(both)) {
                forgotten += each.get();
            }
            assertThat(forgotten).isEqualTo(3);
        }
        server.startAgain();
        assertThat(snapshots()).containsExactly(last);
        assertThat(admin.json("audit", "list", "--action", "snapshot.")).hasSize(3);
    }

    /** As a server of its own does. */
    private long forget(int number) {
        EventLog nowhere = (level, what, details) -> {};
        SecureRandom random = new SecureRandom();
        RepositorySettings settings = RepositorySettings.of(root.resolve("cache-" + number), "test", (what, why) -> {});
        try (Catalog catalog = server.openCatalog();
                OpenRepositories repositories = new OpenRepositories(settings)) {
            new RepositoryKeeper(
                            catalog,
                            repositories,
                            SealingKey.open(server.directory().hostKey(), random),
                            nowhere)
                    .open();
            CatalogDesk desk = new CatalogDesk(new MediaDesk(catalog, WallClock.system()), () -> {});
            try (HostReads reads = new HostReads(desk, repositories::of, random, MonotonicClock.system());
                    NameIndexes names = NameIndexes.start(
                            repositories, root.resolve("names-" + number), nowhere, MonotonicClock.system());
                    LocalRepositories local = new LocalRepositories(repositories, reads, names)) {
                return new Retention(catalog, local, WallClock.system(), nowhere)
                        .forget("main")
                        .forgotten();
            }
        }
    }

    @Test
    void afterABackupWhatExpiredGoesByItself() throws IOException {
        apply("nightly", "keep: {last: 1}\n");
        run("nightly");
        String last = run("nightly");
        for (int i = 0; i < 600 && snapshots().size() > 1; i++) {
            LockSupport.parkNanos(100_000_000);
        }
        assertThat(snapshots()).containsExactly(last);
        assertThat(admin.json("job", "list")).hasSize(2);
    }

    @Test
    void aPlanGoesToItsRepositoryAndLocksWhatItSaves() throws IOException {
        Path second = root.resolve("second");
        assertThat(admin.run(
                                "plan",
                                "apply",
                                "-f",
                                plan("locked", "repository: second\n").toString())
                        .failure(2))
                .contains("plan 'locked': there is no repository 'second'");
        admin.run("repository", "add", "second", second.toString()).succeeded();
        apply("locked", "repository: second\nlock-for: 2d\ndata-class: ARCHIVE\nkeep: {last: 1}\n");
        List<String> made = List.of(run("locked"), run("locked"));
        assertThat(packs(server.directory().repository())).isEmpty();
        assertThat(packs(second)).isNotEmpty().allSatisfy(file -> {
            if (!file.getFileName().toString().contains(".")) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("r--------");
            }
        });
        try (Stream<Path> files = Files.walk(second)) {
            assertThat(files.filter(Files::isRegularFile).map(KeepingTest::text))
                    .as("data lies in its class")
                    .anyMatch(text -> text.contains("class ARCHIVE"));
        }
        String job = String.valueOf(prune("second").get("id"));
        assertThat(snapshots()).containsExactlyElementsOf(made);
        assertThat(admin.run("job", "show", job).succeeded().out()).contains("locked until");
        assertThat(admin.run("repository", "remove", "second").failure(4)).contains("plan 'locked' uses repository");
        admin.run("plan", "delete", "locked").succeeded();
        assertThat(admin.run("repository", "remove", "second").failure(4)).contains("has 2 snapshots");
        assertThat(admin.run("repository", "remove", "main").failure(4)).contains("plans go that name none");
    }

    private static String text(Path file) {
        try {
            return Files.size(file) > 1_000 ? "" : new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void eachBackupIsCopiedAndACopyHasRulesOfItsOwn() throws IOException {
        Path offsite = root.resolve("offsite");
        admin.run("repository", "add", "offsite", offsite.toString()).succeeded();
        assertThat(admin.run(
                                "plan",
                                "apply",
                                "-f",
                                plan("nightly", "copy: [{to: main}]\n").toString())
                        .failure(2))
                .contains("are in 'main' already");
        apply("nightly", "keep: {last: 1}\ncopy:\n  - to: offsite\n    keep: {last: 2}\n    lock-for: 1h\n");
        List<String> copies = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            run("nightly");
            copies.add(copied(i));
        }
        prune("main");
        String pruned = String.valueOf(prune("offsite").get("id"));
        assertThat(admin.run("job", "show", pruned).succeeded().out())
                .as("copies have a lock of their own")
                .contains("locked until");
        assertThat(snapshots()).containsAll(copies).hasSize(4);
        byte[] content = Files.readAllBytes(data.resolve("file"));
        Path back = root.resolve("back");
        server.stop();
        Files.move(server.directory().repository(), root.resolve("burnt"));
        server.startAgain();
        admin.run("restore", copies.getLast(), "--target", back.toString()).succeeded();
        assertThat(back.resolve(data.toString().substring(1)).resolve("file")).hasBinaryContent(content);
    }

    /** The copy that the job of this number made. */
    private String copied(int number) {
        for (int i = 0; i < 600; i++) {
            List<Map<String, Object>> done = admin.json("job", "list", "--state", "done").stream()
                    .filter(line -> "copy".equals(line.get("kind")))
                    .toList();
            if (done.size() == number) {
                assertThat((List<?>) done.getFirst().get("snapshots")).hasSize(1);
                return TestServer.snapshotOf(done.getFirst());
            }
            LockSupport.parkNanos(100_000_000);
        }
        throw new AssertionError(admin.run("job", "list").out());
    }

    @Test
    void whatARepositoryCannotDoIsSaidAtOnce() throws IOException {
        assertThat(admin.run(
                                "plan",
                                "apply",
                                "-f",
                                plan("p", "data-class: NEVER\n").toString())
                        .failure(2))
                .contains("NEVER");
        assertThat(admin.json("plan", "list")).isEmpty();
    }

    @Test
    void aRepositoryIsOpenedWithoutTheServerAndRemoved() throws IOException {
        apply("nightly", "");
        String snapshot = run("nightly");
        Path key = root.resolve("main.key");
        admin.run("repository", "key", "main", "--out", key.toString()).succeeded();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");
        assertThat(admin.run("repository", "key", "main", "--out", key.toString())
                        .failure(4))
                .contains("is there already");
        TestHome owner = new TestHome(Files.createDirectories(root.resolve("home-of-owner")));
        assertThat(owner.json(
                                "snapshots",
                                "--repo",
                                server.directory().repository().toString(),
                                "--key-file",
                                key.toString())
                        .getFirst())
                .containsEntry("id", snapshot);
        assertThat(admin.json("audit", "list", "--action", "repository.key")).hasSize(1);
        Path place = root.resolve("third");
        admin.run("repository", "add", "third", place.toString()).succeeded();
        Path own = root.resolve("third.key");
        admin.run("repository", "key", "third", "--out", own.toString()).succeeded();
        admin.run("repository", "remove", "third").succeeded();
        assertThat(admin.json("repository", "list"))
                .extracting(line -> line.get("name"))
                .containsExactly("main");
        admin.run("repository", "add", "again", place.toString(), "--key-file", own.toString())
                .succeeded();
    }

    @Test
    void aPlanSaysWhatItsChangeMeans() throws IOException {
        apply("nightly", "keep: {last: 3}\n");
        List<String> made = List.of(run("nightly"), run("nightly"), run("nightly"));
        Path file = plan("nightly", "keep: {last: 1}\nselect: {hosts: [nobody]}\n");
        Map<String, Object> would =
                TestServer.only(admin.json("plan", "apply", "-f", file.toString(), "--dry-run"), "applied");
        assertThat(would)
                .containsEntry("outcome", "changed")
                .containsEntry("expiring", 2L)
                .containsEntry("hosts", 0L)
                .containsEntry("gained", List.of());
        assertThat((List<?>) would.get("lost")).hasSize(1);
        assertThat(String.valueOf(would.get("changes"))).contains("~ keep.last: 3 → 1");
        assertThat(admin.run("plan", "show", "nightly").succeeded().out()).contains("last: 3");
        assertThat(admin.run("plan", "apply", "-f", file.toString()).succeeded().out())
                .contains("2 snapshots are not kept by these rules")
                .contains("hosts lost");
        prune("main");
        assertThat(snapshots()).containsExactly(made.getLast());
    }
}
