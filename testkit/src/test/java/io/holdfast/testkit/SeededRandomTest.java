package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SeededRandomTest {

    @Test
    void repeatsItselfFromTheSameSeed() {
        assertThat(new SeededRandom(5).bytesUpTo(1_000)).isEqualTo(new SeededRandom(5).bytesUpTo(1_000));
        assertThat(new SeededRandom(5).objectName()).isEqualTo(new SeededRandom(5).objectName());
        assertThat(new SeededRandom(5).bytes(16)).isNotEqualTo(new SeededRandom(6).bytes(16));
    }

    @Test
    void tellsTheSeedOfARoundThatFailed() {
        List<Long> firstValues = new ArrayList<>();
        AssertionError error = catchThrowableOfType(
                AssertionError.class,
                () -> SeededRandom.check(10, random -> {
                    firstValues.add(random.nextLong());
                    throw new IOException("as planned");
                }));
        assertThat(error).hasMessageContaining("as planned").hasCauseInstanceOf(IOException.class);
        String seed = String.valueOf(error.getMessage()).replaceAll("(?s).*-Dholdfast.seed=(-?[0-9]+) .*", "$1");
        assertThat(new SeededRandom(Long.parseLong(seed)).nextLong()).isEqualTo(firstValues.getFirst());
        assertThat(firstValues).hasSize(1);
    }

    @Test
    void makesSizesUpToTheLimitWithBothEnds() {
        SeededRandom random = new SeededRandom(1);
        List<Integer> sizes = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            sizes.add(random.size(100));
        }
        assertThat(sizes).contains(0, 100).allMatch(size -> size >= 0 && size <= 100);
        assertThat(random.size(0)).isZero();
        assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> random.pick(List.of()));
    }

    @Test
    void makesTheSameTreeFromTheSameSeed(@TempDir Path directory) throws IOException {
        for (long seed = 0; seed < 20; seed++) {
            Path first = Files.createDirectory(directory.resolve("first" + seed));
            Path second = Files.createDirectory(directory.resolve("second" + seed));
            RandomTree.small().write(new SeededRandom(seed), first);
            RandomTree.small().write(new SeededRandom(seed), second);
            assertThat(paths(first)).isEqualTo(paths(second));
        }
    }

    private static List<String> paths(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            return paths.map(path -> root.relativize(path).toString()).sorted().toList();
        }
    }
}
