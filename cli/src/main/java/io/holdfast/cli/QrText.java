package io.holdfast.cli;

import io.nayuki.qrcodegen.QrCode;
import java.util.Locale;

/** QR codes (ISO/IEC 18004) as text for paper: two rows of modules a line, with the quiet zone around. */
final class QrText {
    private static final int QUIET_MODULES = 4;

    private QrText() {}

    /** @param text is turned to upper case, in which a code is smallest */
    static String of(String text) {
        return exact(text.toUpperCase(Locale.ROOT));
    }

    /** Of a text in which capitals matter. */
    static String exact(String text) {
        QrCode code = QrCode.encodeText(text, QrCode.Ecc.MEDIUM);
        StringBuilder lines = new StringBuilder();
        for (int y = -QUIET_MODULES; y < code.size + QUIET_MODULES; y += 2) {
            StringBuilder line = new StringBuilder();
            for (int x = -QUIET_MODULES; x < code.size + QUIET_MODULES; x++) {
                boolean upper = code.getModule(x, y);
                boolean lower = code.getModule(x, y + 1);
                line.append(upper ? lower ? '\u2588' : '\u2580' : lower ? '\u2584' : ' ');
            }
            lines.append(line.toString().stripTrailing()).append('\n');
        }
        return lines.toString();
    }
}
