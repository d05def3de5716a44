package io.holdfast.databases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabasePartTest {
    private static final List<String> THERE = List.of("crm", "crm_old", "shop");

    @ParameterizedTest
    @ValueSource(
            strings = {"shop", "bücher–ключ", "a/b", "100%", "%2F", "a:b", ".", "accounts", "x.dump", "a\nb", "\\", "😀"
            })
    void aNameOfAStreamTellsItsPart(String database) {
        DatabasePart part = DatabasePart.database(database);
        String name = part.streamName("mariadb");
        assertThat(name).startsWith("mariadb:").doesNotContain("/").doesNotContain("\n");
        assertThat(DatabasePart.ofStreamName(name)).hasValue(part);
    }

    @Test
    void noTwoPartsHaveOneName() {
        Set<String> names = new HashSet<>();
        List<String> databases = List.of("accounts", ".accounts", "a", "a/b", "a%2Fb", "mariadb");
        for (String source : List.of("mariadb", "mariadb.accounts", "a")) {
            databases.forEach(name -> names.add(DatabasePart.database(name).streamName(source)));
            names.add(DatabasePart.accounts().streamName(source));
        }
        assertThat(names).hasSize(3 * (databases.size() + 1));
        assertThat(DatabasePart.ofStreamName("mariadb.accounts.dump")).hasValue(DatabasePart.accounts());
        assertThat(DatabasePart.ofStreamName("shop.sql")).isEmpty();
    }

    @Test
    void accountsHaveNoOtherName() {
        assertThat(DatabasePart.database("a").named("b")).isEqualTo(DatabasePart.database("b"));
        assertThatThrownBy(() -> DatabasePart.accounts().named("b")).isInstanceOf(HoldfastException.class);
    }

    @Test
    void partsAreChosenByPatterns() {
        assertThat(DatabaseSelection.all().parts(THERE))
                .extracting(DatabasePart::text)
                .containsExactly("accounts", "database 'crm'", "database 'crm_old'", "database 'shop'");
        assertThat(new DatabaseSelection(List.of("crm*"), List.of("*_old"), false).parts(THERE))
                .containsExactly(DatabasePart.database("crm"));
        assertThat(new DatabaseSelection(List.of("nothing*"), List.of(), false).parts(THERE))
                .isEmpty();
    }

    @Test
    void aDatabaseThatIsNamedAndNotThereIsAnError() {
        assertThatThrownBy(() -> new DatabaseSelection(List.of("shop", "web"), List.of(), true).parts(THERE))
                .isInstanceOfSatisfying(HoldfastException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND);
                    assertThat(e.hint()).hasValue("There are: crm, crm_old, shop.");
                })
                .hasMessage("there is no database 'web' on the server");
    }

    @Test
    void aPositionIsTextForTheCatalog() {
        LogPosition position = new LogPosition("bin.000001", 4136, Optional.of("0-1-18,1-1-3"));
        assertThat(position.text()).isEqualTo("bin.000001:4136 gtid 0-1-18,1-1-3");
        assertThat(LogPosition.parse(position.text())).isEqualTo(position);
        LogPosition plain = new LogPosition("bin:7", 0, Optional.empty());
        assertThat(LogPosition.parse(plain.text())).isEqualTo(plain);
        assertThatThrownBy(() -> LogPosition.parse("bin.000001")).isInstanceOf(HoldfastException.class);
    }
}
