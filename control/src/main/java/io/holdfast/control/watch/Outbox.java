package io.holdfast.control.watch;

import io.holdfast.catalog.Alert;
import io.holdfast.catalog.AlertId;
import io.holdfast.catalog.Alerts;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.api.AlertApi.AlertView;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * What targets are still to be told, by the server that watches. A target that cannot be told is tried again after a pause that doubles, {@value #ATTEMPTS} times, which is some hours;
 * then what was for it is dropped, so that one that is gone for good does not keep the rest. An alert is noted as told when no target waits for it any more: a server that takes over tells
 * again what was not. That an alert is over is told once, and not by the next server. For one thread.
 */
final class Outbox {
    static final int ATTEMPTS = 14;

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(10);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(30);
    /** More would be read by nobody; the rest goes into the next notice. */
    private static final int MOST_AT_ONCE = 50;

    private static final int MOST_WAITING = 1_000;

    private final Alerts alerts;
    private final Targets targets;
    private final EventLog log;
    private final Map<String, Box> boxes = new LinkedHashMap<>();

    /** What waits for one target. */
    private static final class Box {
        private final SequencedMap<AlertId, AlertView> opened = new LinkedHashMap<>();
        private final SequencedMap<AlertId, AlertView> closed = new LinkedHashMap<>();
        private final List<Notice> others = new ArrayList<>();
        private int failures;
        private Instant notBefore = Instant.MIN;

        private boolean isEmpty() {
            return opened.isEmpty() && closed.isEmpty() && others.isEmpty();
        }
    }

    Outbox(Alerts alerts, Targets targets, EventLog log) {
        this.alerts = alerts;
        this.targets = targets;
        this.log = log;
    }

    /** Puts what nobody was told yet, what is over, and anything else. */
    void put(List<Alert> untold, List<Alert> over, List<Notice> others) {
        List<String> names = targets.names();
        boxes.keySet().retainAll(names);
        for (String name : names) {
            Box box = boxes.computeIfAbsent(name, key -> new Box());
            for (Alert alert : untold) {
                if (box.opened.size() < MOST_WAITING) {
                    var ignored = box.opened.putIfAbsent(alert.id(), Notice.view(alert));
                }
            }
            for (Alert alert : over) {
                if (box.closed.size() < MOST_WAITING) {
                    box.closed.put(alert.id(), Notice.view(alert));
                }
            }
            box.others.addAll(others);
        }
        if (names.isEmpty()) {
            untold.forEach(alert -> noted(alert.id()));
        }
    }

    private void noted(AlertId id) {
        boolean ignored = alerts.told(id);
    }

    /** Tells those whose pause is over. */
    void deliver(Instant now) throws InterruptedException {
        for (Map.Entry<String, Box> each : boxes.entrySet()) {
            Box box = each.getValue();
            while (!box.isEmpty() && !box.notBefore.isAfter(now)) {
                if (!deliver(each.getKey(), box, now)) {
                    break;
                }
            }
        }
    }

    /** Whether it was told. */
    private boolean deliver(String name, Box box, Instant now) throws InterruptedException {
        List<AlertId> opened = box.opened.keySet().stream().limit(MOST_AT_ONCE).toList();
        List<AlertId> closed = box.closed.keySet().stream().limit(MOST_AT_ONCE).toList();
        Notice notice = opened.isEmpty() && closed.isEmpty()
                ? box.others.getFirst()
                : Notice.ofAlerts(
                        now,
                        opened.stream().map(id -> view(box.opened, id)).toList(),
                        closed.stream().map(id -> view(box.closed, id)).toList());
        try {
            var target = targets.named(name);
            if (target.isPresent()) {
                target.get().tell(notice);
            }
        } catch (IOException | HoldfastException e) {
            failed(name, box, now, e instanceof IOException io ? Targets.why(io) : String.valueOf(e.getMessage()));
            return false;
        }
        box.failures = 0;
        if (notice.event().equals("alerts")) {
            opened.forEach(box.opened::remove);
            closed.forEach(box.closed::remove);
            opened.forEach(this::noteIfToldToAll);
        } else {
            box.others.removeFirst();
        }
        return true;
    }

    private static AlertView view(SequencedMap<AlertId, AlertView> views, AlertId id) {
        AlertView view = views.get(id);
        if (view == null) {
            throw new IllegalStateException("no alert " + id.text());
        }
        return view;
    }

    private void failed(String name, Box box, Instant now, String why) {
        box.failures++;
        if (box.failures >= ATTEMPTS) {
            log.error("target of alerts is given up for what waits", Map.of("target", name, "why", why));
            List<AlertId> dropped = List.copyOf(box.opened.keySet());
            box.opened.clear();
            box.closed.clear();
            box.others.clear();
            box.failures = 0;
            dropped.forEach(this::noteIfToldToAll);
            return;
        }
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(box.failures - 1, 20));
        box.notBefore = now.plus(pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE);
        log.warning(
                "target of alerts cannot be told",
                Map.of("target", name, "why", why, "attempt", box.failures, "next", box.notBefore.toString()));
    }

    private void noteIfToldToAll(AlertId id) {
        if (boxes.values().stream().noneMatch(box -> box.opened.containsKey(id))) {
            noted(id);
        }
    }
}
