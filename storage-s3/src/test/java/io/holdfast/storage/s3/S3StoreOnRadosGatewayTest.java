package io.holdfast.storage.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.storage.Capabilities;
import io.holdfast.storage.ObjectStore;
import io.holdfast.testkit.ObjectStoreConcurrencyContract;
import io.holdfast.testkit.ObjectStoreContract;
import io.holdfast.testkit.RadosGateway;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The contract of stores against a real server. */
@Tag("slow")
@Tag("root")
final class S3StoreOnRadosGatewayTest {
    @Nested
    final class InAPlainBucket extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            return TestBuckets.open(RadosGateway.shared().endpoint(), TestBuckets.Kind.PLAIN);
        }
    }

    @Nested
    final class ByManyThreads extends ObjectStoreConcurrencyContract {
        @Override
        protected ObjectStore newStore() {
            return TestBuckets.open(RadosGateway.shared().endpoint(), TestBuckets.Kind.PLAIN);
        }
    }

    /** This server ignores the condition of a put there: the store has to find out, and to do without. */
    @Nested
    final class InABucketWithLocks extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            return TestBuckets.open(RadosGateway.shared().endpoint(), TestBuckets.Kind.LOCKING);
        }
    }

    @Test
    void findsOutWhetherPutsCanBeConditional() {
        try (S3Store plain = TestBuckets.open(RadosGateway.shared().endpoint(), TestBuckets.Kind.PLAIN);
                S3Store locking = TestBuckets.open(RadosGateway.shared().endpoint(), TestBuckets.Kind.LOCKING)) {
            assertThat(plain.capabilities()).isEqualTo(new Capabilities(true, true, true, 4, false));
            assertThat(locking.capabilities()).isEqualTo(new Capabilities(false, true, true, 4, true));
        }
    }
}
