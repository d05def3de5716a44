package io.holdfast.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.catalog.Migrations.Step;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigrationsTest {
    @TempDir
    private Path directory;

    private Jdbi jdbi = Jdbi.create("jdbc:sqlite::memory:");
    private final Migrations mine = Migrations.of(Dialect.SQLITE, CatalogContract.CLOCK);

    @BeforeEach
    void open() {
        jdbi = Jdbi.create("jdbc:sqlite:" + directory.resolve("catalog.db"));
    }

    private static Migrations with(Migrations migrations, Step step) {
        return migrations.with(
                steps -> Stream.concat(steps.stream(), Stream.of(step)).toList());
    }

    private ErrorCode failure(Migrations migrations) {
        return catchThrowableOfType(HoldfastException.class, () -> migrations.apply(jdbi))
                .code();
    }

    private List<String> tables() {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT name FROM sqlite_master WHERE type = 'table'")
                .mapTo(String.class)
                .list());
    }

    @Test
    void eachStepRunsOnce() {
        Migrations next = with(mine, new Step(99, "CREATE TABLE extra (a BIGINT);\nINSERT INTO extra VALUES (1);\n"));
        mine.apply(jdbi);
        assertThat(tables()).contains("hosts").doesNotContain("extra");
        IntStream.range(0, 3).forEach(i -> next.apply(jdbi));
        assertThat(jdbi.<Integer, RuntimeException>withHandle(handle -> handle.createQuery("SELECT count(*) FROM extra")
                        .mapTo(Integer.class)
                        .one()))
                .isEqualTo(1);
    }

    @Test
    void aStepThatFailsLeavesNothing() {
        mine.apply(jdbi);
        Migrations broken =
                with(mine, new Step(99, "CREATE TABLE extra (a BIGINT);\nCREATE TABLE extra (a BIGINT);\n"));
        assertThat(catchThrowableOfType(RuntimeException.class, () -> broken.apply(jdbi)))
                .isNotNull();
        assertThat(tables()).doesNotContain("extra");
        mine.apply(jdbi);
    }

    @Test
    void refusesWhatANewerProgramMadeAndWhatWasAnotherStep() {
        with(mine, new Step(99, "CREATE TABLE extra (a BIGINT);\n")).apply(jdbi);
        assertThat(failure(mine)).isEqualTo(ErrorCode.UNSUPPORTED_VERSION);
        assertThat(failure(with(mine, new Step(99, "CREATE TABLE other (a BIGINT);\n"))))
                .isEqualTo(ErrorCode.DAMAGED);
    }
}
