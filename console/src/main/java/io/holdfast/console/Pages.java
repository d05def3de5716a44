package io.holdfast.console;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import io.holdfast.console.Frame.Section;
import io.holdfast.control.Principal;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/** Makes pages of templates. Thread-safe. */
public final class Pages {
    private static final String HTML = "text/html; charset=utf-8";

    /** What a page may be told to say after something was done, by the word in its address. */
    private static final Map<String, String> NOTICES = Map.ofEntries(
            Map.entry("saved", "The plan is saved."),
            Map.entry("unchanged", "The plan says what it said before."),
            Map.entry("deleted", "The plan is deleted. What it has saved stays."),
            Map.entry("changed", "The change is saved."),
            Map.entry("removed", "Removed."),
            Map.entry("revoked", "The token counts no more."),
            Map.entry("added", "The user is added."),
            Map.entry("unkept", "Tick the box first: it says that the sheet is kept."),
            Map.entry("acknowledged", "You know of it. It closes by itself when its cause is gone."),
            Map.entry("codes-off", "One-time codes are asked for no more."),
            Map.entry("reset", "The user logs in by the password alone."),
            Map.entry("cancelled", "The job will stop soon."));

    private final TemplateEngine engine = TemplateEngine.createPrecompiled(ContentType.Html);
    private final Assets assets;
    private final InstantSource clock;

    Pages(Assets assets, InstantSource clock) {
        this.assets = assets;
        this.clock = clock;
    }

    /** Of a page that is shown to whoever asks. */
    Frame frame(Exchange exchange, String title, Section section) {
        return new Frame(
                title,
                section,
                exchange.attribute(Principal.class),
                exchange.query("said").map(NOTICES::get),
                now(),
                assets::path);
    }

    Instant now() {
        return clock.instant();
    }

    /** Answers with a page. */
    void show(Exchange exchange, int status, String template, Frame frame, Object page) throws IOException {
        exchange.answerText(status, HTML, text(template, Map.of("frame", frame, "page", page)));
    }

    /** Answers with a part of a page. */
    void fragment(Exchange exchange, String template, Map<String, Object> parameters) throws IOException {
        exchange.answerText(200, HTML, text(template, parameters));
    }

    /** A part of a page. */
    String text(String template, Map<String, Object> parameters) {
        StringOutput output = new StringOutput();
        engine.render(template, parameters, output);
        return output.toString();
    }

    /** Answers with what could not be done. */
    void problem(Exchange exchange, HttpProblem problem) throws IOException {
        String title =
                problem.status() == 404 ? "Not there" : problem.status() == 403 ? "Not allowed" : "That did not work";
        show(exchange, problem.status(), "problem.jte", frame(exchange, title, Section.NONE), ProblemPage.of(problem));
    }

    /**
     * What went wrong, for people.
     *
     * @param hint what to do
     */
    public record ProblemPage(String detail, Optional<String> hint) {
        static ProblemPage of(HttpProblem problem) {
            return new ProblemPage(String.valueOf(problem.getMessage()), problem.hint());
        }
    }
}
