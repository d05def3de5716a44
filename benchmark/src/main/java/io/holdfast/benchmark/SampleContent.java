package io.holdfast.benchmark;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/** The bytes that are measured with: the same in every run. */
final class SampleContent {
    private static final long SEED = 25;

    private static final String[] WORDS =
            ("int unsigned struct static const void return if else while for break case default sizeof spin_lock "
                            + "spin_unlock mutex_lock kfree kmalloc GFP_KERNEL list_head device dev_err pci_dev net_device "
                            + "skb buf len ret err flags priv data ops info index count offset size addr reg val mask shift")
                    .split(" ");
    private static final String[] MARKS = {
        " ", " ", " ", "->", "(", ");\n\t", ", ", " = ", ";\n\t", " {\n\t\t", "\n}\n\n"
    };

    private SampleContent() {}

    /** What does not compress. */
    static byte[] random(int bytes) {
        byte[] data = new byte[bytes];
        new Random(SEED).nextBytes(data);
        return data;
    }

    /** What compresses about as C source does. */
    static byte[] text(int bytes) {
        Random random = new Random(SEED);
        StringBuilder text = new StringBuilder(bytes + 64);
        while (text.length() < bytes) {
            text.append(WORDS[random.nextInt(WORDS.length)]);
            if (random.nextInt(4) == 0) {
                text.append('_').append(Integer.toString(random.nextInt(5_000), Character.MAX_RADIX));
            }
            text.append(MARKS[random.nextInt(MARKS.length)]);
        }
        return text.substring(0, bytes).getBytes(StandardCharsets.US_ASCII);
    }
}
