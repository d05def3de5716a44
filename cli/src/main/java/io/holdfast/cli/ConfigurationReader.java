package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import io.holdfast.plan.yaml.YamlMap;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/** Reads a configuration file, and goes on after what is wrong in it, so that all of that can be told at once. Not thread-safe. */
final class ConfigurationReader {
    private static final String POSTGRESQL = "jdbc:postgresql:";

    private final Path file;
    private final YamlMap map;
    private final List<HoldfastException> problems = new ArrayList<>();
    private Configuration configuration = Configuration.NONE;

    private ConfigurationReader(Path file, YamlMap map) {
        this.file = file;
        this.map = map;
    }

    /** @throws HoldfastException {@code USAGE} where it cannot be read, or is no YAML */
    static ConfigurationReader read(MachineRole role, Path file) {
        String text;
        try {
            text = SmallFiles.read(file);
        } catch (IOException e) {
            throw HoldfastException.usage(
                    file + " cannot be read: " + Reasons.text(e),
                    "Check the name and the rights of the file, or name another one with --config.");
        }
        boolean saysNothing =
                text.lines().allMatch(line -> line.isBlank() || line.strip().startsWith("#"));
        ConfigurationReader reader =
                new ConfigurationReader(file, YamlMap.parse(saysNothing ? "{}" : text, file.toString()));
        reader.readAll(role);
        return reader;
    }

    private void readAll(MachineRole role) {
        Optional<Path> data = path("data");
        Optional<LogFormat> log = value(this::logFormat);
        if (role == MachineRole.SERVER) {
            Optional<String> listen = value(() -> map.text("listen").map(this::listen));
            List<String> names = names();
            Optional<String> catalog = value(() -> map.text("catalog").map(this::catalog));
            Optional<Path> passwordFile = path("catalog-password-file");
            if (passwordFile.isPresent() && catalog.isEmpty()) {
                problems.add(map.wrong(
                        "catalog-password-file", "there is no 'catalog' that it opens", "Write 'catalog: URL'."));
            }
            configuration =
                    new Configuration(data, listen, names, Optional.empty(), catalog, passwordFile, log, List.of());
        } else {
            boolean isMedia = role == MachineRole.MEDIA;
            Optional<String> listen = isMedia ? value(() -> map.text("listen").map(this::listen)) : Optional.empty();
            Optional<String> url = isMedia ? value(() -> map.text("url").map(this::url)) : Optional.empty();
            configuration = new Configuration(
                    data,
                    listen,
                    List.of(),
                    url,
                    Optional.empty(),
                    Optional.empty(),
                    log,
                    isMedia ? List.of() : vaultKeys());
        }
        problems.addAll(map.otherKeys());
    }

    private <T> Optional<T> value(Supplier<Optional<T>> reading) {
        try {
            return reading.get();
        } catch (HoldfastException e) {
            problems.add(e);
            return Optional.empty();
        }
    }

    /** One that does not begin with a slash is taken from the directory of the file. */
    private Optional<Path> path(String key) {
        return value(() -> map.text(key).map(text -> {
            try {
                return file.toAbsolutePath().resolveSibling(text).normalize();
            } catch (InvalidPathException e) {
                throw map.wrong(key, "'" + text + "' is no path", "Write the path of a file or directory.");
            }
        }));
    }

    /** Taken from the directory of the file, as other paths are. */
    private List<Path> vaultKeys() {
        return value(() -> Optional.of(map.texts("vault-keys").stream()
                        .map(text -> file.toAbsolutePath().resolveSibling(text).normalize())
                        .toList()))
                .orElse(List.of());
    }

    private Optional<LogFormat> logFormat() {
        return map.text("log")
                .map(text -> Arrays.stream(LogFormat.values())
                        .filter(format -> format.name().toLowerCase(Locale.ROOT).equals(text))
                        .findFirst()
                        .orElseThrow(() -> map.wrong("log", "'" + text + "' is no format", "Write 'text' or 'json'.")));
    }

    private String listen(String text) {
        if (!ListenAddress.isOne(text)) {
            throw map.wrong("listen", "'" + text + "' is no address", "Write HOST:PORT, such as 0.0.0.0:8443.");
        }
        return text;
    }

    private String url(String text) {
        if (!MediaUrl.isOne(text)) {
            throw map.wrong("url", "'" + text + "' is no address of a media server", "Write https://HOST:PORT.");
        }
        return text;
    }

    private List<String> names() {
        return value(() -> Optional.of(map.texts("names").stream()
                        .map(name -> {
                            if (!name.matches("[A-Za-z0-9._:-]+")) {
                                throw map.wrong(
                                        "names",
                                        "'" + name + "' is no name of a host",
                                        "Write names as DNS has them, or addresses, without a port.");
                            }
                            return name;
                        })
                        .toList()))
                .orElse(List.of());
    }

    private String catalog(String url) {
        if (!url.startsWith(POSTGRESQL)) {
            throw map.wrong("catalog", "this is no database", "Write jdbc:postgresql://HOST/DATABASE?user=NAME.");
        }
        return url;
    }

    /** What can be used of it. */
    Configuration configuration() {
        return configuration;
    }

    /** What is wrong in it, each with its place. */
    List<HoldfastException> problems() {
        return List.copyOf(problems);
    }

    /** All of it, or the first thing that is wrong. */
    Configuration valid() {
        if (!problems.isEmpty()) {
            throw problems.getFirst();
        }
        return configuration;
    }

    /** Where it says this, as {@code FILE:LINE}; where it does not, the file. */
    HoldfastException at(String key, String what, String remedy) {
        return map.wrong(key, what, remedy);
    }
}
