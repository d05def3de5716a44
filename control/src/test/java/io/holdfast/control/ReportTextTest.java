package io.holdfast.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ByteSize;
import io.holdfast.protocol.api.ReportApi.Column;
import io.holdfast.protocol.api.ReportApi.Report;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReportTextTest {
    private static final Instant NOW = Instant.parse("2060-03-01T12:00:00Z");

    private static Report report(Map<String, Object> row) {
        return new Report(
                "failed",
                "What <failed>",
                NOW,
                7,
                List.of(new Column("host", "Host", "text"), new Column("bytes", "Size & more", "bytes")),
                List.of(row));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "web1 | web1",
                "a,b | \"a,b\"",
                "say \"x\" | \"say \"\"x\"\"\"",
                "~two\nlines~ | ~\"two\nlines\"~",
                "=1+1 | '=1+1",
                "+1 | '+1",
                "-1 | '-1",
                "@SUM(A1) | '@SUM(A1)",
                "=a,b | \"'=a,b\"",
                "a=1 | a=1"
            })
    void cellsAreQuotedAndNoneIsAFormula(String text, String cell) {
        assertThat(ReportText.csv(report(Map.of("host", text)))).isEqualTo("host,bytes\r\n" + cell + ",\r\n");
    }

    @Test
    void numbersStayNumbers() {
        assertThat(ReportText.csv(report(Map.of("host", "a", "bytes", -5L)))).isEqualTo("host,bytes\r\na,-5\r\n");
    }

    @Test
    void aPageNeedsNothingElseAndTakesNothingForMarkup() {
        String html = ReportText.html(report(Map.of("host", "<script>alert('x')</script>", "bytes", 2L << 20)));
        assertThat(html)
                .startsWith("<!DOCTYPE html>")
                .contains("What &lt;failed&gt;")
                .contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;")
                .contains("Size &amp; more")
                .contains(new ByteSize(2L << 20).toString())
                .contains("Last 7 days")
                .doesNotContain("<script")
                .doesNotContain("src=")
                .doesNotContain("href=");
    }
}
