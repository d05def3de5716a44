package io.holdfast.console;

import io.nayuki.qrcodegen.QrCode;
import java.util.Locale;

/**
 * A QR code (ISO/IEC 18004) as an SVG path, with the quiet zone around.
 *
 * @param side of the whole picture, in modules
 * @param path of the dark modules
 */
public record QrPicture(int side, String path) {
    private static final int QUIET_MODULES = 4;

    /** @param text is turned to upper case, in which a code is smallest */
    static QrPicture of(String text) {
        return exact(text.toUpperCase(Locale.ROOT));
    }

    /** Of a text in which capitals matter. */
    static QrPicture exact(String text) {
        QrCode code = QrCode.encodeText(text, QrCode.Ecc.MEDIUM);
        StringBuilder path = new StringBuilder();
        for (int y = 0; y < code.size; y++) {
            for (int x = 0; x < code.size; x++) {
                if (code.getModule(x, y)) {
                    path.append('M')
                            .append(x + QUIET_MODULES)
                            .append(' ')
                            .append(y + QUIET_MODULES)
                            .append("h1v1h-1z");
                }
            }
        }
        return new QrPicture(code.size + 2 * QUIET_MODULES, path.toString());
    }
}
