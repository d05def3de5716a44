package io.holdfast.cli;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a stranger does with a server that was just started: all of it real, the server, its agent and the browser. */
@Tag("slow")
final class ConsoleInBrowserTest {
    private static final LocatorAssertions.HasTextOptions PATIENTLY =
            new LocatorAssertions.HasTextOptions().setTimeout(60_000);
    /** Where pictures for the documentation go, if somebody wants them. */
    private static final String PICTURES = System.getProperty("holdfast.pictures", "");

    @TempDir
    private Path root;

    private TestServer server;
    private Playwright playwright;
    private Browser browser;
    private Page page;
    private Path data;

    @BeforeEach
    void start() throws IOException {
        if (!PICTURES.isEmpty()) {
            // A place whose paths may be shown.
            root = Files.createDirectories(Path.of(PICTURES));
        }
        server = TestServer.startWithoutAdministrator(root);
        data = Files.createDirectories(root.resolve("photos"));
        for (int i = 0; i < 200; i++) {
            Files.writeString(data.resolve("picture-" + i), "picture " + i);
        }
        playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(Path.of("/usr/bin/chromium"))
                        .setArgs(List.of("--no-sandbox", "--disable-dev-shm-usage")));
        page = browser.newContext(new Browser.NewContextOptions()
                        .setIgnoreHTTPSErrors(true)
                        .setViewportSize(1_100, 800)
                        .setLocale("en-GB"))
                .newPage();
    }

    @AfterEach
    void stop() {
        playwright.close();
        server.close();
    }

    private Locator button(String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private Locator field(String label) {
        return page.getByLabel(label, new Page.GetByLabelOptions().setExact(true));
    }

    private void picture(String name) {
        if (!PICTURES.isEmpty()) {
            page.screenshot(new Page.ScreenshotOptions().setPath(Path.of(PICTURES, name + ".png")));
        }
    }

    @Test
    void aFolderIsProtectedAndAFailureExplained() throws IOException {
        page.navigate(server.url() + "/first/" + server.offerFirst().orElseThrow());
        picture("first");
        field("Name").fill("ada");
        field("Password").fill("three small words");
        field("The password once more").fill("three small words");
        button("Begin").click();

        field("Folder").fill(data + "/nothing");
        button("Look at it").click();
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("there is no " + data + "/nothing on this machine");
        field("Folder").fill(data.toString());
        page.getByText("Monday to Friday").click();
        field("Name of the plan").fill("photos");
        picture("protect");
        button("Look at it").click();
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("on the same file system as this folder");
        assertThat(page.locator("pre.yaml")).containsText("30 1 * * mon-fri");
        assertThat(page.locator("pre.yaml")).containsText(data.toString());
        picture("protect-check");
        button("Back").click();
        assertThat(field("Folder")).hasValue(data.toString());
        assertThat(page.getByLabel("Monday to Friday")).isChecked();
        button("Look at it").click();
        button("Save the plan and run it now").click();

        assertThat(page.locator("h1")).hasText("Recovery sheet of main");
        assertThat(page.locator(".sheet pre.secret")).containsText("-");
        picture("sheet");
        button("Confirm").click();
        assertThat(page.locator("h1")).hasText("Recovery sheet of main");
        page.getByLabel("I have printed this sheet").check();
        button("Confirm").click();

        assertThat(page.locator("#job-state .state")).hasText("done", PATIENTLY);
        assertThat(page.locator("#job-state")).containsText("200");
        assertThat(page.locator("#job-state tbody tr")).hasCount(1);
        picture("job");

        Path odd = server.plan("broken", "{command: [sh, -c, 'echo no disk >&2; exit 3'], name: x}");
        page.navigate(server.url() + "/new-plan");
        page.getByLabel("Text of the plan").fill(Files.readString(odd) + "retries: {count: 0}\n");
        button("Look at it").click();
        button("Save").click();
        button("Run now").click();
        assertThat(page.locator("#job-state .cause")).containsText("no disk", patiently());
        picture("failed");
        page.navigate(server.url() + "/");
        assertThat(page.locator("main")).containsText("1 of 1 host");
        assertThat(page.locator(".troubles")).containsText("no disk");
        picture("overview");
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.DARK));
        picture("overview-dark");
        page.navigate(server.url() + "/plans/photos");
        picture("plan-dark");
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.LIGHT));
        picture("plan");
        page.setViewportSize(390, 800);
        picture("plan-narrow");
        page.navigate(server.url() + "/");
        picture("overview-narrow");
    }

    private static LocatorAssertions.ContainsTextOptions patiently() {
        return new LocatorAssertions.ContainsTextOptions().setTimeout(60_000);
    }

    /** A snapshot of the photos, through the API that the pages use. */
    private void protect() throws IOException {
        page.navigate(server.url() + "/first/" + server.offerFirst().orElseThrow());
        field("Name").fill("ada");
        field("Password").fill("three small words");
        field("The password once more").fill("three small words");
        button("Begin").click();
        field("Folder").fill(data.toString());
        field("Name of the plan").fill("photos");
        button("Look at it").click();
        button("Save the plan and run it now").click();
        page.getByText("Later", new Page.GetByTextOptions().setExact(true)).click();
        assertThat(page.locator("#job-state .state")).hasText("done", PATIENTLY);
    }

    private void openTheSnapshot() {
        page.navigate(server.url() + "/snapshots");
        page.locator("tbody tr a").first().click();
        assertThat(page.locator("h1")).hasText(data.toString());
    }

    @Test
    void whatWasSavedIsFoundAndComesBack() throws IOException {
        Files.writeString(HostPaths.path(Names.bytes(data + "/na\udcefve")), "not UTF-8");
        Path album = Files.createDirectories(data.resolve("album"));
        Files.writeString(album.resolve("cover"), "cover");
        protect();
        page.navigate(server.url() + "/");
        assertThat(page.locator(".warning")).containsText("recovery sheet of main");
        openTheSnapshot();
        String snapshot = page.url();
        assertThat(page.locator("main")).containsText("na\\xefve");
        picture("snapshot");
        page.getByLabel("Choose na\\xefve").check();
        page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("album/"))
                .click();
        page.getByLabel("Choose cover").check();
        assertThat(page.locator("[data-chosen-count]")).hasText("2 chosen");
        page.getByLabel("Find in this snapshot").fill("picture-4?");
        button("Find").click();
        assertThat(page.locator("tbody tr")).hasCount(10);
        page.getByLabel("Choose " + data + "/picture-42").check();
        assertThat(page.locator("[data-chosen-count]")).hasText("3 chosen");
        picture("found");

        button("Restore…").click();
        assertThat(page.locator("main")).containsText("3 things are chosen");
        Path back = root.resolve("back");
        field("Directory on the host").fill(back.toString());
        button("Look at it").click();
        picture("restore-check");
        button("Restore").click();
        assertThat(page.locator("#job-state .state")).hasText("done", PATIENTLY);
        String below = back + data.toString();
        assertEquals("picture 42", Path.of(below, "picture-42"));
        assertEquals("cover", Path.of(below, "album/cover"));
        assertEquals("not UTF-8", HostPaths.path(Names.bytes(below + "/na\udcefve")));
        assertThat(Files.exists(Path.of(below, "picture-41"))).isFalse();

        Files.writeString(data.resolve("picture-7"), "spoilt");
        page.navigate(snapshot + "?from=picture-7");
        assertThat(page.locator("tbody tr").first()).containsText("picture-7");
        page.locator("tbody tr").first().getByRole(AriaRole.LINK).last().click();
        assertThat(page.locator("h1")).containsText("Versions of");
        button("Restore").click();
        page.getByLabel("Where it came from").check();
        button("Look at it").click();
        assertThat(page.locator(".warning")).containsText(data + "/picture-7");
        button("Restore").click();
        assertThat(page.getByRole(AriaRole.ALERT).first()).containsText("nobody has confirmed");
        assertEquals("spoilt", data.resolve("picture-7"));
        page.getByLabel("I want these files").check();
        button("Restore").click();
        assertThat(page.locator("#job-state .state")).hasText("done", PATIENTLY);
        assertEquals("picture 7", data.resolve("picture-7"));
    }

    private static void assertEquals(String content, Path file) throws IOException {
        assertThat(Files.readString(file)).isEqualTo(content);
    }

    @Test
    @Tag("root")
    void aDatabaseComesBackUnderAnotherName() throws IOException {
        DatabaseClient.mariadb(
                "DROP DATABASE IF EXISTS page_shop; DROP DATABASE IF EXISTS page_copy;"
                        + " CREATE DATABASE page_shop; USE page_shop; CREATE TABLE page_shop.t AS SELECT seq FROM seq_1_to_1000");
        protect();
        Path plan = server.plan(
                "databases",
                "{mariadb: {connection: " + DatabaseClient.optionFile(root)
                        + ", databases: [page_shop], accounts: false}}");
        page.navigate(server.url() + "/new-plan");
        page.getByLabel("Text of the plan").fill(Files.readString(plan));
        button("Look at it").click();
        button("Save").click();
        button("Run now").click();
        assertThat(page.locator("#job-state .state")).hasText("done", PATIENTLY);
        page.navigate(server.url() + "/snapshots");
        page.locator("tbody tr", new Page.LocatorOptions().setHasText("mariadb:page_shop.dump"))
                .locator("a")
                .first()
                .click();
        page.getByText("Restore into a database server…").click();
        button("Look at it").click();
        assertThat(page.locator("main")).containsText("stays, and nothing is restored");
        button("Back").click();
        page.getByLabel("Replace a database of that name").check();
        page.getByLabel("Name of the database there").fill("page_copy");
        picture("restore-database");
        button("Look at it").click();
        button("Restore").click();
        assertThat(page.getByRole(AriaRole.ALERT).first()).containsText("nobody has confirmed that");
        page.getByLabel("I want this database").check();
        button("Restore").click();
        assertThat(page.locator("#job-state .state")).hasText("done", PATIENTLY);
        assertThat(DatabaseClient.mariadb("SELECT count(*) FROM page_copy.t")).isEqualTo("1000\n");
        DatabaseClient.mariadb("DROP DATABASE page_shop; DROP DATABASE page_copy");
    }

    @Test
    void whatAChangedPlanLosesIsSaidBeforeItIsSaved() throws IOException {
        protect();
        page.navigate(server.url() + "/plans/photos");
        button("Run now").click();
        assertThat(page.locator("#job-state .state")).hasText("done", PATIENTLY);
        page.navigate(server.url() + "/plans/photos/edit");
        Locator text = page.getByLabel("Text of the plan");
        text.fill(text.inputValue().replaceAll("(?s)keep:.*", "keep: {last: 1}\n"));
        button("Look at it").click();
        Locator preview = page.getByRole(AriaRole.STATUS);
        assertThat(preview).containsText("1 snapshot is not kept by these rules");
        assertThat(preview).containsText("about 1 host now");
        assertThat(preview).containsText("keep");
        assertThat(preview.locator(".calendar .run")).not().hasCount(0);
        picture("plan-preview");
        page.navigate(server.url() + "/plans/photos");
        assertThat(page.locator("pre.yaml")).not().containsText("last: 1");
    }

    /** Over all hosts, also what is gone. */
    @Test
    void namesAreFoundOnAllHosts() throws IOException {
        protect();
        String found = server.url() + "/search?q=" + "PICTURE-4*";
        long end = System.nanoTime() + 60_000_000_000L;
        do {
            page.navigate(found);
        } while (page.locator("tbody tr").count() == 0 && System.nanoTime() < end);
        assertThat(page.locator("tbody tr")).hasCount(11);
        picture("search");
        page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName(data + "/picture-42"))
                .first()
                .click();
        assertThat(page.locator("h1")).containsText("Versions of");
        page.getByRole(
                        AriaRole.LINK,
                        new Page.GetByRoleOptions().setName("Search").setExact(true))
                .click();
        field("Name").fill("no such name");
        button("Search").click();
        assertThat(page.locator("main")).containsText("Nothing fits.");
    }

    @Test
    void whatIsDownloadedIsWhole() throws IOException {
        protect();
        openTheSnapshot();
        Path one = page.waitForDownload(() -> page.getByText("picture-11", new Page.GetByTextOptions().setExact(true))
                        .click())
                .path();
        assertEquals("picture 11", one);
        field("Choose picture-12").check();
        Path some = page.waitForDownload(() ->
                        page.locator(".chosen").getByText("Download as zip").click())
                .path();
        try (ZipFile zip = new ZipFile(some.toFile())) {
            assertThat(zip.stream().map(ZipEntry::getName).toList())
                    .containsExactly(data.toString().substring(1) + "/picture-12");
        }
    }

    @Test
    void whoeverMayNotSeesNoButtonAndIsRefused() throws IOException {
        protect();
        openTheSnapshot();
        String snapshot = page.url().replaceFirst("\\?.*", "");
        page.navigate(server.url() + "/users");
        field("Name").fill("ben");
        field("Password").fill("another good password");
        page.getByLabel("Role").selectOption("auditor");
        button("Add").click();
        Page his = browser.newContext(new Browser.NewContextOptions().setIgnoreHTTPSErrors(true))
                .newPage();
        his.navigate(server.url() + "/login");
        his.getByLabel("User").fill("ben");
        his.getByLabel("Password").fill("another good password");
        his.getByRole(AriaRole.BUTTON).click();
        his.navigate(server.url() + "/snapshots");
        assertThat(his.locator("tbody")).containsText(data.toString());
        assertThat(his.locator("tbody a[href^='/snapshots/']")).hasCount(0);
        assertThat(his.navigate(snapshot).status()).isEqualTo(403);
        for (String what : List.of("/restore", "/restore/start", "/download")) {
            assertThat(his.evaluate(
                            "address => fetch(address, {method: 'POST', body: new URLSearchParams()})"
                                    + ".then(answer => answer.status)",
                            snapshot + what))
                    .as(what)
                    .isEqualTo(403);
        }
        assertThat(his.navigate(server.url() + "/repositories/main/sheet").status())
                .isEqualTo(403);
        his.navigate(server.url() + "/audit?action=snapshot.read");
        assertThat(his.locator("tbody")).containsText("ada");
        his.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Verify the chain"))
                .click();
        assertThat(his.locator(".notice")).containsText("The chain is whole");
        assertThat(server.logged()).noneMatch(line -> line.contains("defect"));
    }

    @Test
    void pagesFitNarrowScreensAndTheDark() throws IOException {
        protect();
        openTheSnapshot();
        String snapshot = page.url().replaceFirst("\\?.*", "");
        for (String path : List.of(
                "/snapshots",
                "/repositories",
                "/repositories/main",
                "/media",
                "/audit",
                "/about",
                "/repositories/main/sheet")) {
            page.navigate(server.url() + path);
            picture(path.substring(1).replace('/', '-'));
        }
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.DARK));
        page.setViewportSize(360, 800);
        for (String address : List.of(
                server.url() + "/snapshots",
                snapshot,
                snapshot + "/find?pattern=7",
                snapshot + "/versions?path=" + data,
                server.url() + "/repositories",
                server.url() + "/repositories/main",
                server.url() + "/repositories/main/sheet",
                server.url() + "/media",
                server.url() + "/audit",
                server.url() + "/about")) {
            page.navigate(address);
            assertThat(page.locator("h1")).isVisible();
            assertThat(page.evaluate("document.documentElement.scrollWidth"))
                    .as(address)
                    .isEqualTo(360);
            picture("narrow-" + address.substring(server.url().length() + 1).replaceAll("[^a-z]+", "-"));
        }
        page.navigate(snapshot);
        assertThat(page.evaluate("[...document.querySelectorAll('input:not([type=hidden]),select,textarea')]"
                        + ".filter(field => !field.labels.length && !field.ariaLabel).length"))
                .as("fields without a label")
                .isEqualTo(0);
    }
}
