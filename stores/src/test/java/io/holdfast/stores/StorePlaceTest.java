package io.holdfast.stores;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StorePlaceTest {
    @Test
    void aPlaceBelowAnotherOneHasItsOptions() {
        assertThat(StorePlace.parse("/srv/repository").below("vaults/01ab").url())
                .isEqualTo("/srv/repository/vaults/01ab");
        assertThat(StorePlace.parse("s3://bucket/prefix?endpoint=https://s3.example.org&region=x")
                        .below("vaults/01ab")
                        .url())
                .isEqualTo("s3://bucket/prefix/vaults/01ab?endpoint=https://s3.example.org&region=x");
        assertThat(StorePlace.parse("s3://bucket").below("vaults/01ab").url()).isEqualTo("s3://bucket/vaults/01ab");
        assertThat(StorePlace.parse("s3://bucket/").below("vaults/01ab").url()).isEqualTo("s3://bucket/vaults/01ab");
    }
}
