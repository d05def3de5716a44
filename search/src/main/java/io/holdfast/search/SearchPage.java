package io.holdfast.search;

import java.util.List;
import java.util.Optional;

/**
 * A part of an answer.
 *
 * @param found by host, source and path
 * @param next where the rest begins; empty at the end
 * @param isTimeUp whether the page ends because time was up, so that it may be short or empty
 */
public record SearchPage(List<Found> found, Optional<SearchPosition> next, boolean isTimeUp) {
    public SearchPage {
        found = List.copyOf(found);
    }
}
