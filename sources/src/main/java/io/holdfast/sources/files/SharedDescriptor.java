package io.holdfast.sources.files;

import java.util.concurrent.atomic.AtomicInteger;

/** A file descriptor with several owners, closed by the last one. Safe for use by many threads. */
final class SharedDescriptor {
    private final int descriptor;
    private final AtomicInteger owners = new AtomicInteger(1);

    /** Takes the descriptor over, for one owner. */
    SharedDescriptor(int descriptor) {
        this.descriptor = descriptor;
    }

    /** Only an owner may ask, and only until he has released. */
    int descriptor() {
        return descriptor;
    }

    /** Adds an owner; only an owner may do that. */
    void retain() {
        owners.incrementAndGet();
    }

    /** Once per owner. */
    void release() {
        if (owners.decrementAndGet() == 0) {
            LinuxCalls.close(Scratch.current(), descriptor);
        }
    }
}
