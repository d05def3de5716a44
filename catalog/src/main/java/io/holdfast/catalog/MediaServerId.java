package io.holdfast.catalog;

import java.util.random.RandomGenerator;

/** Of a media server: 32 hexadecimal digits, drawn when it was added. */
public record MediaServerId(String text) implements MachineId {
    public MediaServerId {
        text = HexDigits.check(text, "media server id");
    }

    static MediaServerId generate(RandomGenerator random) {
        return new MediaServerId(HexDigits.draw(random));
    }
}
