package io.holdfast.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.RawText;
import io.holdfast.protocol.api.JobApi.JobView;
import io.holdfast.protocol.api.JobApi.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FormatsTest {
    private static final Instant NOW = Instant.parse("2026-03-04T05:06:07Z");

    @Test
    void timesAreSaidAsPeopleSayThem() {
        assertThat(ago(Duration.ofSeconds(3))).isEqualTo("just now");
        assertThat(ago(Duration.ofSeconds(-3))).isEqualTo("in a moment");
        assertThat(ago(Duration.ofSeconds(89))).isEqualTo("1 min ago");
        assertThat(ago(Duration.ofMinutes(59))).isEqualTo("59 min ago");
        assertThat(ago(Duration.ofMinutes(90))).isEqualTo("2 h ago");
        assertThat(ago(Duration.ofHours(47))).isEqualTo("47 h ago");
        assertThat(ago(Duration.ofHours(50))).isEqualTo("2 days ago");
        assertThat(ago(Duration.ofDays(-20))).isEqualTo("in 20 days");
        assertThat(ago(Duration.ofDays(100))).isEqualTo("2025-11-24");
        assertThat(Formats.duration(Duration.ofSeconds(59))).isEqualTo("59 s");
        assertThat(Formats.duration(Duration.ofSeconds(61))).isEqualTo("1:01 min");
        assertThat(Formats.duration(Duration.ofSeconds(3_661))).isEqualTo("1:01:01 h");
    }

    private static String ago(Duration past) {
        return Formats.ago(NOW.minus(past), NOW);
    }

    @Test
    void namesThatAreNoTextAreShownAsTheCommandLineShowsThem() {
        assertThat(Formats.visible(RawText.decode(new byte[] {'a', (byte) 0xFF, 'b', 7, (byte) 0xC3, (byte) 0xA4})))
                .isEqualTo("a\\xffb\\x07ä");
        assertThat(Formats.visible("invoice\u202efdp.exe")).isEqualTo("invoice\\u202efdp.exe");
        assertThat(Formats.visible("😀\n<b>")).isEqualTo("😀\n<b>");
    }

    @Test
    void addressesAreShownWithoutWhatWouldLetSomebodyIn() {
        assertThat(Formats.place("s3://KEY:SECRET@bucket/prefix?endpoint=https://x"))
                .isEqualTo("s3://bucket/prefix");
        assertThat(Formats.place("/srv/a@b")).isEqualTo("/srv/a@b");
    }

    @Test
    void pathsAreEscapedWhereTheyComeIn() {
        String name = RawText.decode(new byte[] {'a', (byte) 0xFF, '\n', 0x7F, (byte) 0xC3, (byte) 0xA4, (byte) 0x80});
        assertThat(RawText.printable(name)).isEqualTo("a\\xff\\x0a\\x7fä\\x80");
        assertThat(RawText.printable("😀")).isEqualTo("😀");
    }

    @Test
    void whatIsLeftOfAJobFollowsFromWhatIsDone() {
        assertThat(Formats.left(job("running", 250, Optional.of(1_000L)), NOW)).hasValue("30 s");
        assertThat(Formats.left(job("running", 2_000, Optional.of(1_000L)), NOW))
                .hasValue("0 s");
        assertThat(Formats.left(job("running", 0, Optional.of(1_000L)), NOW)).isEmpty();
        assertThat(Formats.left(job("running", 250, Optional.empty()), NOW)).isEmpty();
        assertThat(Formats.left(job("queued", 250, Optional.of(1_000L)), NOW)).isEmpty();
        assertThat(Formats.took(job("running", 0, Optional.empty()), NOW)).hasValue("10 s");
        assertThat(Formats.took(job("queued", 0, Optional.empty()), NOW)).isEmpty();
    }

    private static JobView job(String state, long bytes, Optional<Long> total) {
        return new JobView(
                "00",
                "backup",
                Optional.empty(),
                Optional.empty(),
                "main",
                state,
                false,
                NOW,
                NOW,
                Optional.of(NOW.minusSeconds(10)),
                Optional.empty(),
                1,
                new Progress(1, bytes, total),
                "",
                List.of(),
                0);
    }

    @Test
    void onlyPlacesOfThisServerAreGoneTo() {
        assertThat(List.of("/", "/hosts/a%2Fb?q=//x")).allMatch(LoginPages::isOwn);
        assertThat(List.of(
                        "", "hosts", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"))
                .noneMatch(LoginPages::isOwn);
    }
}
