package io.holdfast.control.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.control.watch.UsualRun.Run;
import io.holdfast.control.watch.UsualRun.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class UsualRunTest {
    private static final long MB = 1 << 20;

    /** 1,000 files of 1,000 MiB, of which 10 MiB are new and compress to a half, a little more or less each night. */
    private static List<Run> nights(int count) {
        List<Run> runs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long more = i % 5;
            runs.add(new Run(1_000 + more, (1_000 + more) * MB, (10 + more) * MB, (10 + more) * MB / 2));
        }
        return runs;
    }

    static Stream<Arguments> verdicts() {
        return Stream.of(
                Arguments.of("as always", new Run(1_002, 1_002 * MB, 12 * MB, 6 * MB), "", ""),
                Arguments.of("a fifth larger", new Run(1_000, 1_200 * MB, 20 * MB, 10 * MB), "", ""),
                Arguments.of("half is gone", new Run(990, 500 * MB, 10 * MB, 5 * MB), "unusually small", ""),
                Arguments.of("all is gone", new Run(0, 0, 0, 0), "unusually small", ""),
                Arguments.of("twice as much", new Run(1_000, 2_000 * MB, 10 * MB, 5 * MB), "unusually large", ""),
                Arguments.of("files are gone", new Run(200, 1_000 * MB, 10 * MB, 5 * MB), "number of files: 200", ""),
                Arguments.of("much is new", new Run(1_000, 1_000 * MB, 400 * MB, 200 * MB), "is new: 40 %", ""),
                Arguments.of(
                        "encrypted",
                        new Run(1_000, 1_000 * MB, 900 * MB, 899 * MB),
                        "is new: 90 %",
                        "hardly compresses"),
                Arguments.of("few films more", new Run(1_003, 1_003 * MB, 13 * MB, 13 * MB), "", "100 % of 13"),
                Arguments.of("too little is new to tell", new Run(1_000, 1_000 * MB, MB, MB), "", ""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("verdicts")
    void aBackupIsJudgedByThoseBeforeIt(String name, Run run, String unusual, String entropy) {
        Verdict verdict = UsualRun.judge(run, nights(30));
        check(verdict.unusual().orElse(""), unusual);
        check(verdict.entropy().orElse(""), entropy);
    }

    private static void check(String text, String part) {
        if (part.isEmpty()) {
            assertThat(text).isEmpty();
        } else {
            assertThat(text).contains(part);
        }
    }

    @Test
    void nothingIsSaidOfAShortHistory() {
        Run gone = new Run(0, 0, 0, 0);
        assertThat(UsualRun.judge(gone, nights(4))).isEqualTo(Verdict.USUAL);
        assertThat(UsualRun.judge(gone, nights(5)).unusual()).isPresent();
    }

    @Test
    void oddNightsBeforeChangeNothingWhileTheyAreFewerThanHalf() {
        List<Run> history = new ArrayList<>(nights(30));
        for (int i = 0; i < 14; i++) {
            history.set(i, new Run(5, 5 * MB, MB, MB));
        }
        assertThat(UsualRun.judge(new Run(5, 5 * MB, MB, MB), history).unusual())
                .isPresent();
        history.addAll(0, history.subList(0, 14).stream().toList());
        assertThat(UsualRun.judge(new Run(5, 5 * MB, MB, MB), history).unusual())
                .as("by now it is usual")
                .isEmpty();
    }

    @Test
    void whatNeverCompressedIsNoSign() {
        List<Run> films = nights(30).stream()
                .map(run -> new Run(run.files(), run.bytes(), run.addedBytes(), run.addedBytes()))
                .toList();
        assertThat(UsualRun.judge(new Run(1_000, 1_000 * MB, 20 * MB, 20 * MB), films))
                .isEqualTo(Verdict.USUAL);
    }

    @Test
    void aSourceThatVariesMuchMayVaryMuch() {
        List<Run> history = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            history.add(new Run(100 + 40L * (i % 6), (100 + 40L * (i % 6)) * MB, MB, MB));
        }
        assertThat(UsualRun.judge(new Run(420, 420 * MB, MB, MB), history).unusual())
                .isEmpty();
    }
}
