package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.stores.StorePlace;
import io.holdfast.testkit.Mutations;
import io.holdfast.testkit.SeededRandom;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is given with {@code --repo}. */
class StoreUrlFuzzTest {
    @Test
    @Timeout(60)
    void isAPlaceOrAMistakeOfTheUser() {
        feed(Mutations.ROUNDS);
    }

    @Test
    @Tag("long")
    @Timeout(3_600)
    void isAPlaceOrAMistakeOfTheUserForLong() {
        feed(Mutations.LONG_ROUNDS);
    }

    private static void feed(int rounds) {
        List<byte[]> urls = Stream.of(
                        "/srv/backup",
                        "file:/srv/backup",
                        "file:///srv/backup",
                        "relative/path",
                        "s3://bucket/prefix",
                        "s3://bucket/a/b?endpoint=https://127.0.0.1:9000&region=eu-central-1&path-style=true",
                        "s3://bucket/prefix?storage-class=STANDARD_IA&sse=kms",
                        "s3://bucket/prefix?ca-file=%2Fetc%2Fca.pem")
                .map(url -> url.getBytes(StandardCharsets.UTF_8))
                .toList();
        new Mutations(urls, new SeededRandom(3))
                .feed(rounds, Set.of(ErrorCode.USAGE, ErrorCode.REFUSED), StoreUrlFuzzTest::parse);
    }

    private static void parse(byte[] url) {
        StorePlace place = StorePlace.parse(new String(url, StandardCharsets.UTF_8));
        assertThat(place.url()).isNotEmpty();
    }
}
