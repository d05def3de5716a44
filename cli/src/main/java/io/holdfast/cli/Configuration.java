package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the configuration file of a server, a media server or an agent says (docs/guide/operation.md). Immutable.
 *
 * @param url under which agents reach a media server, as {@code https://HOST:PORT}
 * @param vaultKeys of an agent: files with keys of vaults of other machines
 * @param catalogPasswordFile whose first line is the password of the user of {@code catalog}
 */
record Configuration(
        Optional<Path> data,
        Optional<String> listen,
        List<String> names,
        Optional<String> url,
        Optional<String> catalog,
        Optional<Path> catalogPasswordFile,
        Optional<LogFormat> log,
        List<Path> vaultKeys) {
    static final Configuration NONE = new Configuration(
            Optional.empty(),
            Optional.empty(),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of());

    Configuration {
        names = List.copyOf(names);
        vaultKeys = List.copyOf(vaultKeys);
    }

    /**
     * The one that counts for a command.
     *
     * @param named a file that has to be there; where it is null, the usual one, which may be missing
     * @throws HoldfastException {@code USAGE} with the first thing that is wrong in it
     */
    static Configuration of(RootCommand root, MachineRole role, @Nullable Path named) {
        Path file = named == null ? role.file(root.environment()) : named;
        return named == null && Files.notExists(file)
                ? NONE
                : ConfigurationReader.read(role, file).valid();
    }

    /**
     * How the catalog is opened; empty for a file in the directory of the server.
     *
     * @param option which goes before the file, and brings its own password
     */
    Optional<String> catalogUrl(@Nullable String option) {
        if (option != null) {
            return Optional.of(option);
        }
        return catalog.map(url -> catalogPasswordFile
                .map(file -> withPassword(url, SmallFiles.firstLine(file, "catalog-password-file")))
                .orElse(url));
    }

    private static String withPassword(String url, String password) {
        return url + (url.contains("?") ? "&" : "?") + "password="
                + URLEncoder.encode(password, StandardCharsets.UTF_8);
    }

    /** What {@code --log} says goes before {@code --json}, and that before the file. */
    LogFormat logFormat(@Nullable LogFormat option, boolean json) {
        if (option != null) {
            return option;
        }
        return json ? LogFormat.JSON : log.orElse(LogFormat.TEXT);
    }
}
