package io.holdfast.catalog;

import java.nio.file.Path;
import java.time.InstantSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("long")
class SqliteLongHistoryTest extends LongHistoryContract {
    @TempDir
    private Path directory;

    @Override
    Catalog open(InstantSource itsClock) {
        return Catalog.open(directory.resolve("catalog.db"), itsClock, CatalogContract.random());
    }

    @Override
    void sql(String statement) {
        Jdbi.create("jdbc:sqlite:" + directory.resolve("catalog.db")).useHandle(handle -> handle.execute(statement));
    }

    @Override
    void settle() {
        // It has none, and does nothing.
    }
}
