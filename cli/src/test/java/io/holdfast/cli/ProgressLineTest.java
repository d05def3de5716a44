package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ProgressLineTest {
    private static final long GIB = 1L << 30;

    @Test
    void saysHowFarItIsAndHowLongItTakes() {
        assertThat(ProgressLine.text("Saving", 3, GIB, 4 * GIB, 10))
                .startsWith("Saving  25 %  3 files, 1.00 GiB of 4.00 GiB, ")
                .endsWith("/s, 30.0 s left");
        assertThat(ProgressLine.text("Saving", 0, 4 * GIB, 4 * GIB, 10))
                .startsWith("Saving 100 %  4.00 GiB of 4.00 GiB, ")
                .doesNotContain("left");
        assertThat(ProgressLine.text("Saving", 0, 4 * GIB - 1, 4 * GIB, 10)).startsWith("Saving  99 %");
        assertThat(ProgressLine.text("Saving", 0, GIB, 0, 10)).doesNotContain("%", " of ", "left");
    }

    /** The total is that of the snapshot before, and there may be more by now. */
    @Test
    void saysNothingOfATotalThatWasPassed() {
        assertThat(ProgressLine.text("Saving", 0, 5 * GIB, 4 * GIB, 10))
                .startsWith("Saving  5.00 GiB, ")
                .doesNotContain("%", " of ", "left");
    }
}
