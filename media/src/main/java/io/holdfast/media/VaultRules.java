package io.holdfast.media;

import io.holdfast.core.HoldfastException;
import io.holdfast.storage.ObjectName;

/** What may be done to the objects of a vault through one access. Safe for many threads. */
interface VaultRules {
    /**
     * Looks whether this may be put.
     *
     * @return how many bytes it may have
     * @throws HoldfastException {@code REFUSED}
     */
    long requirePut(ObjectName name);

    /**
     * Looks at what is to be put, when all of it has come.
     *
     * @throws HoldfastException {@code DAMAGED} where it is not what its name says, {@code FENCED} where the job is another's by now
     */
    void check(ObjectName name, ReceivedObject content);

    /** It is durable, and was not there before. */
    void stored(ObjectName name, ReceivedObject content);

    /** @throws HoldfastException {@code REFUSED} where it may not be deleted */
    void requireDelete(ObjectName name);

    /** Nothing is added and nothing deleted. */
    VaultRules READING = new VaultRules() {
        @Override
        public long requirePut(ObjectName name) {
            throw refused("puts nothing");
        }

        @Override
        public void check(ObjectName name, ReceivedObject content) {
            throw refused("puts nothing");
        }

        @Override
        public void stored(ObjectName name, ReceivedObject content) {
            throw new IllegalStateException(name + " was put by whoever only reads");
        }

        @Override
        public void requireDelete(ObjectName name) {
            throw refused("deletes nothing");
        }

        private HoldfastException refused(String what) {
            return new HoldfastException(
                    io.holdfast.core.ErrorCode.REFUSED, "a job that reads a vault " + what + " there");
        }
    };
}
