package io.holdfast.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import io.holdfast.catalog.Role;
import io.holdfast.core.WallClock;
import io.holdfast.testkit.Authenticator;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One-time codes in a real browser. */
@Tag("slow")
class AccountTest {
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
        server.user("ada", Role.ADMINISTRATOR);
        page = chromium.page();
    }

    @AfterEach
    void stop() {
        page.context().close();
        server.close();
        assertThat(chromium.complaints()).as("what the browser complains about").isEmpty();
        assertThat(server.defects()).isEmpty();
    }

    private Locator button(String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private Locator heading(String name) {
        return page.getByRole(
                AriaRole.HEADING, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private void logIn(String password) {
        page.getByLabel("User").fill("ada");
        page.getByLabel("Password").fill(password);
        button("Log in").click();
    }

    /** Switches codes on, and gives the phone and the recovery codes. */
    private Authenticator switchOn() {
        page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("ada").setExact(true))
                .click();
        page.getByLabel("Password").fill("wrong password");
        button("Switch codes on…").click();
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("not right together");
        page.getByLabel("Password").fill(ConsoleServer.PASSWORD);
        button("Switch codes on…").click();
        assertThat(page.getByRole(AriaRole.IMG)).isVisible();
        Authenticator phone = new Authenticator(page.locator("pre.secret").innerText());
        page.getByLabel("The first code").fill("abc");
        button("Switch codes on").click();
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("code is wrong");
        page.getByLabel("The first code").fill(phone.code(WallClock.system().instant()));
        button("Switch codes on").click();
        assertThat(heading("Recovery codes of ada")).isVisible();
        return phone;
    }

    @Test
    void aLoginAsksForTheCodeOnlyAfterTheRightPassword() {
        page.navigate(server.url("/"));
        logIn(ConsoleServer.PASSWORD);
        Authenticator phone = switchOn();
        List<String> codes =
                page.locator("pre.secret").innerText().strip().lines().toList();
        assertThat(codes).hasSize(10);
        page.getByText("I have them").click();
        assertThat(page.locator("main")).containsText("10 recovery codes are left");

        button("Log out").click();
        page.navigate(server.url("/hosts"));
        logIn("wrong password");
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("not right together");
        logIn(ConsoleServer.PASSWORD);
        assertThat(heading("One-time code")).isVisible();
        page.getByLabel("Code of your phone").fill("abc");
        button("Log in").click();
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("code is wrong");
        page.getByLabel("Code of your phone")
                .fill(phone.nextCode(WallClock.system().instant()));
        button("Log in").click();
        assertThat(heading("Hosts")).isVisible();

        button("Log out").click();
        logIn(ConsoleServer.PASSWORD);
        page.getByLabel("Code of your phone").fill(codes.getFirst());
        button("Log in").click();
        assertThat(heading("Overview")).isVisible();
        page.navigate(server.url("/account"));
        assertThat(page.locator("main")).containsText("9 recovery codes are left");
        page.getByLabel("Password").fill(ConsoleServer.PASSWORD);
        page.getByLabel("One-time code", new Page.GetByLabelOptions().setExact(true))
                .fill(codes.get(1));
        button("Switch codes off").click();
        assertThat(page.locator(".notice")).containsText("asked for no more");
        button("Log out").click();
        logIn(ConsoleServer.PASSWORD);
        assertThat(heading("Overview")).isVisible();
    }

    @Test
    void aLinkFromElsewhereLeadsIn() {
        page.navigate(server.url("/"));
        logIn(ConsoleServer.PASSWORD);
        assertThat(heading("Overview")).isVisible();
        page.route(
                "https://elsewhere.example/**",
                route -> route.fulfill(new Route.FulfillOptions()
                        .setContentType("text/html")
                        .setBody("<a href=\"" + server.url("/jobs?state=failed") + "\">the job</a>"
                                + "<form method=post action=\"" + server.url("/logout")
                                + "\"><button>out</button></form>")));
        page.navigate("https://elsewhere.example/mail");
        page.getByText("the job").click();
        assertThat(heading("Jobs")).isVisible();
        assertThat(page).hasURL(server.url("/jobs?state=failed"));
        page.navigate("https://elsewhere.example/mail");
        button("out").click();
        assertThat(page.locator("body")).containsText("Log in");
        page.navigate(server.url("/jobs"));
        assertThat(heading("Jobs")).isVisible();
        page.context().clearCookies();
        page.navigate("https://elsewhere.example/mail");
        page.getByText("the job").click();
        assertThat(heading("Log in")).isVisible();
    }

    @Test
    void anAdministratorResetsCodes() {
        page.navigate(server.url("/"));
        logIn(ConsoleServer.PASSWORD);
        Authenticator ignored = switchOn();
        page.navigate(server.url("/users"));
        assertThat(page.locator("tbody tr")).containsText("on");
        page.getByText("Reset codes").click();
        button("Reset codes").click();
        assertThat(page.locator(".notice")).containsText("by the password alone");
        assertThat(page.getByText("Reset codes")).hasCount(0);
    }
}
