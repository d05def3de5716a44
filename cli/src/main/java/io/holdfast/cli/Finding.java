package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import java.util.List;
import java.util.Locale;

/**
 * What a look at an installation found.
 *
 * @param subject what was looked at, or where it stands
 * @param hint what to do; may be empty
 */
record Finding(State state, String subject, String message, String hint) {

    /** How bad it is. */
    enum State {
        OK,
        /** It works, and will not for ever, or not as it should. */
        WARNING,
        /** It does not work. */
        PROBLEM;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static Finding ok(String subject, String message) {
        return new Finding(State.OK, subject, message, "");
    }

    static Finding warning(String subject, String message, String hint) {
        return new Finding(State.WARNING, subject, message, hint);
    }

    static Finding problem(String subject, String message, String hint) {
        return new Finding(State.PROBLEM, subject, message, hint);
    }

    static Finding problem(String subject, HoldfastException e) {
        return problem(subject, String.valueOf(e.getMessage()), e.hint().orElse(""));
    }

    static long count(List<Finding> findings, State state) {
        return findings.stream().filter(each -> each.state() == state).count();
    }

    /** For people: what it is, and what to do. */
    String text() {
        return message + (hint.isEmpty() ? "" : ". " + hint);
    }
}
