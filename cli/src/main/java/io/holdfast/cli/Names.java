package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.core.NameText;
import io.holdfast.core.RawText;

/** File names, which are bytes, as text and back. Bytes that are no UTF-8 and control characters are written as {@code \xNN}. */
final class Names {
    private Names() {}

    /** Of a text in which bytes that are no UTF-8 may stand as {@link RawText} has them. */
    static Bytes bytes(String text) {
        return RawText.encode(text);
    }

    static String text(Bytes name) {
        return NameText.of(name);
    }
}
