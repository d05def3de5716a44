package io.holdfast.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobState;
import io.holdfast.catalog.Role;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the console answers to requests, also to those that no page of its own makes. */
class ConsoleRequestsTest {
    @TempDir
    private Path directory;

    private ConsoleServer server;
    private HttpClient client;

    @BeforeEach
    void start() throws Exception {
        server = new ConsoleServer(directory);
        server.user("ada", Role.ADMINISTRATOR);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Trusting()}, null);
        client = HttpClient.newBuilder().sslContext(context).build();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
        assertThat(server.defects()).isEmpty();
    }

    private HttpRequest.Builder request(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url(path)));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return request;
    }

    private HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        return client.send(request(path, headers).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String form, String... headers)
            throws IOException, InterruptedException {
        return client.send(
                request(path, headers)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(BodyPublishers.ofString(form))
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpResponse<String> logIn(String next, String... headers) throws IOException, InterruptedException {
        return logInAs("ada", next, headers);
    }

    private HttpResponse<String> logInAs(String user, String next, String... headers)
            throws IOException, InterruptedException {
        return post(
                "/login",
                "user=" + user + "&password=" + URLEncoder.encode(ConsoleServer.PASSWORD, StandardCharsets.UTF_8)
                        + "&next=" + URLEncoder.encode(next, StandardCharsets.UTF_8),
                headers);
    }

    private String cookie() throws IOException, InterruptedException {
        return cookie("ada");
    }

    private String cookie(String user) throws IOException, InterruptedException {
        String cookie = logInAs(user, "/", "Sec-Fetch-Site", "same-origin")
                .headers()
                .firstValue("Set-Cookie")
                .orElseThrow();
        assertThat(cookie).contains("; Secure; HttpOnly; SameSite=Strict");
        return cookie.substring(0, cookie.indexOf(';'));
    }

    private static String location(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isEqualTo(303);
        return answer.headers().firstValue("Location").orElseThrow();
    }

    @Test
    void whoeverIsNotKnownIsSentToTheLogin() throws Exception {
        assertThat(location(get("/"))).isEqualTo("/login");
        assertThat(location(get("/hosts/a%2Fb"))).isEqualTo("/login?next=%2Fhosts%2Fa%252Fb");
        assertThat(location(post("/plans/x/run", ""))).isEqualTo("/login");
        HttpResponse<String> part = get("/overview/busy", "HX-Request", "true");
        assertThat(part.statusCode()).isEqualTo(401);
        assertThat(part.headers().firstValue("HX-Redirect")).hasValue("/login?next=%2Foverview%2Fbusy");
        assertThat(location(get("/hosts", "Cookie", "__Host-holdfast=hs_made_up")))
                .startsWith("/login");
    }

    @Test
    void noOtherPageLogsSomebodyInOrDoesAnything() throws Exception {
        for (String site : List.of("cross-site", "same-site", "none")) {
            assertThat(logIn("/", "Sec-Fetch-Site", site).statusCode()).as(site).isEqualTo(403);
        }
        assertThat(logIn("/", "Origin", "https://evil.example").statusCode()).isEqualTo(403);
        assertThat(location(logIn("/", "Origin", server.url("")))).isEqualTo("/");
        String link = "/first/" + "A".repeat(43);
        assertThat(post(link, "user=x", "Sec-Fetch-Site", "cross-site").statusCode())
                .isEqualTo(403);
        assertThat(post("/users/ada/remove", "", "Cookie", cookie(), "Sec-Fetch-Site", "cross-site")
                        .statusCode())
                .isEqualTo(403);
        assertThat(server.catalog().users().named("ada")).isPresent();
    }

    @Test
    void theLoginGoesToPlacesOfThisServerAlone() throws Exception {
        assertThat(location(logIn("/hosts?q=x", "Sec-Fetch-Site", "same-origin")))
                .isEqualTo("/hosts?q=x");
        for (String place : List.of("https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:x")) {
            assertThat(location(logIn(place, "Sec-Fetch-Site", "same-origin")))
                    .as(place)
                    .isEqualTo("/");
        }
    }

    @Test
    void linksForTheFirstAreOfNoUseOnceThereIsAnAdministrator() throws Exception {
        assertThat(get("/first/" + "A".repeat(43)).statusCode()).isEqualTo(410);
        assertThat(post(
                                "/first/" + "A".repeat(43),
                                "user=eve&password=a+good+password&again=a+good+password",
                                "Sec-Fetch-Site",
                                "same-origin")
                        .statusCode())
                .isEqualTo(410);
        assertThat(server.catalog().users().named("eve")).isEmpty();
    }

    @Test
    void pagesAllowNoScriptOfOthersAndAreNotKept() throws Exception {
        HttpResponse<String> answer = get("/", "Cookie", cookie());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Security-Policy").orElse(""))
                .contains("default-src 'none'; script-src 'self'; style-src 'self'")
                .doesNotContain("unsafe");
        assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(answer.body().toLowerCase(Locale.ROOT))
                .doesNotContain("<style")
                .doesNotContainPattern("\\son[a-z]+=")
                .doesNotContainPattern("\\sstyle=");
        Matcher asset = Pattern.compile("(?:href|src)=\"(/assets/[^\"]+)\"").matcher(answer.body());
        int assets = 0;
        while (asset.find()) {
            HttpResponse<String> file = get(asset.group(1));
            assertThat(file.statusCode()).as(asset.group(1)).isEqualTo(200);
            assertThat(file.headers().firstValue("Cache-Control").orElse("")).contains("immutable");
            assets++;
        }
        assertThat(assets).isEqualTo(4);
        assertThat(get("/assets/0000000000000000/console.css").headers().firstValue("Cache-Control"))
                .as("another version than the page's may not be kept for this one")
                .hasValue("no-store");
        assertThat(get("/assets/0/..%2Fpackage-info.class").statusCode()).isEqualTo(404);
    }

    @Test
    void whatIsNotThereIsSaidOnAPage() throws Exception {
        String cookie = cookie();
        for (String path : List.of("/hosts/nobody", "/plans/none", "/jobs/none", "/jobs/" + "0".repeat(32))) {
            HttpResponse<String> answer = get(path, "Cookie", cookie);
            assertThat(answer.statusCode()).as(path).isEqualTo(404);
            assertThat(answer.body()).as(path).contains("<h1>Not there</h1>");
        }
        assertThat(get("/jobs?host=nobody", "Cookie", cookie).body())
                .contains("there is no host &#39;nobody&#39;".replace("&#39;", "'"));
        assertThat(get("/jobs?state=strange", "Cookie", cookie).body()).contains("is none of");
        assertThat(get("/jobs?after=strange", "Cookie", cookie).body()).contains("is not where a page ended");
    }

    @Test
    void aStreamGoesOnWhereABrowserHasLostIt() throws Exception {
        Job job = server.begun(server.host("loom"), "nightly");
        server.report(job, 1, 2, 0, "one", "two", "three");
        server.end(job, JobState.DONE, "");
        String cookie = cookie();
        String path = "/jobs/" + job.id().text() + "/live";
        assertThat(get(path, "Cookie", cookie).body())
                .contains("id=\"event-1\"")
                .contains("id=\"event-3\"");
        assertThat(get(path + "?after=1", "Cookie", cookie).body())
                .doesNotContain("id=\"event-1\"")
                .contains("id=\"event-2\"");
        assertThat(get(path + "?after=1", "Cookie", cookie, "Last-Event-ID", "2")
                        .body())
                .doesNotContain("id=\"event-2\"")
                .contains("id=\"event-3\"")
                .contains("event: end");
    }

    @Test
    void alertsAreShownToThoseWhoseHostsTheyAreAbout() throws Exception {
        server.user("bob", Role.RESTORE_OPERATOR, "berlin");
        var berlin = server.host("web1", "berlin");
        var paris = server.host("web2", "paris");
        assertThat(berlin).isNotEqualTo(paris);
        var alert = server.catalog().alerts().raise("backup-unusual", "web1/nightly//<b>", "unusually small");
        var other = server.catalog().alerts().raise("backup-unusual", "web2/nightly//etc", "unusually large");
        String cookie = cookie();
        assertThat(get("/", "Cookie", cookie).body())
                .contains("web1/nightly//&lt;b&gt;")
                .contains("web2/nightly//etc")
                .contains("/alerts/" + alert.id().text() + "/acknowledge");
        String path = "/alerts/" + alert.id().text() + "/acknowledge";
        assertThat(post(path, "", "Cookie", cookie).statusCode())
                .as("by another page")
                .isEqualTo(403);
        assertThat(location(post(path, "", "Cookie", cookie, "Sec-Fetch-Site", "same-origin")))
                .isEqualTo("/?said=acknowledged");
        assertThat(get("/", "Cookie", cookie).body()).contains("ada knows").doesNotContain(path);
        String ofBob = cookie("bob");
        assertThat(get("/", "Cookie", ofBob).body())
                .contains("web1/nightly")
                .doesNotContain("web2/nightly")
                .doesNotContain("Acknowledge");
        assertThat(post(
                                "/alerts/" + other.id().text() + "/acknowledge",
                                "",
                                "Cookie",
                                ofBob,
                                "Sec-Fetch-Site",
                                "same-origin")
                        .statusCode())
                .isEqualTo(403);
    }

    /** The certificate is of no interest here. */
    private static final class Trusting extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(
                java.security.cert.X509Certificate[] chain, String type, java.net.Socket socket) {}

        @Override
        public void checkServerTrusted(
                java.security.cert.X509Certificate[] chain, String type, java.net.Socket socket) {}

        @Override
        public void checkClientTrusted(
                java.security.cert.X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public void checkServerTrusted(
                java.security.cert.X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public void checkClientTrusted(java.security.cert.X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(java.security.cert.X509Certificate[] chain, String type) {}

        @Override
        public java.security.cert.X509Certificate[] getAcceptedIssuers() {
            return new java.security.cert.X509Certificate[0];
        }
    }
}
