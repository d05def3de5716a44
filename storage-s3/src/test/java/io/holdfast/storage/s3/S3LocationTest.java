package io.holdfast.storage.s3;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.s3.S3Location.ServerEncryption;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class S3LocationTest {
    @Test
    void takesABucketAlone() {
        S3Location location = S3Location.parse("s3://my-bucket");
        assertThat(location.bucket()).isEqualTo("my-bucket");
        assertThat(location.prefix()).isEmpty();
        assertThat(location.pathStyle()).isFalse();
        assertThat(location.encryption()).isEqualTo(new ServerEncryption.Default());
        assertThat(location).hasToString("s3://my-bucket");
    }

    @Test
    void takesEveryOption() {
        S3Location location = S3Location.parse(
                "s3://b.1/a/B_2/?endpoint=https%3A%2F%2Fhost%3A99&region=eu-1&path-style=false"
                        + "&storage-class=DEEP_ARCHIVE&metadata-class=STANDARD_IA&sse=c&sse-key-file=/k%20ey&ca-file=ca.pem");
        assertThat(location.prefix()).isEqualTo("a/B_2/");
        assertThat(location.endpoint()).contains(URI.create("https://host:99"));
        assertThat(location.region()).contains("eu-1");
        assertThat(location.pathStyle()).isFalse();
        assertThat(location.isCold()).isTrue();
        assertThat(location.hotClass()).contains("STANDARD_IA");
        assertThat(location.encryption()).isEqualTo(new ServerEncryption.CustomerKey(Path.of("/k ey")));
        assertThat(location.authority()).contains(Path.of("ca.pem"));
        assertThat(location).hasToString("s3://b.1/a/B_2 at https://host:99");
    }

    @Test
    void usesPathStyleWithServersThatAreNotAmazons() {
        assertThat(S3Location.parse("s3://bucket?endpoint=http://host").pathStyle())
                .isTrue();
        assertThat(S3Location.parse("s3://bucket?sse=kms:arn:aws:kms:x:1:key/2").encryption())
                .isEqualTo(new ServerEncryption.KeyService(Optional.of("arn:aws:kms:x:1:key/2")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3:",
                "s3://",
                "s3:///x",
                "s3://a",
                "s3://Upper",
                "s3://-bucket",
                "s3://bucket/a//b",
                "s3://bucket/a b",
                "s3://bucket/\u00e9",
                "s3://bucket#x",
                "s3://user@bucket/x",
                "s3://bucket?what=1",
                "s3://bucket?region",
                "s3://bucket?region=",
                "s3://bucket?region=a&region=b",
                "s3://bucket?endpoint=host",
                "s3://bucket?endpoint=https://u:p@host",
                "s3://bucket?endpoint=https://host?x=1",
                "s3://bucket?path-style=2",
                "s3://bucket?sse=other",
                "s3://bucket?sse=kms:",
                "s3://bucket?sse=c",
                "s3://bucket?sse-key-file=k",
                "s3://bucket?metadata-class=DEEP_ARCHIVE",
                "s3://bucket?storage-class=glacier"
            })
    void refusesWhatMeansNothing(String url) {
        assertThat(codeOf(() -> S3Location.parse(url))).isEqualTo(ErrorCode.USAGE);
    }

    @Test
    void saysWhichOfTheTwoOptionsForAKeyIsMissing() {
        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(() -> S3Location.parse("s3://bucket?sse=c"))
                .withMessageContaining("has sse=c and no sse-key-file");
        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(() -> S3Location.parse("s3://bucket?sse=s3&sse-key-file=k"))
                .withMessageContaining("has an sse-key-file without sse=c");
    }
}
