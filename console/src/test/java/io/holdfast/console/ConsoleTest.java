package io.holdfast.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobState;
import io.holdfast.catalog.Role;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The console as people meet it, in a real browser. */
@Tag("slow")
class ConsoleTest {
    private static Chromium chromium;

    @TempDir
    private Path directory;

    private ConsoleServer server;
    private Page page;

    @BeforeAll
    static void open() {
        chromium = new Chromium();
    }

    @AfterAll
    static void shut() {
        chromium.close();
    }

    @BeforeEach
    void start() {
        chromium.complaints().clear();
        server = new ConsoleServer(directory);
        page = chromium.page();
    }

    @AfterEach
    void stop() {
        page.context().close();
        server.close();
        assertThat(chromium.complaints()).as("what the browser complains about").isEmpty();
        assertThat(server.defects()).isEmpty();
    }

    private Page logIn(String name, Role role, String... groups) {
        server.user(name, role, groups);
        page.navigate(server.url("/"));
        page.getByLabel("User").fill(name);
        page.getByLabel("Password").fill(ConsoleServer.PASSWORD);
        button("Log in").click();
        assertThat(heading("Overview")).isVisible();
        return page;
    }

    private Locator button(String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private Locator link(String name) {
        return page.getByRole(
                AriaRole.LINK, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private Locator heading(String name) {
        return page.getByRole(
                AriaRole.HEADING, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private Locator alert() {
        return page.getByRole(AriaRole.ALERT);
    }

    private void plan(String name) {
        var ignored = server.catalog()
                .plans()
                .apply(name, "plan: " + name + "\ncron: \"30 1 * * *\"\nsources:\n  - files: [/etc]\n");
    }

    @Test
    void theFirstAdministratorComesInByTheLinkOnce() {
        String link = server.url("/first/" + server.api().first().offer().orElseThrow());
        page.navigate(server.url("/login"));
        assertThat(page.getByText("There is no administrator yet")).isVisible();
        page.navigate(link);
        page.getByLabel("Name").fill("ada");
        page.getByLabel("Password", new Page.GetByLabelOptions().setExact(true)).fill("three small words");
        page.getByLabel("The password once more").fill("three small birds");
        button("Begin").click();
        assertThat(alert()).containsText("the two passwords are not the same");
        page.getByLabel("Name").fill("No name");
        page.getByLabel("Password", new Page.GetByLabelOptions().setExact(true)).fill("three small words");
        page.getByLabel("The password once more").fill("three small words");
        button("Begin").click();
        assertThat(alert()).containsText("'No name' is no name of a user");
        page.getByLabel("Name").fill("ada");
        page.getByLabel("Password", new Page.GetByLabelOptions().setExact(true)).fill("three small words");
        page.getByLabel("The password once more").fill("three small words");
        button("Begin").click();
        // This server has no agent, and so no host to protect.
        assertThat(page.locator("main")).containsText("there is no host 'loom'");
        link("Overview").click();
        assertThat(page.locator(".who")).containsText("ada");
        page.navigate(link);
        assertThat(page.locator("main")).containsText("this link was used");
        assertThat(server.api().first().offer()).isEmpty();
    }

    @Test
    void whoGuessesIsToldToWait() {
        server.user("ada", Role.ADMINISTRATOR);
        page.navigate(server.url("/hosts/loom"));
        assertThat(page).hasURL(Pattern.compile(".*/login\\?next=%2Fhosts%2Floom"));
        for (int i = 0; i < 5; i++) {
            page.getByLabel("User").fill("ada");
            page.getByLabel("Password").fill("guess " + i);
            button("Log in").click();
            assertThat(alert()).containsText("user and password are not right together");
        }
        assertThat(page.getByLabel("User")).hasValue("ada");
        page.getByLabel("Password").fill(ConsoleServer.PASSWORD);
        button("Log in").click();
        assertThat(alert()).containsText("there were too many wrong passwords");
        assertThat(alert()).containsText(Pattern.compile("Try again in [0-9]+ s"));
        while (alert().count() > 0) {
            page.waitForTimeout(500);
            page.getByLabel("Password").fill(ConsoleServer.PASSWORD);
            button("Log in").click();
        }
        assertThat(page).hasURL(server.url("/hosts/loom"));
        button("Log out").click();
        assertThat(heading("Log in")).isVisible();
        page.goBack();
        assertThat(heading("Log in")).isVisible();
    }

    @Test
    void theOverviewSaysWhatIsSavedAndWhatFailedAndWhy() {
        HostId loom = server.host("loom");
        server.host("spindle");
        plan("nightly");
        plan("weekly");
        server.end(server.begun(loom, "nightly"), JobState.DONE, "");
        server.end(server.begun(loom, "weekly"), JobState.FAILED, "disk /dev/sdb1 is full");
        logIn("ada", Role.ADMINISTRATOR);
        assertThat(page.locator("main")).containsText("1 of 2 hosts");
        Locator unsaved =
                page.locator("section", new Page.LocatorOptions().setHas(heading("Hosts that are not saved")));
        assertThat(unsaved).containsText("spindle");
        assertThat(unsaved).not().containsText("loom");
        Locator troubles = page.locator("section", new Page.LocatorOptions().setHas(heading("What went wrong last")));
        assertThat(troubles).containsText("disk /dev/sdb1 is full");
        assertThat(troubles).not().containsText("nightly");
        button("Run weekly again").click();
        assertThat(heading("weekly on loom")).isVisible();
        assertThat(page.locator("#job-state")).containsText("waits for its host");
        link("Overview").click();
        assertThat(page.locator("#busy-jobs")).containsText("weekly on loom");
        button("Run weekly again").click();
        assertThat(page.locator("#job-state")).containsText("queued");
    }

    @Test
    void whatFailsAndIsTriedAgainIsNoGoodNews() {
        HostId loom = server.host("loom");
        plan("nightly");
        Job job = server.begun(loom, "nightly");
        server.fails(job, "no route to the media server");
        logIn("ada", Role.AUDITOR);
        Locator troubles = page.locator("section", new Page.LocatorOptions().setHas(heading("What went wrong last")));
        assertThat(troubles).containsText("no route to the media server");
        assertThat(troubles).not().containsText("Nothing");
        link("Jobs").click();
        page.getByLabel("State").selectOption("queued");
        button("Show").click();
        page.locator("tbody a").first().click();
        assertThat(page.locator("#job-state")).containsText("failed, and waits to be tried again");
    }

    @Test
    void whatRunsIsSeenOnTheOverviewWithoutLoadingIt() {
        HostId loom = server.host("loom");
        plan("nightly");
        logIn("ada", Role.ADMINISTRATOR);
        assertThat(page.locator("#busy-jobs")).containsText("No job runs or waits.");
        Job job = server.begun(loom, "nightly");
        server.report(job, 1 << 20, 4 << 20, 0);
        assertThat(page.locator("#busy-jobs")).containsText("1.00 MiB");
        assertThat(page.locator("#busy-jobs progress")).hasAttribute("max", Integer.toString(4 << 20));
    }

    @Test
    void aJobIsWatchedToItsEnd() {
        HostId loom = server.host("loom");
        plan("nightly");
        Job job = server.begun(loom, "nightly");
        server.report(job, 100, 1_000, 0, "/home/a: cannot be read");
        logIn("ada", Role.ADMINISTRATOR);
        page.navigate(server.url("/jobs/" + job.id().text()));
        assertThat(page.locator("#job-events li")).hasCount(1);
        assertThat(button("Cancel")).isVisible();
        assertThat(button("Run again")).isHidden();
        page.evaluate("window.sameDocument = true");
        server.report(job, 500, 1_000, 1, "/home/b: has changed", "/home/c: is gone");
        assertThat(page.locator("#job-state progress")).hasAttribute("value", "500");
        assertThat(page.locator("#job-events li")).hasCount(3);
        assertThat(page.locator("#job-events li").last()).containsText("/home/c: is gone");
        server.end(job, JobState.DONE, "");
        assertThat(page.locator("#job-state .state")).hasText("done");
        assertThat(page.locator("#job-state")).containsText("300 B");
        assertThat(button("Run again")).isVisible();
        assertThat(button("Cancel")).isHidden();
        assertThat(page.evaluate("window.sameDocument"))
                .as("the page was loaded once")
                .isEqualTo(true);
        assertThat(page.locator("#job-events li")).hasCount(3);
        button("Run again").click();
        assertThat(page.locator("#job-state .state")).hasText("queued");
        button("Cancel").click();
        assertThat(page.locator("#job-state .state")).hasText("cancelled");
    }

    @Test
    void whatStrangersWriteIsShownAndDoesNothing() {
        String hostile = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>";
        HostId host = server.host(hostile, "<b>group</b>");
        plan("nightly");
        Job failed = server.begun(host, "nightly");
        server.report(failed, 1, 2, 0, "<script>alert(3)</script> \u202etxt.exe \u0007");
        server.end(failed, JobState.FAILED, "</p><svg onload=alert(4)>");
        Job job = server.begun(host, "nightly");
        server.report(job, 1, 2, 0, "<img src=x onerror=alert(5)>");
        logIn("ada", Role.ADMINISTRATOR);
        assertThat(page.locator("main")).containsText("</p><svg onload=alert(4)>");
        for (String path : List.of(
                "/hosts",
                "/hosts/" + Formats.segment(hostile),
                "/jobs",
                "/jobs/" + job.id().text())) {
            page.navigate(server.url(path));
            assertThat(page.locator("main")).containsText(hostile);
        }
        server.report(job, 2, 2, 1, "<svg onload=alert(6)>");
        assertThat(page.locator("#job-events li").last()).containsText("<svg onload=alert(6)>");
        page.navigate(server.url("/jobs/" + failed.id().text()));
        assertThat(page.locator("#job-events")).containsText("<script>alert(3)</script> \\u202etxt.exe \\x07");
        page.navigate(server.url("/hosts?q=" + Formats.segment(hostile)));
        assertThat(page.getByLabel("Name")).hasValue(hostile);
        assertThat(page.locator("main img, main script, #list svg")).hasCount(0);
    }

    @Test
    void whoMayNotSeesNoButtonsAndIsRefused() {
        HostId loom = server.host("loom");
        plan("nightly");
        Job job = server.begun(loom, "nightly");
        server.end(job, JobState.FAILED, "no disk");
        String id = job.id().text();
        logIn("eve", Role.AUDITOR);
        for (String path : List.of("/", "/hosts", "/hosts/loom", "/jobs/" + id, "/plans", "/plans/nightly")) {
            page.navigate(server.url(path));
            assertThat(page.locator("main form:not([role=search]), main .button"))
                    .hasCount(0);
        }
        assertThat(link("Users")).hasCount(0);
        for (String path : List.of(
                "/users",
                "/tokens",
                "/new-plan",
                "/plans/nightly/edit",
                "/plans/nightly/delete",
                "/protect",
                "/hosts/loom/remove")) {
            assertThat(page.navigate(server.url(path)).status()).as(path).isEqualTo(403);
            assertThat(page.locator("main")).containsText("eve may not do that");
        }
        for (String path : List.of(
                "/jobs/" + id + "/again",
                "/jobs/" + id + "/cancel",
                "/plans/nightly/run",
                "/plans/nightly/delete",
                "/edit-plan",
                "/protect",
                "/hosts/loom",
                "/hosts/loom/remove",
                "/users",
                "/users/eve/password",
                "/users/eve/remove",
                "/tokens",
                "/tokens/AAAAAAAAAAA/revoke")) {
            Object answer = page.evaluate(
                    "path => fetch(path, {method: 'POST', body: new URLSearchParams({text: 'x'})})"
                            + ".then(async a => a.status + ' ' + (await a.text()).includes('eve may not do that'))",
                    path);
            assertThat(answer).as(path).isEqualTo("403 true");
        }
        assertThat(server.catalog().jobs().of("nightly", 10)).hasSize(1);
        assertThat(server.catalog().plans().all()).hasSize(1);
    }

    @Test
    void whoSeesSomeGroupsSeesNothingElse() {
        HostId mine = server.host("mine", "berlin");
        HostId other = server.host("other", "munich");
        plan("nightly");
        server.end(server.begun(mine, "nightly"), JobState.FAILED, "mine failed");
        Job theirs = server.begun(other, "nightly");
        server.end(theirs, JobState.FAILED, "the other failed");
        logIn("bert", Role.OPERATOR, "berlin");
        assertThat(page.locator("main")).containsText("0 of 1 host");
        assertThat(page.locator("main")).containsText("mine failed");
        assertThat(page.locator("main")).not().containsText("other");
        page.navigate(server.url("/hosts"));
        assertThat(page.locator("#list tbody tr")).hasCount(1);
        for (String path : List.of("", "/live")) {
            page.navigate(server.url("/jobs/" + theirs.id().text() + path));
            assertThat(page.locator("main")).containsText("there is no job");
        }
        assertThat(page.navigate(server.url("/hosts/other")).status()).isEqualTo(404);
    }

    @Test
    void hostsAreFoundWhileSomebodyWrites() {
        IntStream.range(0, 120).forEach(i -> server.host("web%03d".formatted(i)));
        server.host("database", "berlin");
        logIn("ada", Role.ADMINISTRATOR);
        link("Hosts").click();
        assertThat(page.locator("#list tbody tr")).hasCount(100);
        link("Next page").click();
        assertThat(page.locator("#list tbody tr")).hasCount(21);
        page.navigate(server.url("/hosts"));
        page.getByLabel("Name").pressSequentially("web00");
        assertThat(page.locator("#list tbody tr")).hasCount(10);
        assertThat(page).hasURL(Pattern.compile(".*q=web00.*"));
        page.getByLabel("Name").fill("nothing");
        assertThat(page.locator("#list")).containsText("No host fits.");
        page.getByLabel("Name").fill("");
        page.getByLabel("Group").fill("berlin");
        assertThat(page.locator("#list tbody tr")).hasCount(1);
        link("database").click();
        page.getByLabel("Tags").fill("production, sql");
        button("Save").click();
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("The change is saved.");
        assertThat(server.catalog().hosts().named("database").orElseThrow().tags())
                .isEqualTo(Set.of("production", "sql"));
        link("Remove").click();
        button("Remove it").click();
        assertThat(server.catalog().hosts().named("database")).isEmpty();
    }

    @Test
    void aPlanIsWrittenMendedChangedAndDeleted() {
        server.host("loom");
        logIn("ada", Role.OPERATOR);
        link("Plans").click();
        link("Write a plan").click();
        page.getByLabel("Text of the plan").fill("plan: weekly\ncron: \"0 3 * *\"\nsources:\n  - files: [/etc]\n");
        button("Look at it").click();
        assertThat(alert()).containsText("Line 2: cron: the schedule '0 3 * *' has 4 fields");
        assertThat(alert().locator(".wrong")).containsText("cron: \"0 3 * *\"");
        page.getByLabel("Text of the plan")
                .fill("plan: weekly\ncron: \"0 3 * * sun\"\nzone: Europe/Berlin\nsources:\n  - files: [/etc]\n");
        button("Look at it").click();
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("about 1 host now");
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("It is a new plan, “weekly”");
        assertThat(page.locator(".calendar .run").first()).hasText("03:00");
        assertThat(server.catalog().plans().all()).isEmpty();
        button("Save").click();
        assertThat(heading("weekly")).isVisible();
        assertThat(page.locator(".calendar caption")).containsText("Europe/Berlin");
        assertThat(page.locator(".calendar td:nth-child(7) .run")).not().hasCount(0);
        assertThat(page.locator(".calendar td:not(:nth-child(7)) .run")).hasCount(0);
        link("Change").click();
        page.getByLabel("Text of the plan")
                .fill("plan: weekly\ncron: \"0 3 * * sun\"\nzone: Europe/Berlin\nsources:\n  - files: [/srv]\n");
        button("Look at it").click();
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("/srv");
        page.getByLabel("Text of the plan")
                .fill(page.getByLabel("Text of the plan").inputValue().replace("plan: weekly", "plan: other"));
        button("Save").click();
        assertThat(alert()).containsText("the text is that of a plan 'other'");
        page.getByLabel("Text of the plan")
                .fill(page.getByLabel("Text of the plan").inputValue().replace("plan: other", "plan: weekly"));
        button("Look at it").click();
        page.getByLabel("Text of the plan")
                .fill(page.getByLabel("Text of the plan").inputValue() + "select: {hosts: [database]}\n");
        button("Save").click();
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("Not any more: loom; their snapshots stay");
        plan("weekly");
        button("Save").click();
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("30 1 * * * → 0 3 * * sun");
        page.getByLabel("Text of the plan")
                .fill(page.getByLabel("Text of the plan").inputValue().replace("select: {hosts: [database]}\n", ""));
        button("Look again").click();
        button("Save").click();
        assertThat(page.locator("pre.yaml")).containsText("/srv");
        button("Run now").click();
        assertThat(page.locator("#job-state")).containsText("queued");
        page.navigate(server.url("/plans/weekly"));
        link("Delete").click();
        link("Leave it").click();
        link("Delete").click();
        button("Delete it").click();
        assertThat(page.locator("main")).containsText("There is no plan yet.");
        assertThat(server.catalog().plans().all()).isEmpty();
    }

    @Test
    void usersAndTokensAreMadeAndTakenBack() {
        logIn("ada", Role.ADMINISTRATOR);
        link("Users").click();
        page.getByLabel("Name").fill("bert");
        page.getByLabel("Password").fill("a good password");
        page.getByLabel("Role").selectOption("auditor");
        page.getByLabel("Groups of hosts").fill("berlin, munich");
        button("Add").click();
        assertThat(page.locator("tbody")).containsText("berlin, munich");
        page.getByLabel("Name").fill("bert");
        page.getByLabel("Password").fill("a good password");
        button("Add").click();
        assertThat(alert()).containsText("there is a user 'bert' already");
        link("Users").click();
        page.locator("tr", new Page.LocatorOptions().setHasText("bert"))
                .getByText("Remove")
                .click();
        button("Remove it").click();
        assertThat(server.catalog().users().named("bert")).isEmpty();
        page.locator("tr", new Page.LocatorOptions().setHasText("ada"))
                .getByText("Remove")
                .click();
        button("Remove it").click();
        assertThat(page.locator("main")).containsText("no administrator would be left");

        link("Tokens").click();
        page.getByLabel("How many machines").fill("5");
        button("Make a token").first().click();
        assertThat(page.locator(".secret")).containsText("hf_enrol_");
        assertThat(page.locator("main")).containsText("holdfast agent enroll " + server.url(""));
        link("Tokens").click();
        assertThat(page.locator(".secret")).hasCount(0);
        assertThat(page.locator("tbody")).containsText("0 of 5");
        button("Make a token").last().click();
        assertThat(page.locator(".secret")).containsText("hf_api_");
        page.getByText("Revoke").first().click();
        assertThat(page.locator("tbody")).containsText("revoked");
    }

    @Test
    void aKeyboardIsEnough() {
        server.host("loom");
        logIn("ada", Role.ADMINISTRATOR);
        page.navigate(server.url("/hosts"));
        page.keyboard().press("Tab");
        assertThat(link("Skip to the content")).isFocused();
        assertThat(link("Skip to the content")).isInViewport();
        page.keyboard().press("Enter");
        assertThat(page.locator("main")).isFocused();
        page.keyboard().press("Tab");
        assertThat(link("Add a machine")).isFocused();
        page.keyboard().press("Tab");
        assertThat(page.getByLabel("Name")).isFocused();
        page.keyboard().type("loom");
        page.keyboard().press("Enter");
        assertThat(page).hasURL(Pattern.compile(".*q=loom.*"));
    }

    @Test
    void withoutScriptsItGoes() {
        page.context().close();
        page = chromium.page(Chromium.options().setJavaScriptEnabled(false));
        HostId loom = server.host("loom");
        server.host("spindle");
        plan("nightly");
        Job job = server.begun(loom, "nightly");
        logIn("ada", Role.ADMINISTRATOR);
        link("Hosts").click();
        page.getByLabel("Name").fill("spin");
        button("Search").click();
        assertThat(page.locator("#list tbody tr")).hasCount(1);
        page.navigate(server.url("/jobs/" + job.id().text()));
        server.report(job, 500, 1_000, 0);
        link("load this page again").click();
        assertThat(page.locator("progress")).hasAttribute("value", "500");
        button("Cancel").click();
        assertThat(page.locator("#job-state")).containsText("will stop soon");
    }

    @Test
    void narrowScreensNeedNoScrollingToTheSide() {
        page.context().close();
        page = chromium.page(Chromium.options().setViewportSize(360, 740));
        HostId loom = server.host("loom");
        plan("nightly");
        Job job = server.begun(loom, "nightly");
        server.end(job, JobState.FAILED, "/a/very/long/path/without/any/place/to/break".repeat(5));
        logIn("ada", Role.ADMINISTRATOR);
        for (String path : List.of(
                "/",
                "/hosts",
                "/hosts/loom",
                "/jobs",
                "/jobs/" + job.id().text(),
                "/plans/nightly",
                "/new-plan",
                "/users",
                "/tokens",
                "/protect")) {
            page.navigate(server.url(path));
            assertThat(page.evaluate("document.documentElement.scrollWidth"))
                    .as(path)
                    .isEqualTo(360);
        }
    }
}
