package io.holdfast.testkit;

import java.security.SecureRandom;
import java.security.SecureRandomSpi;

/** What a process takes for random, the same for each run of a seed. */
public final class RepeatableRandom extends SecureRandom {
    private static final long serialVersionUID = 1L;

    public RepeatableRandom(SeededRandom random) {
        super(new Spi(random), null);
    }

    private static final class Spi extends SecureRandomSpi {
        private static final long serialVersionUID = 1L;
        private final transient SeededRandom random;

        Spi(SeededRandom random) {
            this.random = random;
        }

        @Override
        protected void engineSetSeed(byte[] seed) {
            // It has one.
        }

        @Override
        protected void engineNextBytes(byte[] bytes) {
            synchronized (random) {
                random.nextBytes(bytes);
            }
        }

        @Override
        protected byte[] engineGenerateSeed(int count) {
            byte[] bytes = new byte[count];
            engineNextBytes(bytes);
            return bytes;
        }
    }
}
