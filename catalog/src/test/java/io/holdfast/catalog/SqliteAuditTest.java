package io.holdfast.catalog;

import java.nio.file.Path;
import java.time.InstantSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.io.TempDir;

class SqliteAuditTest extends AuditContract {
    @TempDir
    private Path directory;

    @Override
    Catalog open(InstantSource itsClock) {
        return Catalog.open(directory.resolve("catalog.db"), itsClock, CatalogContract.random());
    }

    @Override
    void tamper(String statement) {
        Jdbi.create("jdbc:sqlite:" + directory.resolve("catalog.db")).useHandle(handle -> handle.execute(statement));
    }
}
