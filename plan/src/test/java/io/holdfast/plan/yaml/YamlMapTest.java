package io.holdfast.plan.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.testkit.SeededRandom;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class YamlMapTest {
    private static final String TEXT = """
            # a comment
            name: nightly
            count: 7
            on: true
            paths: [/etc, "/home"]
            schedule:
              cron: "30 2 * * *"
            sources:
              - files: /var
              - volume: /dev/sdb
            """;

    private static String failure(String text, Consumer<YamlMap> reading) {
        HoldfastException e =
                catchThrowableOfType(HoldfastException.class, () -> reading.accept(YamlMap.parse(text, "plan.yaml")));
        assertThat(e.code()).isEqualTo(ErrorCode.USAGE);
        return e.getMessage() + " " + e.hint().orElse("");
    }

    @Test
    void readsWhatIsAskedFor() {
        YamlMap map = YamlMap.parse(TEXT, "plan.yaml");
        assertThat(map.requiredText("name")).isEqualTo("nightly");
        assertThat(map.number("count", 1, 100)).hasValue(7);
        assertThat(map.flag("on", false)).isTrue();
        assertThat(map.flag("off", true)).isTrue();
        assertThat(map.texts("paths")).containsExactly("/etc", "/home");
        assertThat(map.texts("name")).containsExactly("nightly");
        assertThat(map.texts("none")).isEmpty();
        assertThat(map.number("none", 1, 2)).isEqualTo(OptionalLong.empty());
        assertThat(map.map("schedule").orElseThrow().requiredText("cron")).isEqualTo("30 2 * * *");
        assertThat(map.maps("sources")).extracting(YamlMap::keys).containsExactly(List.of("files"), List.of("volume"));
        assertThat(map.maps("sources")).extracting(YamlMap::place).containsExactly("plan.yaml:9", "plan.yaml:10");
        map.requireNoOtherKeys();
    }

    @Test
    void tellsOfAllKeysThatNobodyKnows() {
        YamlMap map = YamlMap.parse(TEXT, "plan.yaml");
        assertThat(map.text("name")).isPresent();
        assertThat(map.texts("paths")).isNotEmpty();
        assertThat(map.otherKeys())
                .extracting(HoldfastException::getMessage)
                .containsExactly(
                        "plan.yaml:3: there is no key 'count' here",
                        "plan.yaml:4: there is no key 'on' here",
                        "plan.yaml:6: there is no key 'schedule' here",
                        "plan.yaml:8: there is no key 'sources' here");
    }

    @Test
    void namesTheLineOfAKeyThatNobodyKnows() {
        assertThat(failure("name: a\nshedule: b\n", map -> {
                    map.text("name");
                    map.text("schedule");
                    map.requireNoOtherKeys();
                }))
                .startsWith("plan.yaml:2: there is no key 'shedule'")
                .contains("Is it 'schedule'?");
        assertThat(failure("name: a\nfrobnicate: b\n", map -> {
                    map.text("name");
                    map.text("schedule");
                    map.requireNoOtherKeys();
                }))
                .contains("There are: name, schedule.");
    }

    @Test
    void namesTheLineOfWhatIsWrong() {
        assertThat(failure("a: 1\nb: [1]\n", map -> map.text("b"))).startsWith("plan.yaml:2: b: this is no text");
        assertThat(failure("a:\nb: 1\n", map -> map.text("a"))).startsWith("plan.yaml:1: a: this is no text");
        assertThat(failure("a: 1\nb: x\n", map -> map.map("b"))).startsWith("plan.yaml:2: b: this is no mapping");
        assertThat(failure("a: 1\nb: 101\n", map -> map.number("b", 1, 100))).startsWith("plan.yaml:2: b: '101'");
        assertThat(failure("b: 1.5\n", map -> map.number("b", 1, 100))).startsWith("plan.yaml:1: b: '1.5'");
        assertThat(failure("b: yes\n", map -> map.flag("b", true))).contains("neither true nor false");
        assertThat(failure("b: 1\n", map -> map.requiredText("name"))).startsWith("plan.yaml:1: 'name' is missing");
        assertThat(failure("a: 1\nb: 1\na: 2\n", map -> {})).startsWith("plan.yaml:3: 'a' is there twice");
        assertThat(failure("? [a]\n: 1\n", map -> {})).startsWith("plan.yaml:1: a key is a word");
        assertThat(failure("a: 1\n b: 2\n", map -> {}))
                .startsWith("plan.yaml:2: ")
                .contains("no YAML");
        assertThat(failure("- a\n", map -> {})).contains("no mapping");
        assertThat(failure("", map -> {})).contains("no mapping");
        assertThat(failure("a: 'open\n", map -> {})).startsWith("plan.yaml:2: ");
    }

    @Test
    void refusesWhatIsTooLong() {
        assertThat(failure("a: " + "x".repeat(1 << 20), map -> {})).contains("characters");
    }

    /** Whatever the bytes are: an error of the one who wrote them, soon. */
    @Test
    @Timeout(60)
    void anyTextIsReadOrRefused() {
        SeededRandom.check(3_000, random -> {
            StringBuilder text = new StringBuilder(TEXT);
            for (int i = random.nextInt(8); i >= 0; i--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.setCharAt(at, "&*!|>%@`{}[],:-? \n\t'\"#\0\u2028".charAt(random.nextInt(24)));
                    case 1 -> text.insert(at, text.substring(at, Math.min(text.length(), at + random.nextInt(60))));
                    default -> text.delete(at, Math.min(text.length(), at + random.nextInt(20)));
                }
            }
            try {
                YamlMap map = YamlMap.parse(text.toString(), "plan.yaml");
                map.texts("paths");
                map.map("schedule").ifPresent(schedule -> schedule.text("cron"));
                map.maps("sources").forEach(YamlMap::requireNoOtherKeys);
            } catch (HoldfastException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.USAGE);
                assertThat(e.getMessage()).startsWith("plan.yaml").doesNotContain("\n");
            }
        });
        assertThatThrownBy(() -> YamlMap.parse("a: *none", "plan.yaml")).isInstanceOf(HoldfastException.class);
    }
}
