package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import java.net.URI;

/** Under which agents reach a media server, as people write it: {@code https://HOST:PORT}. */
final class MediaUrl {
    private MediaUrl() {}

    static boolean isOne(String text) {
        return text.startsWith("https://") && ListenAddress.isOne(text.substring("https://".length()));
    }

    /**
     * Host and port.
     *
     * @throws HoldfastException {@code USAGE} where it is none
     */
    static String address(String text) {
        if (!isOne(text)) {
            throw HoldfastException.usage(
                    "--url '" + text + "' is no address of a media server", "Write https://HOST:PORT.");
        }
        URI uri = URI.create(text);
        return uri.getHost() + ":" + uri.getPort();
    }
}
