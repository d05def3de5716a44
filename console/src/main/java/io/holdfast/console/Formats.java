package io.holdfast.console;

import io.holdfast.core.ByteSize;
import io.holdfast.core.RawText;
import io.holdfast.protocol.api.JobApi.JobView;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/** Numbers, times and strange names for people. For templates. */
public final class Formats {
    private static final DateTimeFormatter EXACT =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT);
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("yyyy-MM-dd", Locale.ROOT);
    private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT);
    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
    private static final long DAYS_THAT_ARE_COUNTED = 60;
    private static final Duration TOO_SHORT_TO_TELL = Duration.ofSeconds(3);

    private Formats() {}

    public static String size(long bytes) {
        return new ByteSize(Math.max(0, bytes)).toString();
    }

    public static String count(long number, String one, String many) {
        return String.format(Locale.ROOT, "%,d %s", number, number == 1 ? one : many);
    }

    public static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** In UTC. */
    public static String exact(Instant at) {
        return EXACT.format(at.atZone(ZoneOffset.UTC));
    }

    /** The time of day, in UTC. */
    public static String clock(Instant at) {
        return CLOCK.format(at.atZone(ZoneOffset.UTC));
    }

    /** In UTC. */
    static String day(Instant at) {
        return DAY.format(at.atZone(ZoneOffset.UTC));
    }

    /** To the minute, in UTC. */
    public static String minute(Instant at) {
        return MINUTE.format(at.atZone(ZoneOffset.UTC));
    }

    /** A word of the API for people. */
    public static String words(String word) {
        return word.replace('_', ' ');
    }

    /** What a letter of a comparison means. */
    public static String change(String letter) {
        return switch (letter) {
            case "+" -> "added";
            case "-" -> "removed";
            case "M" -> "changed";
            case "T" -> "retyped";
            default -> "metadata";
        };
    }

    /** An address without what would let somebody in. */
    public static String place(String url) {
        return url.replaceFirst("^([a-z][a-z0-9+.-]*://)[^/@]*@", "$1").replaceFirst("[?#].*$", "");
    }

    /** How long ago something was, or in how long it will be; of what is far away, the day. */
    public static String ago(Instant at, Instant now) {
        Duration past = Duration.between(at, now);
        boolean isFuture = past.isNegative();
        Duration distance = past.abs();
        if (distance.toDays() > DAYS_THAT_ARE_COUNTED) {
            return DAY.format(at.atZone(ZoneOffset.UTC));
        }
        if (distance.toSeconds() < 45) {
            return isFuture ? "in a moment" : "just now";
        }
        long minutes = (distance.toSeconds() + 30) / 60;
        long hours = (distance.toMinutes() + 30) / 60;
        long days = (distance.toHours() + 12) / 24;
        String text = minutes < 60 ? minutes + " min" : hours < 48 ? hours + " h" : count(days, "day", "days");
        return isFuture ? "in " + text : text + " ago";
    }

    public static String duration(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        return seconds < 60
                ? seconds + " s"
                : seconds < 3_600
                        ? String.format(Locale.ROOT, "%d:%02d min", seconds / 60, seconds % 60)
                        : String.format(
                                Locale.ROOT, "%d:%02d:%02d h", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    }

    /** How long a job has run, or did. */
    public static Optional<String> took(JobView job, Instant now) {
        return job.begun()
                .filter(begun -> job.ended().isPresent() || job.state().equals("running"))
                .map(begun -> duration(Duration.between(begun, job.ended().orElse(now))));
    }

    /** How long a job will still run if it goes on as it did. */
    public static Optional<String> left(JobView job, Instant now) {
        Optional<Long> total = job.progress().totalBytes();
        long done = job.progress().bytes();
        if (!job.state().equals("running") || total.isEmpty() || job.begun().isEmpty() || done <= 0) {
            return Optional.empty();
        }
        Duration run = Duration.between(job.begun().get(), now);
        long rest = Math.max(0, total.get() - done);
        return run.compareTo(TOO_SHORT_TO_TELL) < 0
                ? Optional.empty()
                : Optional.of(duration(Duration.ofMillis((long) ((double) run.toMillis() / done * rest))));
    }

    /** The part of an address that stands for a name. */
    public static String segment(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** The first digits of an id, by which people tell one from the other. */
    public static String shortId(String id) {
        return id.substring(0, Math.min(8, id.length()));
    }

    /** A text of strangers, such as a file's name: what would not be seen, or would make the rest look otherwise, and bytes that are no UTF-8 are written as the command line has them. */
    public static String visible(String text) {
        StringBuilder visible = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (RawText.isRaw(text, i)) {
                visible.append("\\x%02x".formatted(c - Character.MIN_LOW_SURROGATE));
            } else if (c < 0x20 && c != '\n' || c == 0x7F) {
                visible.append("\\x%02x".formatted((int) c));
            } else if (isTurning(c) || c >= 0x80 && c < 0xA0) {
                visible.append("\\u%04x".formatted((int) c));
            } else {
                visible.append(c);
            }
        }
        return visible.toString();
    }

    /** Whether it changes the direction in which what follows is written. */
    private static boolean isTurning(char c) {
        return c == '\u061c'
                || c >= '\u200e' && c <= '\u200f'
                || c >= '\u202a' && c <= '\u202e'
                || c >= '\u2066' && c <= '\u2069';
    }
}
