package io.holdfast.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of the source tree. */
final class ProjectFiles {
    private ProjectFiles() {}

    /** Tests run in the directory of their module, or of a copy below it. */
    static Path find(String name) throws IOException {
        Path place = Path.of("").toAbsolutePath();
        while (place != null) {
            Path file = place.resolve(name);
            if (Files.exists(file)) {
                return file;
            }
            place = place.getParent();
        }
        throw new IOException(name + " is in no directory above this one");
    }
}
