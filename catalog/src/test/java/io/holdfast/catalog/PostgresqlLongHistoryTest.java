package io.holdfast.catalog;

import java.time.InstantSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Tag;

@Tag("root")
@Tag("long")
class PostgresqlLongHistoryTest extends LongHistoryContract {
    private final String url = NewDatabase.make();

    @Override
    Catalog open(InstantSource itsClock) {
        return Catalog.openPostgresql(url, itsClock, CatalogContract.random());
    }

    @Override
    void sql(String statement) {
        Jdbi.create(url).useHandle(handle -> handle.execute(statement));
    }

    @Override
    void settle() {
        sql("ANALYZE");
    }
}
