package io.holdfast.catalog;

import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.io.TempDir;

class SqliteFiguresTest extends FiguresContract {
    @TempDir
    private Path directory;

    @Override
    Catalog open(InstantSource itsClock) {
        return Catalog.open(directory.resolve("catalog.db"), itsClock, CatalogContract.random());
    }
}
