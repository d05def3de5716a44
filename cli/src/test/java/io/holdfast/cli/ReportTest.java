package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports of a real server. */
final class ReportTest {
    @TempDir
    private Path root;

    private TestServer server;
    private TestHome admin;
    private Path data;
    private String own = "";

    @BeforeEach
    void start() throws IOException {
        server = TestServer.start(root);
        admin = server.administrator();
        data = Files.createDirectories(root.resolve("data"));
        Files.writeString(data.resolve("one"), "one");
        own = String.valueOf(admin.json("host", "list").getFirst().get("name"));
        admin.run(
                        "plan",
                        "apply",
                        "-f",
                        server.plan("nightly", "files: [" + data + "]").toString())
                .succeeded();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private List<String> values(TestHome who, String report, String column) {
        return who.json("report", report).stream()
                .map(line -> line.get("values") instanceof Map<?, ?> values ? String.valueOf(values.get(column)) : "")
                .toList();
    }

    @Test
    void whatIsProtectedIsInOneReportAndWhatIsNotInAnother() throws IOException {
        assertThat(values(admin, "protected", "host")).isEmpty();
        assertThat(values(admin, "unprotected", "why")).containsExactly("never saved");
        admin.run("job", "run", "nightly", "--wait").succeeded();
        admin.run("job", "run", "nightly", "--wait").succeeded();
        assertThat(values(admin, "unprotected", "host")).isEmpty();
        assertThat(values(admin, "protected", "source")).containsExactly(data.toString());
        assertThat(values(admin, "protected", "snapshots")).containsExactly("2");
        String csv = admin.run("report", "protected").succeeded().out();
        assertThat(csv)
                .startsWith("host,plan,source,repository,last_good,age_hours,snapshots,files,bytes,stored_bytes\r\n"
                        + own + ",nightly," + data + ",main,")
                .endsWith("\r\n");
        assertThat(csv).contains(",0,2,1,3,");
        Path page = root.resolve("page.html");
        admin.run("report", "protected", "--format", "html", "--out", page.toString())
                .succeeded();
        assertThat(page).content().startsWith("<!DOCTYPE html>").contains("<td>nightly</td>");
        admin.run("plan", "delete", "nightly").succeeded();
        assertThat(values(admin, "unprotected", "why")).containsExactly("no plan");
        assertThat(values(admin, "storage", "repository")).containsExactly("main");
        assertThat(values(admin, "storage", "free_bytes")).first().asString().matches("[1-9][0-9]*");
        assertThat(admin.run("report", "everything").failure(1)).contains("there is no report 'everything'");
        assertThat(admin.run("report", "failed", "--format", "pdf").failure(2)).contains("no format");
    }

    @Test
    void whatFailedAndWhoRestoredWhatIsTold() throws IOException {
        admin.run("job", "run", "nightly", "--wait").succeeded();
        String job = String.valueOf(admin.json("job", "list").getFirst().get("id"));
        String snapshot = TestServer.snapshotOf(admin.json("job", "show", job).getFirst());
        Path back = root.resolve("back");
        admin.run("job", "restore", snapshot, "--host", own, "--target", back.toString(), "--wait")
                .succeeded();
        admin.run("cat", snapshot, data.resolve("one").toString(), "--server", server.url())
                .succeeded();
        assertThat(values(admin, "restored", "who")).isNotEmpty().allMatch("admin"::equals);
        assertThat(values(admin, "restored", "target")).contains(back.toString(), "read by admin");
        assertThat(values(admin, "restored", "snapshot")).allMatch(snapshot::equals);
        assertThat(values(admin, "restored", "state")).contains("done");
        Path broken = server.plan("broken", "files: [" + root.resolve("nowhere") + "]");
        Files.writeString(broken, Files.readString(broken) + "retries: {count: 0}\n");
        admin.run("plan", "apply", "-f", broken.toString()).succeeded();
        assertThat(values(admin, "failed", "plan")).isEmpty();
        assertThat(admin.run("job", "run", "broken", "--wait").code()).isNotZero();
        assertThat(values(admin, "failed", "plan")).containsExactly("broken");
        assertThat(values(admin, "failed", "message")).first().asString().contains("nowhere");
    }

    @Test
    void whoSeesSomeHostsAloneGetsTheirRows() throws IOException {
        admin.run("job", "run", "nightly", "--wait").succeeded();
        admin.set("HOLDFAST_PASSWORD", "another good password");
        admin.run("user", "add", "eve", "--role", "operator", "--group", "berlin")
                .succeeded();
        TestHome eve = new TestHome(Files.createDirectories(root.resolve("home-of-eve")));
        eve.set("HOLDFAST_PASSWORD", "another good password");
        eve.run(
                        "login",
                        server.url(),
                        "--user",
                        "eve",
                        "--ca-file",
                        server.authority().toString())
                .succeeded();
        assertThat(values(eve, "protected", "host")).isEmpty();
        assertThat(values(eve, "unprotected", "host")).isEmpty();
        assertThat(eve.run("report", "storage").failure(14)).contains("sees some alone");
        assertThat(eve.run("alert", "target", "list").failure(14)).contains("administer");
        admin.run("host", "tag", own, "--add-group", "berlin").succeeded();
        assertThat(values(eve, "protected", "host")).containsExactly(own);
    }

    @Test
    void secretsOfTargetsAreToldToNobody() throws IOException {
        Path secret = Files.writeString(root.resolve("secret"), "a wire secret\n");
        assertThat(admin.run(
                                "alert",
                                "target",
                                "add",
                                "webhook",
                                "hook",
                                "--url",
                                "https://localhost:9/",
                                "--secret-file",
                                secret.toString())
                        .succeeded()
                        .out())
                .doesNotContain("wire");
        assertThat(admin.run("alert", "target", "list", "--json").succeeded().out())
                .contains("\"secret\":true")
                .doesNotContain("wire");
        assertThat(admin.run("audit", "list", "--json").succeeded().out())
                .contains("alert-target.add")
                .doesNotContain("wire");
        assertThat(admin.run("alert", "target", "test", "hook").failure(11))
                .contains("cannot be told")
                .doesNotContain("wire");
        assertThat(server.logged().toString()).doesNotContain("wire");
        assertThat(admin.run("alert", "settings", "--silent-after", "1min").failure(2))
                .isNotEmpty();
        admin.run("alert", "settings", "--silent-after", "3d").succeeded();
        assertThat(admin.json("alert", "settings").getFirst())
                .containsEntry("silent_after_s", 259_200L)
                .containsEntry("least_free_percent", 10L);
    }
}
