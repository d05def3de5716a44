package io.holdfast.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "version", description = "Tells the version of this program and of the format it writes.")
final class VersionCommand implements Callable<Integer> {
    static final int FORMAT = 1;

    private final RootCommand root;

    VersionCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        String java = System.getProperty("java.version", "");
        root.messages().print("holdfast " + program() + " (repository format " + FORMAT + ", Java " + java + ")");
        root.messages()
                .object(JsonLine.of("version")
                        .with("version", program())
                        .with("format", FORMAT)
                        .with("java", java));
        return 0;
    }

    /** The version of this program. */
    static String program() {
        String version = VersionCommand.class.getPackage().getImplementationVersion();
        return version == null ? "0.1.0" : version;
    }
}
