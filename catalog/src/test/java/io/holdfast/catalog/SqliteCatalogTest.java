package io.holdfast.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteCatalogTest extends CatalogContract {
    @TempDir
    private Path directory;

    private Path file() {
        return directory.resolve("catalog.db");
    }

    @Override
    Catalog open() {
        return Catalog.open(file(), CLOCK, random());
    }

    private HoldfastException failure(Path file) {
        return catchThrowableOfType(
                HoldfastException.class,
                () -> Catalog.open(file, CLOCK, random()).close());
    }

    @Test
    void isThereAgainAfterItWasClosed() {
        Host added;
        try (Catalog catalog = open()) {
            added = catalog.hosts().add("one");
        }
        try (Catalog catalog = open()) {
            assertThat(catalog.hosts().named("one")).hasValue(added);
        }
    }

    @Test
    void refusesAFileOfSomethingElse() throws IOException {
        Files.write(file(), new SeededRandom(1).bytes(100_000));
        assertThat(failure(file()).code()).isEqualTo(ErrorCode.FAILED);
        assertThat(failure(file())).hasMessageContaining("catalog.db cannot be opened");
        assertThat(failure(directory.resolve("none/catalog.db")).code()).isEqualTo(ErrorCode.USAGE);
    }
}
