package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdInputStream;
import io.holdfast.http.Json;
import io.holdfast.protocol.api.TreeApi.Difference;
import io.holdfast.protocol.api.TreeApi.DifferenceList;
import io.holdfast.protocol.api.TreeApi.EntryView;
import io.holdfast.protocol.api.TreeApi.MatchPage;
import io.holdfast.protocol.api.TreeApi.TreePage;
import io.holdfast.protocol.api.TreeApi.Version;
import io.holdfast.protocol.api.TreeApi.VersionPage;
import io.holdfast.testkit.SeededRandom;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.ZipInputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the API of a real server tells and gives of snapshots. */
final class SnapshotsOverHttpTest {
    /** Latin-1 for "naïve". */
    private static final String ODD = "na\\xefve";

    @TempDir
    private Path root;

    private TestServer server;
    private TestHome admin;
    private HttpClient client;
    private String token;
    private Path data;

    @BeforeEach
    void start() throws Exception {
        server = TestServer.start(root);
        admin = server.administrator();
        token = token("browse", "restore", "read", "audit");
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream pem = Files.newInputStream(server.authority())) {
            store.setCertificateEntry(
                    "authority", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        client = HttpClient.newBuilder().sslContext(context).build();
        data = Files.createDirectories(root.resolve("data/sub"));
        Files.writeString(data.resolve("one"), "one");
        Files.createLink(data.resolve("one-too"), data.resolve("one"));
        Files.createSymbolicLink(data.resolve("link"), Path.of("one"));
        Files.write(data.resolve("large"), new SeededRandom(5).bytes(9_000_000));
        Files.writeString(HostPaths.path(Names.bytes(data + "/na\udcefve")), "not UTF-8");
        Files.writeString(data.resolve("x".repeat(140)), "a long name");
        Files.setLastModifiedTime(data.resolve("one"), FileTime.from(Instant.parse("2020-02-03T04:05:06Z")));
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private String token(String... scopes) {
        List<String> command = new ArrayList<>(List.of("token", "create"));
        for (String scope : scopes) {
            command.addAll(List.of("--scope", scope));
        }
        return String.valueOf(TestServer.only(admin.json(command.toArray(String[]::new)), "token")
                .get("token"));
    }

    private String backup() throws IOException {
        Path plan = server.plan("nightly", "files: [" + data + "]");
        admin.run("plan", "apply", "-f", plan.toString()).succeeded();
        return TestServer.snapshotOf(TestServer.only(admin.json("job", "run", "nightly", "--wait"), "job"));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private HttpResponse<byte[]> get(String path, String bearer) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create(server.url() + "/api/v1" + path))
                        .header("Authorization", "Bearer " + bearer)
                        .build(),
                BodyHandlers.ofByteArray());
    }

    private <T> T read(String path, Class<T> type) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = get(path, token);
        assertThat(answer.statusCode())
                .as(new String(answer.body(), StandardCharsets.UTF_8))
                .isEqualTo(200);
        return Json.readAnswer(new ByteArrayInputStream(answer.body()), type);
    }

    @Test
    void aDirectoryIsListedInPages() throws Exception {
        String snapshot = backup();
        String place = "/snapshots/" + snapshot + "/tree?limit=2&path=" + encoded(data.toString());
        List<EntryView> all = new ArrayList<>();
        String after = "";
        int pages = 0;
        while (true) {
            TreePage page = read(place + "&after=" + encoded(after), TreePage.class);
            all.addAll(page.items());
            pages++;
            if (page.next().isEmpty()) {
                break;
            }
            after = page.next().get();
        }
        assertThat(pages).isEqualTo(3);
        assertThat(all.stream().map(EntryView::name))
                .containsExactly("large", "link", ODD, "one", "one-too", "x".repeat(140));
        EntryView one = all.get(3);
        assertThat(one.kind()).isEqualTo("file");
        assertThat(one.path()).isEqualTo(data + "/one");
        assertThat(one.modified()).isEqualTo(Instant.parse("2020-02-03T04:05:06Z"));
        assertThat(all.get(1).target()).hasValue("one");
        assertThat(get("/snapshots/" + snapshot + "/tree?path=/nothing", token).statusCode())
                .isEqualTo(404);
        assertThat(get("/snapshots/" + snapshot + "/tree?path=nothing", token).statusCode())
                .isEqualTo(400);
        assertThat(get("/snapshots/" + snapshot + "/tree", token("read")).statusCode())
                .isEqualTo(403);
    }

    @Test
    void namesAreFoundAndChangesTold() throws Exception {
        String first = backup();
        MatchPage found = read("/snapshots/" + first + "/find?pattern=ONE", MatchPage.class);
        assertThat(found.items().stream().map(EntryView::name)).containsExactly("one", "one-too");
        assertThat(read("/snapshots/" + first + "/find?pattern=" + encoded("**/sub/l*"), MatchPage.class)
                        .items())
                .hasSize(2);
        assertThat(found.next()).isEmpty();
        Files.writeString(data.resolve("one"), "eins");
        Files.delete(data.resolve("link"));
        Files.writeString(data.resolve("new"), "new");
        String second = backup();
        Files.writeString(data.resolve("new"), "newer");
        String third = backup();
        DifferenceList differences = read("/snapshots/" + second + "/diff?from=" + first, DifferenceList.class);
        assertThat(differences.items().stream()
                        .filter(each -> !each.kind().equals("directory"))
                        .map(Difference::toString))
                .containsExactlyInAnyOrder(
                        new Difference("-", data + "/link", "symlink").toString(),
                        new Difference("+", data + "/new", "file").toString(),
                        new Difference("M", data + "/one", "file").toString(),
                        new Difference("M", data + "/one-too", "file").toString());
        assertThat(
                        read("/snapshots/" + first + "/versions?path=" + encoded(data + "/one"), VersionPage.class)
                                .items()
                                .stream()
                                .map(Version::snapshot))
                .containsExactly(second, first);
        assertThat(
                        read("/snapshots/" + first + "/versions?path=" + encoded(data + "/new"), VersionPage.class)
                                .items()
                                .stream()
                                .map(Version::snapshot))
                .containsExactly(third, second);
        assertThat(
                        read("/snapshots/" + first + "/versions?path=" + encoded(data + "/link"), VersionPage.class)
                                .items()
                                .stream()
                                .map(version -> version.entry().isPresent()))
                .containsExactly(false, true);
    }

    @Test
    void filesComeAsTheyAre() throws Exception {
        String snapshot = backup();
        HttpResponse<byte[]> large = get("/snapshots/" + snapshot + "/file?path=" + encoded(data + "/large"), token);
        assertThat(large.body()).isEqualTo(Files.readAllBytes(data.resolve("large")));
        assertThat(large.headers().firstValue("Content-Type")).hasValue("application/octet-stream");
        assertThat(large.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        HttpResponse<byte[]> odd = get("/snapshots/" + snapshot + "/file?path=" + encoded(data + "/" + ODD), token);
        assertThat(new String(odd.body(), StandardCharsets.UTF_8)).isEqualTo("not UTF-8");
        assertThat(odd.headers().firstValue("Content-Disposition"))
                .hasValue("attachment; filename=\"na_xefve\"; filename*=UTF-8''na%5Cxefve");
        String file = "/snapshots/" + snapshot + "/file?path=" + encoded(data + "/one");
        assertThat(get(file, token("read", "browse")).statusCode()).isEqualTo(403);
        assertThat(get("/snapshots/" + snapshot + "/file?path=" + encoded(data.toString()), token)
                        .statusCode())
                .isEqualTo(400);
        assertThat(admin.json("audit", "list").stream()
                        .filter(line -> "snapshot.download".equals(line.get("action")))
                        .map(line -> line.get("object")))
                .containsOnly(snapshot)
                .hasSize(2);
    }

    @Test
    void anArchiveHasEverythingUnderItsName() throws Exception {
        String snapshot = backup();
        String place = "/snapshots/" + snapshot + "/archive?path=" + encoded(data.toString()) + "&path="
                + encoded(data + "/one") + "&format=";
        Map<String, TarArchiveEntry> entries = new HashMap<>();
        Map<String, byte[]> contents = new HashMap<>();
        try (TarArchiveInputStream tar = new TarArchiveInputStream(
                new ZstdInputStream(
                        new ByteArrayInputStream(get(place + "tar.zst", token).body())),
                "ISO-8859-1")) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                assertThat(entries.put(entry.getName(), entry)).isNull();
                contents.put(entry.getName(), tar.readAllBytes());
            }
        }
        String base = data.toString().substring(1) + "/";
        assertThat(contents.get(base + "large")).isEqualTo(Files.readAllBytes(data.resolve("large")));
        assertThat(contents.get(base + "na\u00efve")).isEqualTo("not UTF-8".getBytes(StandardCharsets.UTF_8));
        assertThat(entries).containsKey(base + "x".repeat(140));
        assertThat(entry(entries, base + "link").getLinkName()).isEqualTo("one");
        assertThat(entry(entries, base + "one-too").isLink()).isTrue();
        assertThat(entry(entries, base + "one-too").getLinkName()).isEqualTo(base + "one");
        assertThat(entry(entries, base + "one").getLastModifiedDate().toInstant())
                .isEqualTo(Instant.parse("2020-02-03T04:05:06Z"));
        Path zip = root.resolve("all.zip");
        Files.write(zip, get(place + "zip", token).body());
        try (ZipFile file = ZipFile.builder().setPath(zip).get()) {
            ZipArchiveEntry large = file.getEntry(base + "large");
            assertThat(file.getInputStream(large).readAllBytes()).isEqualTo(contents.get(base + "large"));
            assertThat(file.getEntry(base + "link").isUnixSymlink()).isTrue();
            assertThat(file.getEntry(base + ODD)).isNotNull();
        }
        try (ZipInputStream stream = new ZipInputStream(Files.newInputStream(zip))) {
            assertThat(stream.getNextEntry()).as("others read it as a stream").isNotNull();
        }
        assertThat(get(place + "rar", token).statusCode()).isEqualTo(400);
        assertThat(get("/snapshots/" + snapshot + "/archive", token("read", "browse"))
                        .statusCode())
                .isEqualTo(403);
    }

    private static TarArchiveEntry entry(Map<String, TarArchiveEntry> entries, String name) {
        assertThat(entries).containsKey(name);
        return entries.getOrDefault(name, new TarArchiveEntry(name));
    }

    @Test
    void whatIsDamagedNeverLooksWhole() throws Exception {
        String snapshot = backup();
        int hit = 0;
        try (var packs = Files.walk(server.directory().repository())) {
            for (Path pack : packs.filter(Files::isRegularFile).toList()) {
                if (Files.size(pack) > 2_000_000) {
                    byte[] bytes = Files.readAllBytes(pack);
                    for (int i = bytes.length / 2;
                            i < bytes.length / 2 + 2_000_000 && i < bytes.length - 4_096;
                            i += 512) {
                        bytes[i] ^= 0x55;
                    }
                    pack.toFile().setWritable(true);
                    Files.write(pack, bytes);
                    hit++;
                }
            }
        }
        assertThat(hit).isPositive();
        for (String what : List.of(
                "file?path=" + encoded(data + "/large"),
                "archive?format=tar",
                "archive?format=zip",
                "archive?format=tar.zst")) {
            assertThatThrownBy(() -> {
                        HttpResponse<byte[]> answer = get("/snapshots/" + snapshot + "/" + what, token);
                        assertThat(answer.statusCode()).isEqualTo(500);
                        throw new IOException("refused before it began");
                    })
                    .as(what)
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void whoGoesAwayInTheMiddleLeavesNothingBehind() throws Exception {
        Files.write(data.resolve("huge"), new SeededRandom(6).bytes(48_000_000));
        String snapshot = backup();
        String file = "/snapshots/" + snapshot + "/file?path=" + encoded(data + "/huge");
        for (int i = 0; i < 12; i++) {
            HttpResponse<InputStream> answer = client.send(
                    HttpRequest.newBuilder(URI.create(server.url() + "/api/v1" + file))
                            .header("Authorization", "Bearer " + token)
                            .build(),
                    BodyHandlers.ofInputStream());
            try (InputStream body = answer.body()) {
                int read = body.read();
                assertThat(answer.statusCode() == 409 || read >= 0).isTrue();
            }
        }
        long end = System.nanoTime() + 60_000_000_000L;
        int status = 0;
        while (status != 200 && System.nanoTime() < end) {
            status = get(file, token).statusCode();
            LockSupport.parkNanos(100_000_000);
        }
        assertThat(status).isEqualTo(200);
    }
}
