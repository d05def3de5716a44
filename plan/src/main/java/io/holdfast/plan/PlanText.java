package io.holdfast.plan;

import io.holdfast.plan.Plan.Source;
import io.holdfast.repository.collect.RetentionPolicy;
import io.holdfast.repository.collect.RetentionPolicy.Every;
import io.holdfast.repository.collect.RetentionSpan;
import java.time.DayOfWeek;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** A plan as keys with their values, all that it means and nothing of how it was written: defaults are there, and what has no order is sorted. */
final class PlanText {
    private final Map<String, String> keys = new LinkedHashMap<>();

    private PlanText() {}

    /** In the order of the documentation. */
    static Map<String, String> of(Plan plan) {
        PlanText text = new PlanText();
        text.plan(plan);
        return text.keys;
    }

    private void plan(Plan plan) {
        keys.put("plan", plan.name());
        keys.put("cron", plan.schedule().cron().text());
        keys.put("zone", plan.schedule().zone().getId());
        keys.put("window", ShortTime.text(plan.schedule().window()));
        keys.put("missed", PlanReader.word(plan.schedule().missed()));
        set("select.hosts", plan.selection().hosts());
        set("select.groups", plan.selection().groups());
        set("select.tags", plan.selection().tags());
        plan.sources().forEach(this::source);
        retention("keep", plan.retention());
        placement(plan.placement());
        conduct(plan.conduct());
    }

    private void source(Source source) {
        String at = "sources." + SourceReader.identity(source);
        switch (source) {
            case Source.Files files -> {
                keys.put(at, "files");
                // Later patterns overrule earlier ones.
                list(at + ".exclude", files.excludes());
            }
            case Source.Volume volume -> keys.put(at + ".volume", volume.path());
            case Source.Command command -> list(at + ".command", command.command());
            case Source.Databases databases -> {
                String make = at + "." + databases.make().word();
                keys.put(make + ".databases", databases.databases().isEmpty() ? "all" : sorted(databases.databases()));
                set(make + ".exclude", databases.excludes());
                keys.put(make + ".accounts", Boolean.toString(databases.accounts()));
                databases.connectionFile().ifPresent(file -> keys.put(make + ".connection", file));
                databases.runAs().ifPresent(user -> keys.put(make + ".run-as", user));
            }
        }
    }

    private void retention(String at, RetentionPolicy policy) {
        for (Every every : Every.values()) {
            Integer count = policy.counts().get(every);
            if (count != null) {
                keys.put(at + "." + every.word(), count.toString());
            }
        }
        policy.within().map(RetentionSpan::text).ifPresent(span -> keys.put(at + ".within", span));
        set(at + ".tags", policy.tags());
    }

    private void placement(Placement placement) {
        placement.repository().ifPresent(name -> keys.put("repository", name));
        for (Placement.Copy copy : placement.copies()) {
            String at = "copy." + copy.to();
            keys.put(at, copy.retention().isPresent() ? "with rules of its own" : "with the rules of the plan");
            copy.retention().ifPresent(policy -> retention(at + ".keep", policy));
            copy.lock().ifPresent(span -> keys.put(at + ".lock-for", span.text()));
        }
        placement.lock().ifPresent(span -> keys.put("lock-for", span.text()));
        placement.dataClass().ifPresent(name -> keys.put("data-class", name));
        keys.put("encrypt", PlanReader.word(placement.encryption()));
    }

    private void conduct(Conduct conduct) {
        keys.put("priority", Integer.toString(conduct.priority()));
        hooks("before", conduct.before());
        hooks("after", conduct.after());
        int number = 0;
        for (BandwidthLimits.Rule rule : conduct.limits().rules()) {
            number++;
            StringBuilder limit = new StringBuilder(days(rule.days()) + " " + rule.from() + " to " + rule.to());
            rule.upload().ifPresent(rate -> limit.append(", upload ").append(rate));
            rule.download().ifPresent(rate -> limit.append(", download ").append(rate));
            keys.put("limits." + number, limit.toString());
        }
        keys.put("courtesy.nice", Integer.toString(conduct.courtesy().nice()));
        keys.put("courtesy.io", PlanReader.word(conduct.courtesy().io()));
        conduct.courtesy().threads().ifPresent(threads -> keys.put("courtesy.threads", Integer.toString(threads)));
        keys.put("retries.count", Integer.toString(conduct.retries().count()));
        keys.put("retries.wait", ShortTime.text(conduct.retries().first()));
        keys.put("retries.longest-wait", ShortTime.text(conduct.retries().longest()));
    }

    private void hooks(String at, List<Hook> hooks) {
        int number = 0;
        for (Hook hook : hooks) {
            number++;
            String key = at + "." + number;
            list(key + ".run", hook.program());
            keys.put(key + ".timeout", ShortTime.text(hook.timeout()));
            keys.put(key + ".when", PlanReader.word(hook.when()));
            keys.put(key + ".on-failure", PlanReader.word(hook.onFailure()));
        }
    }

    private void list(String key, List<String> values) {
        if (!values.isEmpty()) {
            keys.put(key, values.toString());
        }
    }

    private void set(String key, Collection<String> values) {
        if (!values.isEmpty()) {
            keys.put(key, sorted(values));
        }
    }

    private static String sorted(Collection<String> values) {
        return new TreeSet<>(values).toString();
    }

    private static String days(Collection<DayOfWeek> days) {
        List<String> names = new ArrayList<>();
        new TreeSet<>(days).forEach(day -> names.add(day.name().substring(0, 3).toLowerCase(Locale.ROOT)));
        return names.size() == DayOfWeek.values().length ? "every day" : String.join(",", names);
    }
}
