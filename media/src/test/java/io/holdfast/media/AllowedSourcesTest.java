package io.holdfast.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.Bytes;
import io.holdfast.core.RawText;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class AllowedSourcesTest {
    private static final AllowedSources ALLOWED = new AllowedSources(
            Set.of(paths("/etc", "/home"), paths("mariadb.accounts.dump")), Set.of(RawText.encode("mariadb:")));

    private static List<Bytes> paths(String... names) {
        return Arrays.stream(names).map(RawText::encode).toList();
    }

    @Test
    void sourcesAreAllowedWhole() {
        assertThat(ALLOWED.contains(paths("/etc", "/home"))).isTrue();
        assertThat(ALLOWED.contains(paths("/etc"))).isFalse();
        assertThat(ALLOWED.contains(paths("mariadb.accounts.dump"))).isTrue();
        assertThat(AllowedSources.of(paths("/etc")).contains(paths("/etc"))).isTrue();
        assertThat(AllowedSources.NONE.contains(paths("/etc"))).isFalse();
    }

    @Test
    void aPrefixAllowsStreamsBelowIt() {
        assertThat(ALLOWED.contains(paths("mariadb:shop.dump"))).isTrue();
        assertThat(ALLOWED.contains(paths("mariadb:"))).as("nothing follows").isFalse();
        assertThat(ALLOWED.contains(paths("mariadb"))).isFalse();
        assertThat(ALLOWED.contains(paths("mariadb2:shop.dump"))).isFalse();
        assertThat(ALLOWED.contains(paths("postgresql:shop.dump"))).isFalse();
        assertThat(ALLOWED.contains(paths("mariadb:shop.dump", "mariadb:crm.dump")))
                .as("a stream is one")
                .isFalse();
    }

    @Test
    void noPrefixLeadsToPaths() {
        assertThat(ALLOWED.contains(paths("mariadb:a/b"))).isFalse();
        assertThatThrownBy(() -> new AllowedSources(Set.of(), Set.of(RawText.encode(""))))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
