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

        assertThat(page.locator("#job-state .state")).hasText("done", PATIENTLY);
        assertThat(page.locator("#job-state")).containsText("200");
        assertThat(page.locator("#job-state tbody tr")).hasCount(1);
        picture("job");

        Path odd = server.plan("broken", "{command: [sh, -c, 'echo no disk >&2; exit 3'], name: x}");
        page.navigate(server.url() + "/new-plan");
        page.getByLabel("Text of the plan").fill(Files.readString(odd) + "retries: {count: 0}\n");
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
}
