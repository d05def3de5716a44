package io.holdfast.search;

import io.holdfast.core.RawText;
import java.util.Locale;

/** Names with upper and lower case made alike. */
final class FoldedName {
    private FoldedName() {}

    /** The folded bytes of a name or path. */
    static byte[] of(byte[] name) {
        byte[] folded = name.clone();
        for (int i = 0; i < folded.length; i++) {
            byte b = folded[i];
            if (b < 0) {
                return RawText.encode(of(RawText.decode(name))).toByteArray();
            }
            if (b >= 'A' && b <= 'Z') {
                folded[i] = (byte) (b + ('a' - 'A'));
            }
        }
        return folded;
    }

    /** The same of a text. */
    static String of(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}
