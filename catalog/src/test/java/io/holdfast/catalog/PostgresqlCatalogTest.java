package io.holdfast.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.testkit.PostgresqlServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("root")
class PostgresqlCatalogTest extends CatalogContract {
    private final PostgresqlServer server = PostgresqlServer.shared();
    private final String url = NewDatabase.make();

    @Override
    Catalog open() {
        return Catalog.openPostgresql(url, CLOCK, random());
    }

    @Test
    void whatItWasToldIsThereAfterTheServerLostItsPower() {
        try (Catalog catalog = open()) {
            Host added = catalog.hosts().add("one");
            server.restart();
            assertThat(catalog.hosts().named("one")).hasValue(added);
        }
    }

    @Test
    void saysThatAServerDoesNotAnswerAndNoPassword() {
        HoldfastException e = catchThrowableOfType(
                HoldfastException.class,
                () -> Catalog.openPostgresql(
                                "jdbc:postgresql://127.0.0.1:1/none?user=a&password=secret", CLOCK, random())
                        .close());
        assertThat(e.code()).isEqualTo(ErrorCode.STORE_UNREACHABLE);
        assertThat(e).hasMessageContaining("127.0.0.1:1/none").hasMessageNotContaining("secret");
        e = catchThrowableOfType(
                HoldfastException.class,
                () -> Catalog.openPostgresql(server.url("none"), CLOCK, random())
                        .close());
        assertThat(e).hasMessageContaining("\"none\" does not exist");
        e = catchThrowableOfType(
                HoldfastException.class,
                () -> Catalog.openPostgresql("postgresql://x", CLOCK, random()).close());
        assertThat(e.code()).isEqualTo(ErrorCode.USAGE);
    }
}
