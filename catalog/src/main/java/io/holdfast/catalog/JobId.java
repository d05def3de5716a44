package io.holdfast.catalog;

import java.util.random.RandomGenerator;

/** Of one run of a plan on one host: 32 hexadecimal digits. */
public record JobId(String text) {
    public JobId {
        text = HexDigits.check(text, "job id");
    }

    static JobId generate(RandomGenerator random) {
        return new JobId(HexDigits.draw(random));
    }
}
