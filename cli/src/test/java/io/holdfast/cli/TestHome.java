package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Warnings;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.storage.DiskStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractMap;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A user with a home directory, who runs the command in this process. */
final class TestHome {
    private final Path home;
    private final Map<String, String> variables = new HashMap<>();
    private Supplier<InputStream> input = InputStream::nullInputStream;
    /** What the run that began last has written; the stream guards itself. */
    private volatile ByteArrayOutputStream written = new ByteArrayOutputStream();

    private final Set<String> asked = new TreeSet<>();

    TestHome(Path home) {
        this.home = home;
        variables.put("HOME", home.toString());
    }

    /** What a run left: its exit code, and what it wrote. */
    record Run(int code, String out, String err) {
        List<String> outLines() {
            return out.lines().toList();
        }

        /** The run, which must have ended well. */
        Run succeeded() {
            assertThat(code).as("%s%s", out, err).isZero();
            return this;
        }

        /** The one line on standard error of a run that ended with {@code expected}. */
        String failure(int expected) {
            assertThat(code).as("%s%s", out, err).isEqualTo(expected);
            assertThat(err.lines()).as(err).hasSize(1);
            return err.strip();
        }
    }

    Path home() {
        return home;
    }

    /** The default repository. */
    Path repository() {
        return home.resolve(".local/share/holdfast");
    }

    /** The default repository, opened with the key that was generated for it. */
    Opened open() {
        DiskStore store = DiskStore.open(repository());
        Path key = home.resolve(".config/holdfast/keys")
                .resolve(Repository.idOf(store).toHex() + ".key");
        RepositorySettings settings = RepositorySettings.of(home.resolve("other-cache"), "test", Warnings.NONE);
        return new Opened(store, Repository.open(store, List.of(RepositoryAccess.readKeyFile(key)), settings));
    }

    /** A repository and its store; closes both. */
    record Opened(DiskStore store, Repository repository) implements AutoCloseable {
        @Override
        public void close() {
            repository.close();
            store.close();
        }
    }

    void set(String variable, String value) {
        variables.put(variable, value);
    }

    void unset(String variable) {
        variables.remove(variable);
    }

    /** Names of all environment variables that the program has looked at. */
    Set<String> variablesAsked() {
        return asked;
    }

    private final class Recording extends AbstractMap<String, String> {
        @Override
        public @Nullable String get(Object name) {
            asked.add(String.valueOf(name));
            return variables.get(name);
        }

        @Override
        public Set<Entry<String, String>> entrySet() {
            return Map.copyOf(variables).entrySet();
        }
    }

    /** What the next runs find on standard input. */
    void setInput(byte[] bytes) {
        input = () -> new ByteArrayInputStream(bytes);
    }

    /** The next runs find on standard input what is made of what they have written by the time they read. */
    void answer(Function<String, String> answer) {
        input = () -> new InputStream() {
            private @Nullable InputStream made;

            @Override
            public int read() throws IOException {
                return made().read();
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                return made().read(into, offset, length);
            }

            private InputStream made() {
                InputStream known = made;
                if (known == null) {
                    String typed = answer.apply(written.toString(StandardCharsets.UTF_8));
                    known = new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8));
                    made = known;
                }
                return known;
            }
        };
    }

    /** As if the machine were another one. */
    void loseCaches() throws IOException {
        try (Stream<Path> files = Files.walk(home.resolve(".cache"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Whether the run that began last, in another thread, has said this. */
    boolean hasSaid(String text) {
        return written.toString(StandardCharsets.UTF_8).contains(text);
    }

    void forgetWhatWasSaid() {
        written = new ByteArrayOutputStream();
    }

    Run run(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        written = out;
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(
                arguments,
                new Environment(
                        new Recording(),
                        input.get(),
                        new PrintStream(out, false, StandardCharsets.UTF_8),
                        new PrintStream(err, false, StandardCharsets.UTF_8)));
        return new Run(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** Runs with {@code --json}; the objects on standard output, each field as text. */
    List<Map<String, Object>> json(String... arguments) {
        String[] all = Arrays.copyOf(arguments, arguments.length + 1);
        all[arguments.length] = "--json";
        return run(all).succeeded().outLines().stream().map(JsonObject::parse).toList();
    }
}
