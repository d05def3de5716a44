package io.holdfast.control.watch;

import io.holdfast.security.Pem;
import io.holdfast.security.TlsContexts;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** Somebody who is told of alerts. Thread-safe. */
sealed interface Target permits Webhook, Mail {
    /**
     * Tells it; when this returns, the other side has taken it.
     *
     * @throws IOException where it did not, with what it said
     */
    void tell(Notice notice) throws IOException, InterruptedException;

    /** Believes this authority, or those of the system where there is none. */
    static SSLContext trust(Optional<String> authority) {
        try {
            return authority.isPresent()
                    ? TlsContexts.client(
                            Optional.empty(),
                            Pem.certificates(authority.get(), "the authority").getLast())
                    : SSLContext.getDefault();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
