package io.holdfast.catalog;

import java.time.InstantSource;
import org.junit.jupiter.api.Tag;

@Tag("root")
class PostgresqlFiguresTest extends FiguresContract {
    private final String url = NewDatabase.make();

    @Override
    Catalog open(InstantSource itsClock) {
        return Catalog.openPostgresql(url, itsClock, CatalogContract.random());
    }
}
