package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.SnapshotEntry;
import io.holdfast.catalog.Snapshots;
import io.holdfast.core.HoldfastException;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server, its agent and the commands for it, all of it real. */
final class ServerTest {
    @TempDir
    private Path root;

    private TestServer server;
    private TestHome admin;
    private Path data;

    @BeforeEach
    void start() throws IOException {
        server = TestServer.start(root);
        admin = server.administrator();
        data = Files.createDirectories(root.resolve("data"));
        Files.writeString(data.resolve("one"), "one");
        Files.writeString(data.resolve("two"), "two");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Map<String, Object> run(String plan) {
        List<Map<String, Object>> lines = admin.json("job", "run", plan, "--wait");
        return TestServer.only(lines, "job");
    }

    @Test
    void runsAPlanOnItsOwnMachine() throws IOException {
        Path plan = server.plan("nightly", "files: [" + data + "]", "{command: [sh, -c, echo hello], name: hello.txt}");
        assertThat(TestServer.only(admin.json("plan", "apply", "-f", plan.toString()), "applied"))
                .containsEntry("outcome", "new")
                .containsEntry("hosts", 1L);
        Map<String, Object> job = run("nightly");
        assertThat(job).containsEntry("state", "done").containsEntry("plan", "nightly");
        assertThat((List<?>) job.get("snapshots")).hasSize(2);
        assertThat(admin.run("job", "list").succeeded().out()).contains("done").contains("nightly");
        assertThat(admin.run("host", "list").succeeded().out()).contains("1 host");
    }

    @Test
    void whatWasSavedIsSeenAndRestoredThroughTheServer() throws IOException {
        Files.createSymbolicLink(data.resolve("link"), Path.of("one"));
        Files.write(data.resolve("large"), new SeededRandom(5).bytes(9_000_000));
        Path plan = server.plan("nightly", "files: [" + data + "]");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        String snapshot = TestServer.snapshotOf(run("nightly"));
        String url = server.url();
        Map<String, Object> listed = admin.json("snapshots", "--server", url).getFirst();
        assertThat(listed)
                .containsEntry("id", snapshot)
                .containsEntry("files", 3L)
                .containsEntry("held", false);
        // The same of this machine's own, in a repository at hand.
        admin.set("HOLDFAST_PASSWORD", TestServer.PASSWORD);
        admin.run("backup", data.toString()).succeeded();
        assertThat(admin.json("snapshots").getFirst().keySet()).isEqualTo(listed.keySet());
        assertThat(admin.run("ls", "-r", "latest", data.toString(), "--json", "--server", url)
                        .succeeded()
                        .out())
                .isEqualTo(admin.run("ls", "-r", "latest", data.toString(), "--json")
                        .succeeded()
                        .out());
        assertThat(admin.run("find", "l*", "--server", url).succeeded().out())
                .contains("large")
                .contains("2 matches");
        assertThat(admin.run("cat", snapshot, data.resolve("two").toString(), "--server", url)
                        .succeeded()
                        .out())
                .isEqualTo("two");
        Path here = root.resolve("here");
        admin.run("restore", snapshot, "--server", url, "--target", here.toString(), "--verify")
                .succeeded();
        assertThat(here.resolve(data.toString().substring(1)).resolve("large"))
                .hasSameBinaryContentAs(data.resolve("large"));
        String own = String.valueOf(admin.json("host", "list").getFirst().get("name"));
        Path there = root.resolve("there");
        admin.run("job", "restore", snapshot, "--host", own, "--target", there.toString(), "--wait")
                .succeeded();
        assertThat(there.resolve(data.toString().substring(1)).resolve("large"))
                .hasSameBinaryContentAs(data.resolve("large"));
        assertThat(admin.run("job", "restore", snapshot, "--host", own, "--in-place")
                        .failure(4))
                .contains("--yes");
        Files.writeString(data.resolve("two"), "changed");
        admin.run(
                        "job",
                        "restore",
                        snapshot,
                        data.resolve("two").toString(),
                        "--host",
                        own,
                        "--in-place",
                        "--yes",
                        "--wait")
                .succeeded();
        assertThat(data.resolve("two")).hasContent("two");
        assertThat(admin.run("snapshots", "--server", url, "--repo", "x").failure(2))
                .contains("--repo and --server");
        assertThat(admin.run("prune", "--server", url).failure(2)).contains("about a repository");
    }

    /** Names are found over all snapshots, and those that are gone, too; a page takes up where the one before ended. */
    @Test
    void namesAreFoundOverAllSnapshots() throws IOException {
        for (int i = 0; i < 250; i++) {
            Files.writeString(data.resolve("Report-%03d.txt".formatted(i)), "x");
        }
        Path plan = server.plan("nightly", "files: [" + data + "]");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        String first = TestServer.snapshotOf(run("nightly"));
        server.awaitNames(admin, "report-249*");
        Files.delete(data.resolve("Report-007.txt"));
        Files.writeString(data.resolve("Report-008.txt"), "longer");
        String second = TestServer.snapshotOf(run("nightly"));
        Map<String, Object> gone;
        do {
            gone = admin.json("search", "report-007*").getFirst();
        } while (Boolean.FALSE.equals(gone.get("gone")));

        assertThat(gone)
                .containsEntry("path", data.resolve("Report-007.txt").toString())
                .containsEntry("snapshot", first)
                .containsEntry("size", 1L);
        assertThat(admin.json("search", "/**/report-008.*").getFirst())
                .containsEntry("snapshot", second)
                .containsEntry("versions", 2L)
                .containsEntry("size", 6L);
        assertThat(admin.json("search", "REPORT", "--limit", "1000")).hasSize(250);
        assertThat(admin.run("search", "report", "--limit", "210").succeeded().out())
                .contains("210 names; there are more");
        assertThat(admin.json("search", "report", "--host", "another")).isEmpty();
        assertThat(admin.run("search", "").failure(2)).contains("nothing to search for");
    }

    @Test
    void aCatalogThatIsLostIsMadeAgainFromTheRepository() throws IOException {
        Path plan = server.plan("nightly", "files: [" + data + "]");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        String first = TestServer.snapshotOf(run("nightly"));
        String second = TestServer.snapshotOf(run("nightly"));
        server.stop();
        try (Catalog catalog = server.openCatalog()) {
            for (SnapshotEntry entry : catalog.snapshots().page(Snapshots.Filter.ALL, Long.MAX_VALUE, 10)) {
                catalog.snapshots().remove(entry.repository(), entry.facts().id());
            }
        }
        server.startAgain();
        for (int i = 0;
                i < 200 && admin.json("snapshots", "--server", server.url()).size() < 2;
                i++) {
            LockSupport.parkNanos(50_000_000);
        }
        assertThat(admin.json("snapshots", "--server", server.url()).stream().map(line -> line.get("id")))
                .containsExactly(first, second);
        assertThat(admin.run("cat", second, data.resolve("one").toString(), "--server", server.url())
                        .succeeded()
                        .out())
                .isEqualTo("one");
    }

    @Test
    void aServerHasSeveralRepositoriesAndOpensThemAgain() throws IOException {
        String url = root.resolve("second").toString();
        admin.run("repository", "add", "second", url).succeeded();
        assertThat(admin.run("repository", "add", "third", url).failure(4)).contains("already");
        assertThat(admin.run("repository", "add", "second", root.resolve("x").toString())
                        .failure(4))
                .contains("second");
        TestHome owner = new TestHome(Files.createDirectories(root.resolve("home-of-owner")));
        Path key = root.resolve("own.key");
        owner.run("init", "--repo", root.resolve("own").toString(), "--key-file", key.toString())
                .succeeded();
        owner.run("backup", data.toString(), "--repo", root.resolve("own").toString(), "--key-file", key.toString())
                .succeeded();
        assertThat(admin.run("repository", "add", "own", root.resolve("own").toString())
                        .failure(4))
                .contains("--key-file");
        admin.run("repository", "add", "own", root.resolve("own").toString(), "--key-file", key.toString())
                .succeeded();
        server.stop();
        Files.move(root.resolve("second"), root.resolve("moved"));
        server.startAgain();
        List<Map<String, Object>> listed = admin.json("repository", "list");
        assertThat(listed).extracting(line -> line.get("name")).containsExactly("main", "own", "second");
        assertThat(listed.getFirst()).containsEntry("trouble", "");
        assertThat(String.valueOf(listed.getLast().get("trouble"))).contains("second");
        for (int i = 0;
                i < 200 && admin.json("snapshots", "--server", server.url()).isEmpty();
                i++) {
            LockSupport.parkNanos(50_000_000);
        }
        assertThat(admin.json("snapshots", "--server", server.url())).hasSize(1);
        assertThat(admin.run("audit", "list").succeeded().out())
                .contains("repository.add")
                .contains("second");
        assertThat(admin.run("audit", "verify").succeeded().out()).contains("whole");
    }

    @Test
    void whatIsMissingOfAServerIsNotMadeAnew() throws IOException {
        Path plan = server.plan("nightly", "files: [" + data + "]");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        String snapshot = TestServer.snapshotOf(run("nightly"));
        server.stop();
        Path repository = server.directory().repository();
        Files.move(repository, root.resolve("unmounted"));
        server.makeWhatIsMissing();
        assertThat(repository).as("its disk is away").doesNotExist();
        Path hostKey = server.directory().hostKey();
        Files.move(hostKey, root.resolve("lost.key"));
        assertThatThrownBy(server::makeWhatIsMissing)
                .isInstanceOf(HoldfastException.class)
                .hasMessageContaining("host.key is missing");
        assertThat(hostKey).doesNotExist();
        Files.move(root.resolve("lost.key"), hostKey);
        server.startAgain();
        assertThat(String.valueOf(admin.json("repository", "list").getFirst().get("trouble")))
                .isNotEmpty();
        assertThat(admin.json("snapshots", "--server", server.url())).isEmpty();
        server.stop();
        Files.move(root.resolve("unmounted"), repository);
        server.startAgain();
        assertThat(admin.json("snapshots", "--server", server.url()).getFirst()).containsEntry("id", snapshot);
        assertThat(admin.run("job", "restore", snapshot, "--host", "x", "--target", "/")
                        .failure(4))
                .contains("--yes");
    }

    @Test
    void whoMaySeeMetadataAloneGetsNoContent() throws IOException {
        Path plan = server.plan("nightly", "files: [" + data + "]");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        String snapshot = TestServer.snapshotOf(run("nightly"));
        String token = admin.run("token", "create", "--scope", "read", "--scope", "browse")
                .succeeded()
                .outLines()
                .getFirst();
        TestHome script = new TestHome(Files.createDirectories(root.resolve("home-of-script")));
        script.run("login", server.url(), "--token", token).succeeded();
        script.set("HOLDFAST_SERVER", server.url());
        assertThat(script.run("ls", "-r", snapshot).succeeded().out()).contains("two");
        assertThat(script.run("cat", snapshot, data.resolve("two").toString()).failure(14))
                .contains("right to restore");
    }

    @Test
    void whoMaySeeSomeHostsAloneSeesTheirSnapshotsAlone() throws IOException {
        Path plan = server.plan("nightly", "files: [" + data + "]");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        String snapshot = TestServer.snapshotOf(run("nightly"));
        admin.set("HOLDFAST_PASSWORD", "another good password");
        admin.run("user", "add", "bob", "--role", "restore-operator", "--group", "berlin")
                .succeeded();
        TestHome bob = new TestHome(Files.createDirectories(root.resolve("home-of-bob")));
        bob.set("HOLDFAST_PASSWORD", "another good password");
        bob.run(
                        "login",
                        server.url(),
                        "--user",
                        "bob",
                        "--ca-file",
                        server.authority().toString())
                .succeeded();
        bob.set("HOLDFAST_SERVER", server.url());
        assertThat(bob.run("snapshots").succeeded().out()).contains("0 snapshots");
        assertThat(bob.run("host", "list").succeeded().out()).contains("0 hosts");
        server.awaitNames(admin, "two");
        assertThat(bob.json("search", "two")).isEmpty();
        assertThat(bob.run("job", "list").succeeded().out()).isEmpty();
        assertThat(bob.run("job", "restore", snapshot, "--host", "x", "--target", "/tmp/x")
                        .failure(1))
                .contains("there is no snapshot");
        String own = String.valueOf(admin.json("host", "list").getFirst().get("name"));
        admin.run("host", "tag", own, "--add-group", "berlin").succeeded();
        assertThat(bob.run("snapshots").succeeded().out()).contains("1 snapshot");
        assertThat(bob.json("search", "two")).hasSize(1);
        assertThat(bob.run("cat", snapshot, data.resolve("one").toString())
                        .succeeded()
                        .out())
                .isEqualTo("one");
        assertThat(bob.run("plan", "delete", "nightly").failure(14)).contains("right to plan");
    }

    @Test
    void saysWhatWentWrong() throws IOException {
        Path plan = server.plan("broken", "{command: [sh, -c, 'echo no disk >&2; exit 3'], name: x}");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        TestHome.Run run = admin.run("job", "run", "broken");
        run.succeeded();
        // It is tried again after a minute; what it says of the first time is there at once.
        Map<String, Object> job = Map.of();
        for (int i = 0; i < 200 && !String.valueOf(job.get("message")).contains("no disk"); i++) {
            job = admin.json("job", "list").getFirst();
            LockSupport.parkNanos(50_000_000);
        }
        assertThat(String.valueOf(job.get("message")))
                .contains("'sh' ended with 3")
                .contains("no disk");
        assertThat(job).containsEntry("state", "queued");
        String id = String.valueOf(job.get("id"));
        admin.run("job", "cancel", id.substring(0, 8)).succeeded();
        assertThat(admin.json("job", "show", id).getFirst()).containsEntry("state", "cancelled");
    }

    @Test
    void aPlanIsChangedAndRemoved() throws IOException {
        Path plan = server.plan("weekly", "files: [/etc]");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        assertThat(admin.run("plan", "apply", "-f", plan.toString()).succeeded().out())
                .contains("unchanged");
        assertThat(admin.run("plan", "show", "weekly").succeeded().out()).isEqualTo(Files.readString(plan));
        Files.writeString(plan, Files.readString(plan).replace("/etc", "/srv"));
        assertThat(admin.run("plan", "apply", "-f", plan.toString()).succeeded().out())
                .contains("changed");
        assertThat(admin.run("plan", "list").succeeded().out()).contains("weekly");
        admin.run("plan", "delete", "weekly").succeeded();
        assertThat(admin.run("plan", "show", "weekly").failure(1)).contains("there is no plan 'weekly'");
        assertThat(admin.run("job", "run", "weekly").failure(1)).contains("there is no plan 'weekly'");
        Files.writeString(plan, "plan: weekly\ncron: \"0 3 * *\"\n");
        assertThat(admin.run("plan", "apply", "-f", plan.toString()).failure(2)).contains(plan + ":2: cron");
    }

    @Test
    void theServerMayBeStartedAgain() throws IOException {
        Path plan = server.plan("nightly", "files: [" + data + "]");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        assertThat(run("nightly")).containsEntry("state", "done");
        server.stop();
        assertThat(admin.run("host", "list").failure(11)).contains("does not answer");
        server.startAgain();
        Files.writeString(data.resolve("three"), "three");
        assertThat(run("nightly")).containsEntry("state", "done");
        assertThat(admin.json("job", "list")).hasSize(2);
    }

    @Test
    void peopleSeeAndDoWhatTheirRoleAllows() throws IOException {
        TestHome auditor = new TestHome(Files.createDirectories(root.resolve("home-of-eve")));
        admin.set("HOLDFAST_PASSWORD", "another good password");
        admin.run("user", "add", "eve", "--role", "auditor").succeeded();
        auditor.set("HOLDFAST_PASSWORD", "wrong password");
        String login = auditor.run(
                        "login",
                        server.url(),
                        "--user",
                        "eve",
                        "--ca-file",
                        server.authority().toString())
                .failure(14);
        assertThat(login).contains("user and password are not right together");
        assertThat(auditor.run(
                                "login",
                                server.url(),
                                "--user",
                                "nobody",
                                "--ca-file",
                                server.authority().toString())
                        .failure(14))
                .as("who does not exist looks the same")
                .isEqualTo(login);
        auditor.set("HOLDFAST_PASSWORD", "another good password");
        auditor.run(
                        "login",
                        server.url(),
                        "--user",
                        "eve",
                        "--ca-file",
                        server.authority().toString())
                .succeeded();
        auditor.run("host", "list").succeeded();
        Path plan = server.plan("nightly", "files: [" + data + "]");
        assertThat(auditor.run("plan", "apply", "-f", plan.toString()).failure(14))
                .contains("eve may not do that: it takes the right to plan");
        assertThat(auditor.run("token", "list").failure(14)).contains("administer");
        assertThat(admin.run("user", "list").succeeded().out()).contains("eve").contains("auditor");
        admin.run("user", "remove", "eve").succeeded();
        assertThat(auditor.run("host", "list").failure(14)).contains("nobody is logged in");
        assertThat(admin.run("user", "remove", "admin").failure(4)).contains("administrator");
    }

    @Test
    void scriptsComeWithTokens() throws IOException {
        String token = admin.run("token", "create", "--scope", "read", "--label", "monitoring")
                .succeeded()
                .outLines()
                .getFirst();
        TestHome script = new TestHome(Files.createDirectories(root.resolve("home-of-script")));
        script.run("login", server.url(), "--token", token).succeeded();
        script.run("host", "list").succeeded();
        assertThat(script.run("token", "create").failure(14)).contains("administer");
        Map<String, Object> listed = admin.json("token", "list").stream()
                .filter(line -> "monitoring".equals(line.get("label")))
                .findFirst()
                .orElseThrow();
        admin.run("token", "revoke", String.valueOf(listed.get("id"))).succeeded();
        assertThat(script.run("host", "list").failure(14)).contains("nobody is logged in");
        String cut = token.substring(0, token.length() - 1);
        assertThat(script.run("login", server.url(), "--token", cut).failure(2)).contains("cut short");
    }

    @Test
    void anotherMachineComesInWithAToken() throws IOException {
        String token = admin.run("token", "create", "--enroll", "--group", "berlin")
                .succeeded()
                .outLines()
                .getFirst();
        TestHome machine = new TestHome(Files.createDirectories(root.resolve("home-of-loom")));
        machine.run("agent", "enroll", server.url(), "--token", token, "--name", "loom")
                .succeeded();
        assertThat(admin.json("host", "show", "loom").getFirst())
                .containsEntry("name", "loom")
                .containsEntry("groups", List.of("berlin"));
        assertThat(machine.run("agent", "enroll", server.url(), "--token", token, "--name", "loom2")
                        .failure(4))
                .contains("enrolled already");
        TestHome other = new TestHome(Files.createDirectories(root.resolve("home-of-other")));
        assertThat(other.run("agent", "enroll", server.url(), "--token", token, "--name", "other")
                        .failure(14))
                .contains("used up");
        assertThat(other.run("agent", "run").failure(4)).contains("is not enrolled");
        admin.run("host", "tag", "loom", "--add-tag", "production").succeeded();
        assertThat(admin.run("host", "list", "--tag", "production").succeeded().out())
                .contains("loom");
        admin.run("host", "remove", "loom").succeeded();
        assertThat(admin.run("host", "show", "loom").failure(1)).contains("there is no host 'loom'");
    }

    @Test
    void whoeverHasNotLoggedInIsTold() throws IOException {
        TestHome stranger = new TestHome(Files.createDirectories(root.resolve("home-of-stranger")));
        assertThat(stranger.run("host", "list").failure(2)).contains("no server is known");
        assertThat(stranger.run("host", "list", "--server", "https://elsewhere:8443")
                        .failure(2))
                .contains("nobody has logged in to a server");
        stranger.set("HOLDFAST_PASSWORD", TestServer.PASSWORD);
        assertThat(stranger.run("login", server.url(), "--user", "admin").failure(11))
                .contains("cannot be trusted")
                .contains("--ca-file");
    }
}
