package io.holdfast.databases;

import io.holdfast.core.HoldfastException;
import java.io.InputStream;
import java.util.List;

/**
 * A database server, seen from the host it runs on or that can reach it: its content goes out and comes back as streams, one for each {@link DatabasePart}.
 *
 * <p>Other ways of saving a server, physical ones and the logs that lead from one moment to another, are other parts with positions of their own
 * ({@link Dump#position}); other makes are other implementations. Whoever moves the streams need not know any of it.
 *
 * <p>Implementations run the server's own programs, are thread-safe, and hold nothing open between calls. All calls block, end by interruption, and throw
 * {@link HoldfastException} with one line that ends with the program's own last words: {@code USAGE} where a program or a file of this host is
 * missing, {@code NOT_FOUND} for a database that is not there, {@code REFUSED} for one that is and is not to be replaced, {@code NO_SPACE} where the server says
 * that its disk is full, {@code FAILED} for what else goes wrong.
 */
public interface DatabaseSource {
    /** The make, one lower-case word, as plans have it: {@code mariadb}, {@code postgresql}. */
    String kind();

    /** The server's version, as it tells it. The cheapest call that shows whether it can be reached. */
    String version();

    /** The names of its databases, but for those that belong to the server itself; ascending. */
    List<String> databases();

    /**
     * Sends one part to {@code consumer}. All of it is of one moment.
     *
     * @return what the consumer made of it, and what there is to know of the dump
     * @throws HoldfastException also where the dump is not whole: the consumer has heard it from its {@link DumpConsumer.Ending} before, and keeps nothing
     */
    <T> Dump<T> dump(DatabasePart part, DumpConsumer<T> consumer);

    /**
     * Brings one part into the running server. A database that could not be restored whole is not there afterwards, where the server still answers.
     *
     * @param stream what {@link #dump} has sent; read to its end where all goes well, and closed by the caller
     * @return what somebody should know, one line each; empty mostly
     */
    List<String> restore(DatabasePart part, InputStream stream, RestoreTarget target);
}
