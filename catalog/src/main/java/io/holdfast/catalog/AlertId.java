package io.holdfast.catalog;

import java.util.random.RandomGenerator;

/** Of an alert: 32 hexadecimal digits. */
public record AlertId(String text) {
    public AlertId {
        text = HexDigits.check(text, "alert id");
    }

    static AlertId generate(RandomGenerator random) {
        return new AlertId(HexDigits.draw(random));
    }
}
