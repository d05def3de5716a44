package io.holdfast.databases;

import io.holdfast.core.HoldfastException;
import java.io.InputStream;

/**
 * Takes a dump. It reads to the end, then asks whether that was all, and only then keeps what it has read.
 *
 * @param <T> what it makes of it
 */
@FunctionalInterface
public interface DumpConsumer<T> {
    /**
     * @param in closed by whoever calls this
     * @param ending to be asked when {@code in} has ended
     */
    T take(InputStream in, Ending ending);

    /** Says after the end of a dump whether it is whole. */
    @FunctionalInterface
    interface Ending {
        /** @throws HoldfastException where it is not, with the reason */
        void check();
    }
}
