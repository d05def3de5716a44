package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import java.nio.file.Path;
import java.util.Locale;

/** What runs on a machine for months, each with a configuration file. */
enum MachineRole {
    SERVER,
    MEDIA,
    AGENT;

    private static final Path DIRECTORY = Path.of("/etc/holdfast");

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Its configuration file where nobody names another. */
    Path file(Environment environment) {
        return environment
                .variable("HOLDFAST_CONFIG_DIR")
                .map(Path::of)
                .orElse(DIRECTORY)
                .resolve(word() + ".yaml");
    }

    /** Where it keeps what is its own, where nobody names another place: beside the default repository, which fills its directory alone. */
    Path data(Environment environment) {
        return environment.dataHome().resolveSibling(environment.dataHome().getFileName() + "-" + word());
    }

    /** @throws HoldfastException {@code USAGE} where the name of the file tells none */
    static MachineRole ofFile(Path file) {
        Path last = file.getFileName();
        String name = last == null ? "" : last.toString();
        for (MachineRole role : values()) {
            if (name.startsWith(role.word())) {
                return role;
            }
        }
        throw HoldfastException.usage(
                "whether " + file + " is of a server, a media server or an agent, its name does not tell",
                "Say it with --role server, --role media or --role agent.");
    }
}
