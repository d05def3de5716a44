package io.holdfast.simulation.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each rule broken alone: what it is there for goes wrong, or it is not there for safety. */
class RuleTest {
    private static final int MAX_STATES = 9_000_000;

    @ParameterizedTest
    @MethodSource("safetyRules")
    void isMissedWhenItIsBroken(Rule rule) {
        assertMissed(rule, whereItMatters(rule));
    }

    /** A host that can only write keeps the rules of all who write, those that it could be thought not to need among them. */
    @ParameterizedTest
    @EnumSource(
            names = {
                "REGISTER_BEFORE_READING_LISTS",
                "NEWER_GENERATION_RESTARTS",
                "CONDEMNED_PACKS_ARE_NOT_USABLE",
                "WRITER_LISTS_PACKS_AFTER_CONDEMNED",
                "INDEX_IS_A_HINT",
                "FRESH_SALT",
                "INDEXED_BEFORE_COMMIT",
                "FIRST_PUT_WINS",
                "ROSTER_CHECKED_AFTER_COMMIT",
                "SESSIONS_ARE_WAITED_FOR",
                "SECOND_MARK"
            })
    void isMissedWhereOnlyAHostWritesThatCannotRead(Rule rule) {
        assertMissed(rule, Configurations.hostsAlone());
    }

    private static void assertMissed(Rule rule, Configuration configuration) {
        SearchResult result = new Search(new Setting(configuration, Set.of(rule), promise(rule)), MAX_STATES).run();

        assertThat(result.counterexample()).as("%s in %s", rule, result).isPresent();
        Counterexample counterexample = result.counterexample().orElseThrow();
        System.out.printf(
                "%n%s is broken (%s; %,d states)%n%s", rule, result.name(), result.states(), counterexample.text());
        assertThat(counterexample.steps()).hasSizeLessThan(80);
    }

    /** The other rules: exhaustive searches without them find nothing wrong, which says why the table calls them so. */
    @ParameterizedTest
    @MethodSource("otherRules")
    void isNotNeededForSafety(Rule rule) {
        for (Configuration configuration : Configurations.small()) {
            Setting setting = new Setting(configuration, Set.of(rule), Promise.STORED);

            SearchResult result = new Search(setting, MAX_STATES).run();

            assertThat(result.counterexample().map(Counterexample::text))
                    .as(result.name())
                    .isEmpty();
            assertThat(result.exhausted()).isTrue();
        }
    }

    static Stream<Rule> safetyRules() {
        return Arrays.stream(Rule.values()).filter(rule -> rule.kind() == Rule.Kind.SAFETY);
    }

    static Stream<Rule> otherRules() {
        return Arrays.stream(Rule.values()).filter(rule -> rule.kind() != Rule.Kind.SAFETY);
    }

    private static Promise promise(Rule rule) {
        return switch (rule) {
            case INDEXED_BEFORE_COMMIT, OTHER_COPY_INDEXED, SEGMENT_IS_PUT_BEFORE_IT_IS_KEPT ->
                Promise.STORED_AND_INDEXED;
            default -> Promise.STORED;
        };
    }

    private static Configuration whereItMatters(Rule rule) {
        return switch (rule) {
            case REGISTER_BEFORE_READING_LISTS,
                    CONDEMNED_PACKS_ARE_NOT_USABLE,
                    WRITER_LISTS_PACKS_AFTER_CONDEMNED,
                    INDEX_IS_A_HINT,
                    FIRST_PUT_WINS,
                    ROSTER_CHECKED_AFTER_COMMIT,
                    FORGOTTEN_NAME_STAYS_OCCUPIED,
                    CONDEMNED_BEFORE_SESSIONS_ARE_LISTED,
                    SESSIONS_ARE_WAITED_FOR,
                    SECOND_MARK,
                    DELETED_BEFORE_LIST_IS_REMOVED,
                    NEWEST_ROSTER_STAYS,
                    LIVE_NEEDS_ROSTER,
                    RETIRED_ONLY_OFF_THE_ROSTER -> Configurations.adoption();
            case NEWER_GENERATION_RESTARTS, FRESH_SALT, RETIRED_ONLY_BELOW_ROSTER ->
                Configurations.oneWriterAndEverything();
            case PARENT_CHECKED_AFTER_REGISTERING, PARENT_MARKED_IN_EVERY_LIST ->
                Configurations.twoWritersTwoCollectors();
            case EVERY_CONDEMNED_LIST_IS_READ, TOMBSTONE_BEFORE_SESSION_IS_DELETED -> Configurations.garbage();
            case ONE_PUT_PER_PACK_NAME -> Configurations.latePacks();
            case FIRST_MARK_COUNTS -> Configurations.firstMark();
            case INDEXED_BEFORE_COMMIT -> Configurations.oneWriterAndEverything();
            case OTHER_COPY_INDEXED -> Configurations.unindexedCopy();
            case COLLECTOR_LISTS_PACKS_AFTER_CONDEMNED,
                    OTHER_COPY_EXISTS,
                    OTHER_COPY_ON_NO_OTHER_LIST,
                    OTHER_COPY_NOT_ON_THIS_LIST,
                    LIST_STILL_STANDS_BEFORE_DELETE,
                    VERDICT_PUT_ONCE -> Configurations.duplicates();
            case DELTA_COUNTS_WITH_ITS_BASES, BASES_ARE_USABLE, BASES_ARE_MARKED -> Configurations.deltas();
            case FULL_COPY_GIVES_WAY_TO_FULL -> Configurations.lateDelta();
            case DELTA_GIVES_WAY_ON_SAME_BASES -> Configurations.lateDeltaOnAnotherBase();
            case ROSTERS_ARE_TOTALLY_ORDERED, RETIRED_ONLY_WHEN_NO_NEWER_LIST_STANDS -> Configurations.retiring();
            case NEW_PACKS_ARE_PUT_LOCKED,
                    OLDER_PACKS_ARE_LOCKED,
                    LOCKED_BEFORE_COMMIT,
                    PARENT_IS_LOCKED_AS_LONG,
                    GONE_PACK_STOPS_THE_COMMIT,
                    MISSING_CHUNK_STOPS_THE_COMMIT -> Configurations.intruder();
            case BASES_ARE_LOCKED, MISSING_BASE_STOPS_THE_COMMIT -> Configurations.intruderAndDeltas();
            case LIST_STANDS_WHILE_A_DELETE_IS_REFUSED -> Configurations.hostsAndRefusedDeletes();
            case SEGMENT_IS_PUT_BEFORE_IT_IS_KEPT -> Configurations.hosts();
            case START_OVER_WHEN_A_LIST_VANISHES,
                    WAIT_SET_PUT_ONCE,
                    INDEX_REWRITTEN_BEFORE_DELETE,
                    ROSTER_READ_LAST,
                    LOCKS_START_OVER_WHEN_A_PACK_IS_GONE ->
                throw new IllegalArgumentException(rule + " is not a safety rule");
        };
    }
}
