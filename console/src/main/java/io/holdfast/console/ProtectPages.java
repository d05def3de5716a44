package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.control.ControlApi;
import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.plan.Plan;
import io.holdfast.plan.yaml.YamlMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The wizard that protects a folder of the server's own machine. Thread-safe. */
public final class ProtectPages {
    private final ControlApi api;
    private final Pages pages;
    private final ServerMachine machine;
    private final InstantSource clock;

    ProtectPages(ControlApi api, Pages pages, ServerMachine machine, InstantSource clock) {
        this.api = api;
        this.pages = pages;
        this.machine = machine;
        this.clock = clock;
    }

    /**
     * The first step.
     *
     * @param host the machine that is meant
     */
    public record ProtectPage(
            String host,
            ProtectWish wish,
            List<ProtectWish.Rhythm> rhythms,
            List<ProtectWish.Keeping> keepings,
            Optional<Pages.ProblemPage> problem) {}

    /**
     * The second step: what was chosen as a plan.
     *
     * @param warnings what should be known before
     */
    public record ProtectCheckPage(
            String host, ProtectWish wish, String text, List<String> warnings, PlanCalendar calendar) {}

    void addTo(ConsoleRoutes routes) {
        routes.get("/protect", Permission.PLAN, (exchange, principal) -> {
                    principal.require(Permission.RUN);
                    form(exchange, 200, host(principal), usual(), Optional.empty());
                })
                .post("/protect", Permission.PLAN, this::chosen);
    }

    private static ProtectWish usual() {
        return new ProtectWish("", "", "daily", "01:30", ZoneId.systemDefault().getId(), "half-year");
    }

    private String host(Principal principal) {
        String name = machine.host()
                .get()
                .orElseThrow(() -> new HttpProblem(
                        409,
                        "refused",
                        "this machine has no agent yet",
                        "Wait a moment; where it stays so, the server's log tells why."));
        // Whoever does not see this host does not protect it.
        return api.hosts().show(principal, name).name();
    }

    private void form(Exchange exchange, int status, String host, ProtectWish wish, Optional<Pages.ProblemPage> problem)
            throws IOException {
        pages.show(
                exchange,
                status,
                "protect.jte",
                pages.frame(exchange, "Protect a folder", Section.PLANS),
                new ProtectPage(host, wish, ProtectWish.RHYTHMS, ProtectWish.KEEPINGS, problem));
    }

    private void chosen(Exchange exchange, Principal principal) throws IOException {
        principal.require(Permission.RUN);
        String host = host(principal);
        Map<String, String> form = exchange.form();
        ProtectWish wish = ProtectWish.of(form);
        if (form.containsKey("back")) {
            form(exchange, 200, host, wish, Optional.empty());
            return;
        }
        try {
            Path folder = folder(wish);
            ProtectWish named = wish.named(folder);
            if (api.plans().list().items().stream().anyMatch(plan -> plan.name().equals(named.name()))) {
                throw HoldfastException.usage(
                        "there is a plan '" + named.name() + "' already", "Give this one another name.");
            }
            String text = named.text(host);
            Plan plan = Plan.read(YamlMap.parse(text, "the plan"));
            if (form.containsKey("apply")) {
                apply(exchange, principal, host, plan, text);
            } else {
                pages.show(
                        exchange,
                        200,
                        "protectcheck.jte",
                        pages.frame(exchange, "Protect a folder", Section.PLANS),
                        new ProtectCheckPage(
                                host,
                                named,
                                text,
                                warnings(folder),
                                PlanCalendar.of(plan.schedule(), clock.instant())));
            }
        } catch (HoldfastException e) {
            HttpProblem problem = HttpProblem.of(e);
            form(exchange, problem.status(), host, wish, Optional.of(Pages.ProblemPage.of(problem)));
        }
    }

    private void apply(Exchange exchange, Principal principal, String host, Plan plan, String text) {
        String name = api.plans().apply(principal, text).name();
        List<String> jobs =
                api.plans().run(principal, plan.name(), Optional.of(host)).jobs();
        String next = jobs.isEmpty() ? "/plans/" + Formats.segment(name) : "/jobs/" + jobs.getFirst();
        exchange.redirect(sheet(principal, next).orElse(next));
    }

    /** What is saved is of use when all else is lost only to who has the key of where it lies. */
    private Optional<String> sheet(Principal principal, String next) {
        return principal.may(Permission.ADMINISTER)
                ? api.repositories().withoutSheet().stream()
                        .findFirst()
                        .map(name -> "/repositories/" + Formats.segment(name) + "/sheet?next=" + Formats.segment(next))
                : Optional.empty();
    }

    private static Path folder(ProtectWish wish) {
        Path folder;
        try {
            folder = Path.of(wish.folder());
        } catch (InvalidPathException e) {
            throw HoldfastException.usage(
                    "'" + Formats.visible(wish.folder()) + "' is no path", "Write one such as /home.");
        }
        if (!folder.isAbsolute() || wish.folder().chars().anyMatch(Character::isISOControl)) {
            throw HoldfastException.usage(
                    "'" + Formats.visible(wish.folder()) + "' does not begin with a slash",
                    "Write the whole path, such as /home.");
        }
        if (!Files.exists(folder)) {
            throw HoldfastException.usage(
                    "there is no " + Formats.visible(wish.folder()) + " on this machine",
                    "Check the path: large and small letters differ.");
        }
        return folder.normalize();
    }

    private List<String> warnings(Path folder) {
        List<String> warnings = new ArrayList<>();
        if (!Files.isReadable(folder)) {
            warnings.add("The server may not read this folder. Start it as a user who may, such as root.");
        }
        if (machine.keepsBeside(folder)) {
            warnings.add("Backups are kept in " + machine.store()
                    + ", on the same file system as this folder: they do not survive the loss of that disk."
                    + " They do help where files were deleted or changed by mistake."
                    + " Start the server with --data on another disk, or copy the repository elsewhere.");
        }
        return warnings;
    }
}
