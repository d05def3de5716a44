package io.holdfast.catalog;

import java.util.random.RandomGenerator;

/** Of a machine: 32 hexadecimal digits, drawn when it was added, which it keeps whatever it is called. */
public record HostId(String text) implements MachineId {
    public HostId {
        text = HexDigits.check(text, "host id");
    }

    static HostId generate(RandomGenerator random) {
        return new HostId(HexDigits.draw(random));
    }
}
