package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.WallClock;
import io.holdfast.testkit.Authenticator;
import io.holdfast.testkit.FakeS3;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** docs/cli.md and the program say the same. */
final class CliContractTest {
    @TempDir
    private Path directory;

    private CommandLineDocument document = read();

    private TestHome home = new TestHome(Path.of("/nonexistent"));

    /** What was printed: for each command and type of line, the lines. */
    private final Map<String, Map<String, List<Map<String, Object>>>> printed = new TreeMap<>();

    @BeforeEach
    void setUp() {
        home = new TestHome(directory);
    }

    private static CommandLineDocument read() {
        try {
            return CommandLineDocument.read();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void allCommandsAndOptionsAreDocumentedAndNoOthers() {
        Map<String, Set<String>> real = new TreeMap<>();
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        CommandLine line = new RootCommand(new Environment(Map.of(), InputStream.nullInputStream(), nowhere, nowhere))
                .commandLine();
        Set<String> common = names(line);
        collect("", line, common, real);
        Map<String, Set<String>> documented = new TreeMap<>();
        document.commands().forEach((name, command) -> documented.put(name, command.options()));

        assertThat(document.commonOptions()).isEqualTo(common);
        assertThat(documented).isEqualTo(real);
    }

    private static void collect(String above, CommandLine line, Set<String> common, Map<String, Set<String>> into) {
        line.getSubcommands().forEach((name, below) -> {
            Set<String> options = names(below);
            assertThat(options).as(name).containsAll(common);
            options.removeAll(common);
            into.put(above + name, options);
            collect(above + name + " ", below, common, into);
        });
    }

    private static Set<String> names(CommandLine line) {
        Set<String> names = new TreeSet<>();
        for (OptionSpec option : line.getCommandSpec().options()) {
            names.addAll(List.of(option.names()));
        }
        return names;
    }

    @Test
    void exitCodesAreThoseOfTheProgram() {
        Map<String, Integer> real = new LinkedHashMap<>();
        for (ErrorCode code : ErrorCode.values()) {
            real.put(code.name().toLowerCase(Locale.ROOT), code.exitCode());
        }

        assertThat(document.exitCodes()).containsExactlyInAnyOrderEntriesOf(real);
    }

    @Test
    @Tag("root")
    void jsonLinesHaveTheFieldsThatAreDocumented() throws IOException {
        runEverything();

        document.commands().forEach((name, command) -> {
            Map<String, List<Map<String, Object>>> lines = new TreeMap<>(printed.getOrDefault(name, Map.of()));
            if (name.equals("backup") || name.equals("copy")) {
                lines.remove("repository"); // documented with init
            }
            assertThat(lines.keySet())
                    .as("types of lines of " + name)
                    .isEqualTo(command.lines().keySet());
            command.lines()
                    .forEach((type, fields) -> check(name + " " + type, fields, lines.getOrDefault(type, List.of())));
        });
        document.linesOfAll()
                .forEach((type, fields) -> check(
                        type,
                        fields,
                        printed.getOrDefault("standard error", Map.of()).getOrDefault(type, List.of())));
        assertThat(printed.getOrDefault("standard error", Map.of()).keySet())
                .isEqualTo(document.linesOfAll().keySet());
        assertThat(home.variablesAsked()).isEqualTo(document.variables());
    }

    private static void check(String what, Map<String, String> fields, List<Map<String, Object>> lines) {
        assertThat(lines).as(what).isNotEmpty();
        Set<String> seen = new TreeSet<>();
        for (Map<String, Object> line : lines) {
            assertThat(line.keySet()).as(what).first().isEqualTo("type");
            seen.addAll(line.keySet());
            fields.forEach((field, type) -> {
                boolean isOptional = type.endsWith("?");
                Object value = line.get(field);
                assertThat(value == null ? isOptional : isOf(type.replace("?", ""), value))
                        .as("%s: %s is a %s in %s", what, field, type, line)
                        .isTrue();
            });
        }
        seen.remove("type");
        assertThat(seen).as("fields of " + what).isEqualTo(new TreeSet<>(fields.keySet()));
    }

    private static boolean isOf(String type, Object value) {
        return switch (type) {
            case "string" -> value instanceof String;
            case "integer" -> value instanceof Long;
            case "decimal" -> value instanceof BigDecimal decimal && decimal.scale() == 3;
            case "boolean" -> value instanceof Boolean;
            case "texts" ->
                value instanceof Map<?, ?> map && map.values().stream().allMatch(String.class::isInstance);
            case "strings" -> value instanceof List<?> list && list.stream().allMatch(String.class::isInstance);
            case "time" -> value instanceof String text && text.endsWith("Z") && Instant.parse(text) != null;
            default -> throw new AssertionError("no such type: " + type);
        };
    }

    /** Every command once, and each of its kinds of lines. */
    private void runEverything() throws IOException {
        Path data = directory.resolve("data");
        Files.createDirectories(data.resolve("sub"));
        Files.writeString(data.resolve("file"), "one");
        Files.createSymbolicLink(data.resolve("link"), Path.of("file"));
        String target = directory.resolve("target").toString();
        run(0, "version");
        run(0, "init");
        run(4, "init");
        run(0, "backup", data.toString());
        Files.writeString(data.resolve("file"), "another");
        Files.writeString(data.resolve("sub/new"), "new");
        run(0, "backup", data.toString(), "--tag", "second");
        run(0, "snapshots");
        run(0, "copy", "--to", directory.resolve("copy").toString());
        run(0, "ls", "latest", data.toString());
        run(0, "find", "link");
        run(0, "find", "file");
        String first = String.valueOf(home.json("snapshots").getFirst().get("id"));
        run(0, "diff", first, "latest");
        run(
                0,
                "restore",
                "latest",
                data.resolve("file").toString(),
                "--target-file",
                directory.resolve("one").toString());
        run(0, "restore", "latest", "--target", target);
        Path mountPoint = Files.createDirectory(directory.resolve("mnt"));
        try (Mounted mount = new Mounted(home, mountPoint, "--json")) {
            mount.unmount().succeeded().outLines().forEach(line -> record("mount", line));
        }
        restoreDatabase();
        run(0, "stats");
        run(0, "backup", data.toString(), "--tag", "locked", "--lock-for", "1d");
        run(0, "hold", "add", "latest", "--reason", "audit");
        run(0, "hold", "add", "latest", "--for", "1d");
        run(0, "hold", "list");
        run(0, "snapshots");
        run(0, "forget", "--keep-last", "1");
        run(4, "forget", "latest", "--tag", "locked");
        run(0, "hold", "remove", String.valueOf(home.json("snapshots").getLast().get("id")));
        run(0, "forget", "--keep-last", "1");
        run(0, "prune");
        run(0, "verify", "--read-data");
        try (TestHome.Opened opened = home.open();
                var session = opened.repository().beginSession("backup")) {
            run(0, "session", "list");
            run(0, "session", "fence", session.id().text());
        }
        home.set("HOLDFAST_NEW_PASSWORD", "another");
        run(0, "key", "add");
        run(0, "key", "list");
        run(0, "key", "recipient");
        run(0, "key", "recovery-sheet");
        home.setInput(
                String.valueOf(home.json("key", "recovery-sheet").getFirst().get("key"))
                        .getBytes(StandardCharsets.UTF_8));
        run(0, "key", "drill");
        run(0, "plan", "simulate", "--file", "../docs/examples/plan.yaml", "--days", "3");
        run(0, "storage", "validate", home.home().resolve("place").toString(), "--clients", "2");
        System.setProperty("aws.accessKeyId", "id");
        System.setProperty("aws.secretAccessKey", "secret");
        try (FakeS3 bucket = new FakeS3()) {
            run(0, "storage", "undelete", "s3://bucket/prefix?endpoint=" + bucket.endpoint());
        }
        String slot = printed.getOrDefault("key add", Map.of()).getOrDefault("key_added", List.of()).stream()
                .map(line -> String.valueOf(line.get("id")))
                .findFirst()
                .orElseThrow();
        damage(home.repository().resolve("keys").resolve(slot));
        run(13, "key", "list");
        run(0, "key", "remove", slot);
        run(0, "key", "rotate", "--drop-others");
        try (Stream<Path> packs = Files.walk(home.repository().resolve("packs/data"))) {
            damage(packs.filter(Files::isRegularFile).findFirst().orElseThrow());
        }
        run(13, "verify", "--read-data");
        run(13, "repair", "--dry-run");
        run(13, "repair");
        run(0, "backup", data.toString(), "--host", "elsewhere");
        String last = String.valueOf(home.json("snapshots").getLast().get("id"));
        try (Stream<Path> manifests = Files.list(home.repository().resolve("snapshots"))) {
            damage(manifests
                    .filter(m -> m.toString().endsWith(last))
                    .findFirst()
                    .orElseThrow());
        }
        try (Stream<Path> copies = Files.walk(home.home().resolve(".cache"))) {
            for (Path copy : copies.filter(c -> c.toString().endsWith(last)).toList()) {
                Files.delete(copy);
            }
        }
        run(13, "snapshots");
        run(0, "forget", last);
        home.set("HOLDFAST_REPO", directory.resolve("cold").toString());
        run(0, "init", "--data-class", "ARCHIVE:1s");
        run(0, "backup", data.toString());
        run(0, "restore", "latest", "--estimate");
        run(0, "restore", "latest", "--target", directory.resolve("thawed").toString(), "--thaw", "standard");
        home.set("HOLDFAST_REPO", directory.resolve("locked").toString());
        run(0, "init", "--lock-for", "1d");
        home.unset("HOLDFAST_REPO");
        runServer(data);
    }

    private void restoreDatabase() throws IOException {
        Path connection = DatabaseClient.optionFile(directory);
        home.setInput("-- MariaDB dump 10.19\nCREATE TABLE t (id int);\n-- Dump completed\n"
                .getBytes(StandardCharsets.UTF_8));
        run(0, "backup", "--stdin", "--name", "mariadb:contract.dump");
        run(0, "restore", "latest", "--database", "--replace", "--connection", connection.toString());
    }

    private void runServer(Path data) throws IOException {
        Path password = Files.writeString(directory.resolve("password"), TestServer.PASSWORD + "\n");
        Path place = directory.resolve("server-of-its-own");
        run(0, "server", "init", "--data", place.toString(), "--admin-password-file", password.toString());
        runUntil(
                () -> home.hasSaid("\"type\":\"ready\""),
                "server",
                "--data",
                place.toString(),
                "--listen",
                "127.0.0.1:0");
        String file = directory.resolve("catalog.hfc").toString();
        run(0, "catalog", "rebuild", "--data", place.toString());
        run(0, "catalog", "export", file, "--data", place.toString());
        run(0, "catalog", "import", file, "--data", directory.resolve("moved").toString());
        Path configuration =
                Files.writeString(directory.resolve("server.yaml"), "data: server-of-its-own\nlisten: 127.0.0.1:0\n");
        run(0, "config", "check", configuration.toString());
        Files.writeString(configuration, "data: server-of-its-own\nlissten: 127.0.0.1:0\n");
        run(2, "config", "check", configuration.toString());
        Files.delete(configuration);
        Path withoutAnybody = directory.resolve("server-without-administrator");
        runUntil(
                () -> home.hasSaid("\"type\":\"ready\""),
                "server",
                "--data",
                withoutAnybody.toString(),
                "--listen",
                "127.0.0.1:0");
        try (TestServer server = TestServer.start(Files.createDirectories(directory.resolve("served")))) {
            String authority = server.authority().toString();
            run(
                    0,
                    "login",
                    server.url(),
                    "--user",
                    "admin",
                    "--password-file",
                    password.toString(),
                    "--ca-file",
                    authority);
            run(
                    0,
                    "plan",
                    "apply",
                    "-f",
                    server.plan("nightly", "files: [" + data + "]").toString());
            run(0, "plan", "list");
            run(0, "plan", "show", "nightly");
            run(0, "job", "run", "nightly", "--wait");
            run(0, "job", "list");
            String job = String.valueOf(home.json("job", "list").getFirst().get("id"));
            run(0, "job", "show", job);
            run(0, "job", "watch", job);
            run(0, "job", "cancel", job);
            String made = TestServer.snapshotOf(home.json("job", "show", job).getFirst());
            String own = String.valueOf(home.json("host", "list").getFirst().get("name"));
            run(0, "host", "list");
            run(0, "host", "show", own);
            run(0, "host", "tag", own, "--add-tag", "production");
            run(
                    0,
                    "job",
                    "restore",
                    made,
                    "--host",
                    own,
                    "--target",
                    directory.resolve("back").toString(),
                    "--wait");
            run(0, "snapshots", "--server", server.url());
            server.awaitNames(home, "*");
            run(0, "search", "*");
            vault(server, data);
            run(0, "plan", "delete", "nightly");
            run(0, "token", "create", "--valid", "1d");
            String token = String.valueOf(
                    home.json("token", "create", "--enroll").getFirst().get("token"));
            run(
                    0,
                    "repository",
                    "add",
                    "second",
                    directory.resolve("second-repository").toString());
            run(0, "repository", "list");
            run(0, "repository", "sheet", "second");
            run(0, "repository", "sheet", "second", "--confirm");
            watch(server);
            run(
                    0,
                    "repository",
                    "key",
                    "second",
                    "--out",
                    directory.resolve("second.key").toString());
            run(0, "repository", "prune", "second", "--wait");
            run(0, "repository", "remove", "second");
            run(0, "audit", "list");
            run(0, "audit", "verify");
            run(0, "token", "list");
            run(0, "agent", "enroll", server.url(), "--token", token, "--name", "loom");
            runUntil(() -> home.json("host", "show", "loom").getFirst().get("seen") != null, "agent", "run");
            run(0, "doctor");
            media(server);
            run(0, "host", "remove", "loom");
            run(0, "token", "revoke", token.substring(9, 20));
            home.set("HOLDFAST_PASSWORD", "another good password");
            run(0, "user", "add", "eve", "--role", "auditor");
            run(0, "user", "list");
            run(0, "user", "password", "eve");
            run(0, "user", "remove", "eve");
            home.set("HOLDFAST_PASSWORD", TestServer.PASSWORD);
            home.answer(CliContractTest::firstCode);
            run(0, "user", "totp", "enable");
            Object codes = printed.getOrDefault("user totp enable", Map.of())
                    .getOrDefault("recovery_codes", List.of())
                    .getFirst()
                    .get("codes");
            List<?> recovery = codes instanceof List<?> list ? list : List.of();
            String first = String.valueOf(recovery.getFirst());
            run(14, "login", server.url(), "--user", "admin", "--ca-file", authority);
            run(0, "login", server.url(), "--user", "admin", "--ca-file", authority, "--code", first);
            run(14, "login", server.url(), "--user", "admin", "--ca-file", authority, "--code", first);
            run(0, "user", "totp", "disable", "--code", String.valueOf(recovery.getLast()));
            home.unset("HOLDFAST_PASSWORD");
        }
    }

    private void media(TestServer server) {
        String token = String.valueOf(
                home.json("token", "create", "--media").getFirst().get("token"));
        run(0, "media", "join", server.url(), "--token", token, "--name", "mill");
        runUntil(() -> home.hasSaid("\"type\":\"ready\""), "media", "run", "--listen", "127.0.0.1:0");
        run(0, "media", "list");
        run(0, "media", "show", "mill");
        run(0, "media", "drain", "mill");
        run(0, "media", "activate", "mill");
        run(0, "media", "remove", "mill");
    }

    private static String firstCode(String shown) {
        String secret = String.valueOf(JsonObject.parse(shown.strip()).get("secret"));
        return new Authenticator(secret).code(WallClock.system().instant()) + "\n";
    }

    /** Brings something that the server cannot read. */
    private void vault(TestServer server, Path data) throws IOException {
        Path plan = server.plan("sealed", "files: [" + data + "]");
        Files.writeString(plan, Files.readString(plan) + "encrypt: host\n");
        run(0, "plan", "apply", "-f", plan.toString());
        run(0, "job", "run", "sealed", "--wait");
        run(0, "snapshots", "--server", server.url());
        String agent = server.directory().agent().toString();
        String kept = directory.resolve("vault.key").toString();
        run(0, "agent", "key", "list", "--data", agent);
        run(0, "agent", "key", "show", "--data", agent);
        run(0, "agent", "key", "export", kept, "--data", agent);
        run(4, "agent", "key", "export", kept, "--data", agent);
        run(0, "agent", "key", "remove", "--kept", kept, "--data", agent);
        run(1, "agent", "key", "show", "--data", agent);
        run(0, "plan", "delete", "sealed");
    }

    /** Brings something to watch about: a plan whose source is not there. */
    private void watch(TestServer server) throws IOException {
        Path plan = server.plan("broken", "files: [" + directory.resolve("nowhere") + "]");
        Files.writeString(plan, Files.readString(plan) + "retries: {count: 0}\n");
        run(0, "plan", "apply", "-f", plan.toString());
        home.run("job", "run", "broken", "--wait");
        while (home.json("alert", "list").isEmpty()) {
            LockSupport.parkNanos(200_000_000);
        }
        run(0, "alert", "list");
        String alert = String.valueOf(home.json("alert", "list").getFirst().get("id"));
        run(0, "alert", "acknowledge", alert);
        run(0, "alert", "show", alert);
        run(0, "alert", "settings", "--summary-at", "7", "--zone", "Europe/Berlin");
        run(0, "alert", "list", "--all");
        Path secret = Files.writeString(directory.resolve("secret"), "wire secret\n");
        String hook = server.url() + "/healthz";
        run(0, "alert", "target", "add", "webhook", "hook", "--url", hook, "--secret-file", secret.toString());
        run(
                0,
                "alert",
                "target",
                "add",
                "email",
                "mail",
                "--smtp",
                "localhost:25",
                "--security",
                "tls",
                "--from",
                "holdfast@example.org",
                "--to",
                "ada@example.org",
                "--user",
                "holdfast",
                "--secret-file",
                secret.toString());
        run(0, "alert", "target", "list");
        run(ErrorCode.STORE_UNREACHABLE.exitCode(), "alert", "target", "test", "hook");
        try (Hook answering = new Hook()) {
            run(0, "alert", "target", "add", "webhook", "other", "--url", answering.url());
            run(0, "alert", "target", "test", "other");
            assertThat(answering.bodies()).isNotEmpty();
        }
        run(0, "alert", "target", "remove", "other");
        run(0, "report", "protected");
        run(0, "report", "failed", "--out", directory.resolve("failed.html").toString(), "--format", "html");
    }

    /** Runs what runs until it is stopped. */
    private void runUntil(BooleanSupplier done, String... words) {
        Thread thread = Thread.ofPlatform().unstarted(() -> run(ErrorCode.INTERRUPTED.exitCode(), words));
        AtomicReference<Throwable> failure = new AtomicReference<>();
        thread.setUncaughtExceptionHandler((which, e) -> failure.set(e));
        home.forgetWhatWasSaid();
        thread.start();
        while (thread.isAlive() && !done.getAsBoolean()) {
            LockSupport.parkNanos(50_000_000);
        }
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        assertThat(failure.get()).isNull();
    }

    private static void damage(Path object) throws IOException {
        byte[] bytes = Files.readAllBytes(object);
        bytes[60] ^= 1;
        Files.setPosixFilePermissions(object, PosixFilePermissions.fromString("rw-------"));
        Files.write(object, bytes);
    }

    private void run(int expected, String... words) {
        String name = IntStream.rangeClosed(1, Math.min(3, words.length))
                .mapToObj(count -> String.join(" ", Arrays.asList(words).subList(0, count)))
                .filter(document.commands()::containsKey)
                .reduce(words[0], (shorter, longer) -> longer);
        List<String> arguments = new ArrayList<>(Arrays.asList(words));
        arguments.add("--json");
        TestHome.Run run = home.run(arguments.toArray(new String[0]));
        assertThat(run.code()).as("%s: %s%s", arguments, run.out(), run.err()).isEqualTo(expected);
        run.outLines().forEach(line -> record(name, line));
        run.err().lines().forEach(line -> record("standard error", line));
    }

    private void record(String name, String line) {
        Map<String, Object> object = JsonObject.parse(line);
        printed.computeIfAbsent(name, n -> new TreeMap<>())
                .computeIfAbsent(String.valueOf(object.get("type")), t -> new ArrayList<>())
                .add(object);
    }
}
