package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.WallClock;
import io.holdfast.testkit.Authenticator;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A login by a real process on a real terminal, that of {@code script}. */
@Tag("slow")
final class LoginOnTerminalTest {
    @TempDir
    private Path root;

    @Test
    void aCodeIsAskedForWhereThereIsSomebodyToType() throws IOException, InterruptedException {
        Path password = Files.writeString(root.resolve("password"), TestServer.PASSWORD + "\n");
        try (TestServer server = TestServer.start(root)) {
            TestHome admin = server.administrator();
            admin.answer(shown -> new Authenticator(
                            String.valueOf(JsonObject.parse(shown.strip()).get("secret")))
                    .code(WallClock.system().instant()));
            Object codes = TestServer.only(admin.json("user", "totp", "enable"), "recovery_codes")
                    .get("codes");
            String code = codes instanceof List<?> list ? String.valueOf(list.getFirst()) : "";
            String command = List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-cp",
                            System.getProperty("java.class.path"),
                            "io.holdfast.cli.Main",
                            "login",
                            server.url(),
                            "--user",
                            "admin",
                            "--password-file",
                            password.toString(),
                            "--ca-file",
                            server.authority().toString())
                    .stream()
                    .map(Shell::quote)
                    .collect(Collectors.joining(" "));
            Path output = root.resolve("output");
            ProcessBuilder builder = new ProcessBuilder("script", "-q", "-e", "-c", command, "/dev/null")
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().put("HOME", root.resolve("home-of-terminal").toString());
            builder.environment().keySet().removeIf(name -> name.startsWith("XDG_") || name.startsWith("HOLDFAST_"));
            Process terminal = builder.start();
            try (OutputStream keys = terminal.getOutputStream()) {
                long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
                while (!Files.readString(output).contains("One-time code: ")) {
                    assertThat(System.nanoTime()).as(Files.readString(output)).isLessThan(end);
                    LockSupport.parkNanos(50_000_000);
                }
                keys.write((code + "\n").getBytes(StandardCharsets.UTF_8));
                keys.flush();
                assertThat(terminal.waitFor(1, TimeUnit.MINUTES)).isTrue();
            } finally {
                terminal.destroy();
            }
            assertThat(terminal.exitValue()).as(Files.readString(output)).isZero();
            assertThat(Files.readString(output)).contains("Logged in to " + server.url() + " as admin");
        }
    }
}
