package io.holdfast.console;

import io.holdfast.console.PlanPages.Line;
import io.holdfast.console.PlanPages.Mistake;
import io.holdfast.core.HoldfastException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Where in a text a reader has found something wrong. */
final class Mistakes {
    private static final Pattern PLACE = Pattern.compile("line:([0-9]{1,9}): (.*)", Pattern.DOTALL);
    private static final int AROUND = 2;

    private Mistakes() {}

    /** @param e what the reader of a text that it calls {@code line} said */
    static Mistake of(HoldfastException e, String text) {
        String message = String.valueOf(e.getMessage());
        Matcher place = PLACE.matcher(message);
        if (!place.matches()) {
            return new Mistake(message.replaceFirst("^line: ", ""), e.hint(), 0, List.of());
        }
        int line = Integer.parseInt(place.group(1));
        List<String> all = text.lines().toList();
        List<Line> around = IntStream.rangeClosed(Math.max(1, line - AROUND), Math.min(all.size(), line + AROUND))
                .mapToObj(number -> new Line(number, all.get(number - 1)))
                .toList();
        return new Mistake(place.group(2), e.hint(), line, around);
    }
}
